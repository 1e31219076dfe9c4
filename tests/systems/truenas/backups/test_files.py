"""Samples of files: which are looked at, and what counts as the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from custom_components.home_server_monitor.systems.errors import (
    CannotConnect,
    HomeServerError,
    NotFound,
)
from custom_components.home_server_monitor.systems.truenas.backups.files import (
    Comparison,
    Listing,
    listing,
)


@dataclass
class Files:
    """A tree of files by path: size and time."""

    files: Mapping[str, tuple[int, float | None]]
    listed: list[str] = field(default_factory=list)
    error: HomeServerError | None = None

    async def list(self, folder: str) -> Listing:
        """Return what a folder holds."""
        self.listed.append(folder)
        start = f"{folder}/" if folder else ""
        below = [path.removeprefix(start) for path in self.files if path.startswith(start)]
        if not below:
            raise NotFound(folder)
        return Listing(
            files={one: self.files[start + one][0] for one in below if "/" not in one},
            folders=tuple(sorted({one.partition("/")[0] for one in below if "/" in one})),
        )

    async def modified(self, path: str) -> float | None:
        """Return when a file was changed."""
        if self.error is not None:
            raise self.error
        return self.files[path][1]


MUSIC = {
    f"artist {artist:03}/album {album}/{track}.flac": (1000 + track, 1.0)
    for artist in range(100)
    for album in range(3)
    for track in range(12)
}


async def test_files_that_lie_far_down() -> None:
    """A hundred folders without files at the top do not hide them."""
    source, target = Files(MUSIC), Files(MUSIC)
    compared = await Comparison(source=source, target=target).run()
    assert compared.checked > 50
    assert compared.bad == 0
    assert len(source.listed) == 25


async def test_the_same_each_time() -> None:
    """Or sizes could not be compared with earlier ones."""
    first = Comparison(source=Files(MUSIC), target=Files(MUSIC))
    second = Comparison(source=Files(MUSIC), target=Files(MUSIC))
    await first.run()
    await second.run()
    assert first.size == second.size > 0


async def test_what_differs() -> None:
    source = Files({"a": (1, 10.0), "b": (2, 10.0), "c/d": (3, 10.0), "e": (5, 10.0)})
    target = Files({"a": (1, 11.5), "b": (2, 15.0), "e": (6, 10.0)})
    compared = await Comparison(source=source, target=target).run()
    assert compared.checked == 4
    assert (set(compared.missing), set(compared.different)) == ({"c/d"}, {"b", "e"})
    untimed = await Comparison(source=source, target=target, timed=False).run()
    assert untimed.different == ("e",)


async def test_what_was_changed_since() -> None:
    """It need not be the same, and does not count."""
    source = Files({"a": (1, 10.0), "b": (2, 30.0), "c": (3, 30.0)})
    target = Files({"a": (1, 10.0), "b": (9, 10.0)})
    compared = await Comparison(source=source, target=target, until=20.0).run()
    assert (compared.checked, compared.bad) == (1, 0)


async def test_what_is_left_out_on_purpose() -> None:
    source, target = Files({"a": (1, 1.0), "b": (2, 1.0)}), Files({"a": (1, 1.0)})
    compared = await Comparison(source=source, target=target, picks=True).run()
    assert (compared.checked, compared.bad) == (1, 0)


async def test_a_file_that_went_meanwhile() -> None:
    files = {"a": (1, 1.0)}
    compared = await Comparison(source=Files(files), target=Files(files, error=NotFound("a"))).run()
    assert compared.bad == 0
    away = Comparison(source=Files(files), target=Files(files, error=CannotConnect()))
    with pytest.raises(CannotConnect):
        await away.run()


async def test_there_is_an_end() -> None:
    many = {f"{number:05}": (1, 1.0) for number in range(2000)}
    compared = await Comparison(source=Files(many), target=Files(many)).run()
    assert compared.checked == 500


def test_rows_of_a_folder() -> None:
    rows = [
        {"n": "file", "s": 5, "d": False},
        {"n": "folder", "s": 5, "d": True},
        {"n": "socket", "d": None},
        {"n": 5},
        "?",
        {"n": "unsized", "d": False},
    ]
    found = listing(rows, name="n", size="s", is_folder=lambda row: row.get("d"))
    assert found == Listing(files={"file": 5, "unsized": 0}, folders=("folder",))
    with pytest.raises(HomeServerError):
        listing({}, name="n", size="s", is_folder=bool)

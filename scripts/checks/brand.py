"""brand/: the pictures Home Assistant shows, by name and size."""

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .project import Problem, Project

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NAMES = frozenset(
    f"{theme}{kind}{scale}.png"
    for theme in ("", "dark_")
    for kind in ("icon", "logo")
    for scale in ("", "@2x")
)
REQUIRED = ("icon.png", "icon@2x.png", "logo.png", "logo@2x.png")


class Picture(NamedTuple):
    """Width and height in pixels, and whether it can be transparent."""

    width: int
    height: int
    transparent: bool


def read_png(path: Path) -> Picture | None:
    """Return what a PNG's header says, None for another kind of file."""
    data = path.read_bytes()
    if not data.startswith(SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    width, height, _depth, colour = struct.unpack(">IIBB", data[16:26])
    return Picture(width, height, colour in (4, 6) or b"tRNS" in data)


def wrong_with(name: str, picture: Picture) -> Iterator[str]:
    """Yield what is wrong with a picture of that name."""
    factor = 2 if "@2x" in name else 1
    if not picture.transparent:
        yield "has no transparent background"
    if "icon" in name:
        side = 256 * factor
        if (picture.width, picture.height) != (side, side):
            yield f"is {picture.width}x{picture.height}, not {side}x{side}"
        return
    shortest = min(picture.width, picture.height)
    if not 128 * factor <= shortest <= 256 * factor:
        yield f"its shortest side is {shortest}, not {128 * factor} to {256 * factor}"


def check(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with the brand folder."""
    folder = project.integration / "brand"
    present = {path.name: path for path in sorted(folder.glob("*"))}
    for name in REQUIRED:
        if name not in present:
            yield project.problem(folder / name, "is missing")
    for name, path in present.items():
        if name not in NAMES:
            yield project.problem(path, "is not a picture that Home Assistant looks for")
            continue
        picture = read_png(path)
        if picture is None:
            yield project.problem(path, "is no PNG")
            continue
        for message in wrong_with(name, picture):
            yield project.problem(path, message)

"""A sample of files at both sides of a backup: whether they are there, as large and as old."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ....analysis.backups import Compared
from ...errors import BadAnswer, CannotConnect, HomeServerError, NotFound
from ..client import TrueNas
from ..wire import number, whole

_FOLDERS = 25
_FILES = 500
_TIMED = 25
_IN_FOLDER = 1000
_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What a folder holds: sizes of files in bytes, and names of folders."""

    files: Mapping[str, int]
    folders: tuple[str, ...] = ()


class Tree(Protocol):
    """Files below a place; folders and files are named from there, the place itself is empty."""

    async def list(self, folder: str) -> Listing:
        """Return what a folder holds. Raises ``NotFound`` where it is not there."""

    async def modified(self, path: str) -> float | None:
        """Return when a file was changed, in seconds since the epoch; None if it is not told."""


class FolderTree:
    """Files of a system itself."""

    def __init__(self, nas: TrueNas, root: str) -> None:
        """Name the folder, from ``/mnt`` downwards."""
        self._nas = nas
        self._root = root.rstrip("/")

    async def list(self, folder: str) -> Listing:
        """Return what a folder holds."""
        rows = await self._nas.call(
            "filesystem.listdir",
            self._path(folder),
            [],
            {"select": ["name", "type", "size"], "order_by": ["name"], "limit": _IN_FOLDER},
        )
        return listing(rows, name="name", size="size", is_folder=_is_directory)

    async def modified(self, path: str) -> float | None:
        """Return when a file was changed."""
        told = await self._nas.call("filesystem.stat", self._path(path))
        return number(told.get("mtime")) if isinstance(told, Mapping) else None

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root


def _is_directory(row: Mapping[str, Any]) -> bool | None:
    kind = row.get("type")
    return kind == "DIRECTORY" if kind in ("DIRECTORY", "FILE") else None


def listing(rows: object, *, name: str, size: str, is_folder: Any) -> Listing:
    """Read rows of a folder; ``is_folder`` says None for what is neither file nor folder."""
    if not isinstance(rows, list):
        raise BadAnswer("a folder")
    files: dict[str, int] = {}
    folders = []
    for row in rows:
        called = row.get(name) if isinstance(row, Mapping) else None
        if not isinstance(called, str):
            continue
        folder = is_folder(row)
        if folder:
            folders.append(called)
        elif folder is False:
            files[called] = whole(row.get(size)) or 0
    return Listing(files=files, folders=tuple(sorted(folders)))


@dataclass(kw_only=True)
class Comparison:
    """One comparison of two trees.

    ``until`` is when the copy was begun, seconds since the epoch: what was changed since then need
    not be the same. ``timed`` also compares when files were changed; with ``picks`` files are left
    out on purpose, and what is missing does not count.
    """

    source: Tree
    target: Tree
    until: float | None = None
    timed: bool = True
    picks: bool = False
    size: int = 0
    _checked: int = 0
    _times_left: int = _TIMED
    _missing: list[str] = field(default_factory=list)
    _different: list[str] = field(default_factory=list)

    async def run(self) -> Compared:
        """Compare some folders, the same ones each time; ``size`` is what lies in them."""
        folders, seen = [""], 0
        while folders and seen < _FOLDERS and self._checked < _FILES:
            # In turn from the top and from below: many a tree has its files far down.
            folder = folders.pop(0 if seen % 2 else -1)
            seen += 1
            source = await self.source.list(folder)
            try:
                target = await self.target.list(folder)
            except NotFound:
                target = Listing(files={})
            self.size += sum(target.files.values())
            await self._compare(folder, source, target)
            folders += [_below(folder, name) for name in source.folders]
        return Compared(
            checked=self._checked, missing=tuple(self._missing), different=tuple(self._different)
        )

    async def _compare(self, folder: str, source: Listing, target: Listing) -> None:
        for name, size in sorted(source.files.items()):
            if self._checked >= _FILES:
                return
            path = _below(folder, name)
            there = target.files.get(name)
            if there is None and self.picks:
                continue
            self._checked += 1
            if there == size and await self._same_time(path):
                continue
            if await self._changed_since(path):
                self._checked -= 1
            elif there is None:
                self._missing.append(path)
            else:
                self._different.append(path)

    async def _same_time(self, path: str) -> bool:
        if not self.timed or self._times_left <= 0:
            return True
        self._times_left -= 1
        here, there = await _modified(self.source, path), await _modified(self.target, path)
        return here is None or there is None or abs(here - there) <= _SECONDS

    async def _changed_since(self, path: str) -> bool:
        if self.until is None:
            return False
        moment = await _modified(self.source, path)
        return moment is not None and moment > self.until


async def _modified(tree: Tree, path: str) -> float | None:
    """Return when a file was changed; one that went meanwhile is not worth a failure."""
    try:
        return await tree.modified(path)
    except CannotConnect:
        raise
    except HomeServerError:
        return None


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name

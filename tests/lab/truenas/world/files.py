"""The files of datasets, of their snapshots and of clones: names, sizes and times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import CallError
from ..methods import Handler, method
from ..query import query

if TYPE_CHECKING:
    from ..server import TrueNas

LONG_AGO = 1_600_000_000.0


class LabFile(NamedTuple):
    """A file: bytes, and when it was changed, in seconds since the epoch."""

    size: int
    changed: float


class Folder(NamedTuple):
    """Whom a folder belongs to; known by its path, such as `/mnt/apps/sonarr`."""

    mode: int
    uid: int
    gid: int


type Tree = dict[str, LabFile]


@dataclass(eq=False)
class Files:
    """All files: how each dataset looked, and since when, so that snapshots know what they hold.

    nas.backups.files.write("tank/photos", "2024/a.jpg", 5_000_000)
    nas.backups.files.tree("tank/photos", at=snapshot.created)
    """

    nas: TrueNas
    versions: dict[str, list[tuple[float, Tree]]] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)

    def put(self, dataset: str, tree: Tree, *, since: float = LONG_AGO) -> None:
        """Let a dataset look like this from then on."""
        known = [one for one in self.versions.get(dataset, []) if one[0] != since]
        self.versions[dataset] = sorted([*known, (since, dict(tree))], key=lambda one: one[0])

    def write(self, dataset: str, path: str, size: int, *, changed: float | None = None) -> None:
        """Write a file now; `changed` is what its time is then."""
        now = self.nas.clock.now()
        tree = {**self.tree(dataset), path: LabFile(size, now if changed is None else changed)}
        self.put(dataset, tree, since=now)

    def remove(self, dataset: str, path: str) -> None:
        """Remove a file now."""
        tree = self.tree(dataset)
        del tree[path]
        self.put(dataset, tree, since=self.nas.clock.now())

    def tree(self, dataset: str, at: float | None = None) -> Tree:
        """Return the files of a dataset, now or as it was."""
        found: Tree = {}
        for since, tree in self.versions.get(dataset, []):
            if at is None or since <= at:
                found = tree
        return dict(found)

    def seen(self, path: str) -> tuple[Tree, str]:
        """Return the files that can be seen at a path, and what is left of the path in them."""
        names = path.removeprefix("/mnt/").strip("/").split("/")
        for length in range(len(names), 0, -1):
            name = "/".join(names[:length])
            if name not in self.nas.datasets:
                continue
            dataset, rest = self.nas.datasets[name], names[length:]
            if dataset.locked:
                break
            if rest[:2] == [".zfs", "snapshot"] and len(rest) > 2:
                snapshot = self.nas.snapshots.all.get(f"{name}@{rest[2]}")
                if snapshot is None:
                    break
                return self.tree(name, snapshot.created), "/".join(rest[3:])
            if dataset.origin:
                origin = self.nas.snapshots[dataset.origin]
                return self.tree(origin.dataset, origin.created), "/".join(rest)
            return self.tree(name), "/".join(rest)
        raise CallError("ENOENT", f"Directory {path} does not exist")


def listed(tree: Tree, folder: str) -> tuple[dict[str, LabFile], set[str]]:
    """Return the files and the folders that lie in a folder of a tree."""
    start = f"{folder}/" if folder else ""
    files, folders = {}, set()
    for path, file in tree.items():
        if not path.startswith(start):
            continue
        name, slash, _ = path.removeprefix(start).partition("/")
        if slash:
            folders.add(name)
        else:
            files[name] = file
    return files, folders


def _row(path: str, name: str, kind: str, size: int) -> dict[str, Any]:
    return {
        "name": name,
        "path": f"{path}/{name}",
        "realpath": f"{path}/{name}",
        "type": kind,
        "size": size,
        "allocation_size": size,
        "mode": 0o100644 if kind == "FILE" else 0o040755,
        "acl": False,
        "uid": 0,
        "gid": 0,
        "is_mountpoint": False,
        "is_ctldir": False,
        "attributes": ["ARCHIVE"],
        "xattrs": [],
        "zfs_attrs": ["ARCHIVE"],
    }


@method("filesystem.listdir", role="FILESYSTEM_ATTRS_READ")
async def listdir(nas: TrueNas, path: str, filters: Any = (), options: Any = None) -> Any:
    """List a folder."""
    path = path.rstrip("/")
    tree, rest = nas.backups.files.seen(path)
    files, folders = listed(tree, rest)
    if rest and not files and not folders:
        raise CallError("ENOENT", f"Directory {path} does not exist")
    rows = [_row(path, name, "FILE", file.size) for name, file in files.items()]
    rows += [_row(path, name, "DIRECTORY", 4) for name in sorted(folders)]
    return query(rows, filters, options)


@method("filesystem.stat", role="FILESYSTEM_ATTRS_READ")
async def stat(nas: TrueNas, path: str) -> dict[str, Any]:
    """Tell of one file."""
    above, _, name = path.rpartition("/")
    if folder := nas.backups.files.folders.get(path):
        row = _row(above, name, "DIRECTORY", 4)
        row |= {"mode": 0o040000 | folder.mode, "uid": folder.uid, "gid": folder.gid}
        return _stat(row, LONG_AGO)
    tree, rest = nas.backups.files.seen(path)
    if rest not in tree:
        raise CallError("ENOENT", f"Path {path} not found")
    return _stat(_row(above, name, "FILE", tree[rest].size), tree[rest].changed)


def _stat(row: dict[str, Any], changed: float) -> dict[str, Any]:
    times = dict.fromkeys(("atime", "mtime", "ctime", "btime"), changed)
    rest_of_it = {
        "dev": 50,
        "inode": 3,
        "nlink": 1,
        "mount_id": 100,
        "user": "root",
        "group": "root",
    }
    unlisted = ("name", "path", "xattrs", "zfs_attrs")
    return {
        **{name: value for name, value in row.items() if name not in unlisted},
        **times,
        **rest_of_it,
    }


METHODS: tuple[Handler, ...] = (listdir, stat)

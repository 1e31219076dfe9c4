"""Files that lie in a cloud, as TrueNAS can list them.

Passwords of tasks are read when a folder is listed, passed on, and kept nowhere.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...errors import BadAnswer, NotFound
from ..client import TrueNas
from ..wire import mapping, text, whole
from .files import Listing, listing


class CloudSyncTree:
    """The files of a cloud sync task, in the clear even where they are encrypted there."""

    def __init__(self, nas: TrueNas, task_id: int) -> None:
        """Name the task by its number."""
        self._nas = nas
        self._id = task_id

    async def list(self, folder: str) -> Listing:
        """Return what a folder in the cloud holds."""
        row = mapping(
            await self._nas.call("cloudsync.query", [["id", "=", self._id]], {"get": True})
        )
        attributes = dict(mapping(row.get("attributes")))
        top = (text(attributes.get("folder")) or "").rstrip("/")
        attributes["folder"] = f"{top}/{folder}" if folder else top
        asked = {
            "credentials": mapping(row.get("credentials")).get("id"),
            "attributes": attributes,
            **{
                name: row[name]
                for name in (
                    *("encryption", "filename_encryption"),
                    *("encryption_password", "encryption_salt"),
                )
                if name in row
            },
        }
        rows = await self._nas.call("cloudsync.list_directory", asked)
        return listing(
            rows, name="Name", size="Size", is_folder=lambda one: one.get("IsDir") is True
        )

    async def modified(self, _path: str) -> float | None:
        """Return None: providers keep times of their own."""
        return None


class CloudBackupTree:
    """The files of a snapshot of a cloud backup task."""

    def __init__(self, nas: TrueNas, task_id: int, snapshot: Mapping[str, Any], path: str) -> None:
        """Take the snapshot as TrueNAS lists it; ``path`` is what the task backs up."""
        self._nas = nas
        self._id = task_id
        self._snapshot = str(snapshot.get("id"))
        paths = snapshot.get("paths")
        first = paths[0] if isinstance(paths, list) and paths else ""
        # Newer tasks keep paths as they are seen from the folder that is backed up.
        self._root = str(first).rstrip("/") if str(first).startswith(path.rstrip("/")) else ""

    async def list(self, folder: str) -> Listing:
        """Return what a folder of the snapshot holds."""
        rows = await self._nas.call(
            "cloud_backup.list_snapshot_directory",
            self._id,
            self._snapshot,
            f"{self._root}/{folder}".rstrip("/") or "/",
        )
        return listing(rows, name="name", size="size", is_folder=_is_folder)

    async def modified(self, _path: str) -> float | None:
        """Return None: it is told in words that differ from version to version."""
        return None


def _is_folder(row: Mapping[str, Any]) -> bool | None:
    kind = row.get("type")
    return kind == "dir" if kind in ("dir", "file") else None


async def newest_snapshot(nas: TrueNas, task_id: int) -> Mapping[str, Any]:
    """Return the newest snapshot of a cloud backup task. Raises ``NotFound`` where it has none."""
    rows = await nas.call("cloud_backup.list_snapshots", task_id)
    if not isinstance(rows, list):
        raise BadAnswer("cloud_backup.list_snapshots")
    known = [row for row in rows if isinstance(row, Mapping) and taken_at(row) is not None]
    if not known:
        raise NotFound("a snapshot in the cloud")
    return max(known, key=lambda row: taken_at(row) or datetime.min.replace(tzinfo=UTC))


def taken_at(snapshot: Mapping[str, Any]) -> datetime | None:
    """Return when a snapshot in the cloud was taken."""
    told = snapshot.get("time")
    if isinstance(told, datetime):
        return told
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def size_of(snapshot: Mapping[str, Any]) -> int | None:
    """Return how many bytes a snapshot in the cloud holds, where that is told."""
    return whole(mapping(snapshot.get("summary")).get("total_bytes_processed"))

"""The world of replication, cloud sync, rsync and cloud backup tasks: their methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
import re
from typing import TYPE_CHECKING, Any

from ..ejson import moment
from ..errors import CallError
from ..events import Event
from ..methods import Handler, method
from ..query import query
from ..version import V24_10
from . import files
from .backup_rows import cloud_backup_row, cloud_sync_row, replication_row, rsync_row
from .backup_tasks import (
    NIGHTLY,
    Backups,
    LabFileTask,
    LabReplication,
    LabTask,
    copy_files,
    replicate,
)
from .files import LONG_AGO, LabFile, listed
from .timetable import last_at

if TYPE_CHECKING:
    from ..jobs import LabJob
    from ..server import TrueNas

HOST = "backup.local"
"""The machine that the typical box backs up to."""


def furnish(nas: TrueNas) -> None:
    """Add the typical box: photos go to a machine nearby, documents to two clouds, films by rsync."""
    backups = nas.backups
    filled = {"tank/photos": 12, "tank/documents": 6, "tank/backups": 3, "media/movies": 4}
    for dataset, count in filled.items():
        tree = {
            f"{number % 3}/{number}.bin": LabFile(1_000_000 + number, LONG_AGO + number * 3600)
            for number in range(count)
        }
        backups.files.put(dataset, {**tree, "index.txt": LabFile(512, LONG_AGO)})
    task = nas.snapshots.tasks[1]
    backups.replications[1] = LabReplication(
        number=1,
        name="photos to the other house",
        sources=["tank/photos"],
        target="vault/photos",
        host=HOST,
        tasks=[task],
    )
    backups.replications[2] = LabReplication(
        number=2,
        name="documents to media",
        sources=["tank/documents"],
        target="media/documents",
        tasks=[task],
    )
    backups.cloud_syncs[1] = LabFileTask(
        number=1, name="documents to S3", path="/mnt/tank/documents", schedule=NIGHTLY
    )
    backups.rsyncs[1] = LabFileTask(
        number=1,
        name="films to the other house",
        path="/mnt/media/movies/",
        host=HOST,
        place="/mnt/vault/movies",
        schedule=NIGHTLY,
    )
    backups.cloud_backups[1] = LabFileTask(
        number=1, name="documents to Storj", path="/mnt/tank/documents", schedule=NIGHTLY
    )
    for tasks in backups.by_method.values():
        for one in tasks.values():
            backups.ran(one, _hours_since(nas, 3 if one.schedule else 0))
    _local_copy(nas, backups.replications[2])


def _hours_since(nas: TrueNas, hour: int) -> float:
    """Return how long ago a run that began at this hour of the night was over."""
    now = nas.clock.now() - timedelta(minutes=5).total_seconds()
    return (now - last_at(hour, now).timestamp()) / 3600


def _local_copy(nas: TrueNas, task: LabReplication) -> None:
    """Let the replication within the server have done its work before."""
    nas.datasets.add(task.target, own=nas.datasets["tank/documents"].own, readonly=True)
    nas.backups.files.put(task.target, nas.backups.files.tree("tank/documents"))
    for snapshot in nas.snapshots.of("tank/documents"):
        copied = nas.snapshots.take(task.target, snapshot.name, guid=snapshot.guid)
        copied.created, copied.referenced = snapshot.created, snapshot.referenced
        task.last_snapshot = snapshot.id
    for one in (nas.backups.cloud_syncs[1], nas.backups.cloud_backups[1]):
        one.cloud = nas.backups.files.tree("tank/documents")
        taken = nas.clock.now() - _hours_since(nas, 3) * 3600
        one.taken = [(taken, dict(one.cloud))]


# --- Lists --------------------------------------------------------------------------------------


@method("replication.query", role="REPLICATION_TASK_READ")
async def replication_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the replications."""
    rows = [replication_row(nas, one) for one in nas.backups.replications.values()]
    return query(rows, filters, options)


@method("cloudsync.query", role="CLOUD_SYNC_READ")
async def cloud_sync_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the cloud sync tasks."""
    rows = [cloud_sync_row(nas, one) for one in nas.backups.cloud_syncs.values()]
    return query(rows, filters, options)


@method("rsynctask.query", role="SNAPSHOT_TASK_READ")
async def rsync_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the rsync tasks."""
    rows = [rsync_row(nas, one) for one in nas.backups.rsyncs.values()]
    return query(rows, filters, options)


@method("cloud_backup.query", role="CLOUD_BACKUP_READ")
async def cloud_backup_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the cloud backup tasks."""
    rows = [cloud_backup_row(nas, one) for one in nas.backups.cloud_backups.values()]
    return query(rows, filters, options)


# --- Runs ---------------------------------------------------------------------------------------


@method(
    "replication.run",
    role="REPLICATION_TASK_WRITE",
    read_role="REPLICATION_TASK_READ",
    job=True,
)
async def replication_run(nas: TrueNas, number: int, *, job: LabJob) -> None:
    """Run a replication."""
    task = nas.backups.find(nas.backups.replications, number)
    if not task.enabled:
        raise CallError("EFAULT", "Task is not enabled")
    try:
        await replicate(nas, task, job)
    except OSError as error:
        nas.backups.tell_state(task, "ERROR", error=f"{error}.")
        raise CallError("EFAULT", f"{error}.") from error
    nas.backups.tell_state(task, "FINISHED")


type _Work = Callable[[TrueNas, LabFileTask, LabJob], Awaitable[None]]


async def _run(nas: TrueNas, task: LabFileTask, job: LabJob, work: _Work = copy_files) -> None:
    if task.locked:
        raise CallError("EFAULT", "Dataset is locked")
    try:
        await work(nas, task, job)
    except OSError as error:
        raise CallError("EFAULT", str(error)) from error


@method(
    "cloudsync.sync",
    role="CLOUD_SYNC_WRITE",
    read_role="CLOUD_SYNC_READ",
    job=True,
    abortable=True,
)
async def cloud_sync(nas: TrueNas, number: int, _options: Any = None, *, job: LabJob) -> None:
    """Run a cloud sync task."""
    await _run(nas, nas.backups.find(nas.backups.cloud_syncs, number), job)


@method("rsynctask.run", role="SNAPSHOT_TASK_WRITE", read_role="SNAPSHOT_TASK_READ", job=True)
async def rsync_run(nas: TrueNas, number: int, *, job: LabJob) -> None:
    """Run an rsync task."""
    await _run(nas, nas.backups.find(nas.backups.rsyncs, number), job)


async def _to_cloud(nas: TrueNas, task: LabFileTask, job: LabJob) -> None:
    await copy_files(nas, task, job)
    task.taken.append((nas.clock.now(), dict(task.cloud)))


@method(
    "cloud_backup.sync",
    role="CLOUD_BACKUP_WRITE",
    read_role="CLOUD_BACKUP_READ",
    job=True,
    abortable=True,
)
async def cloud_backup_sync(
    nas: TrueNas, number: int, _options: Any = None, *, job: LabJob
) -> None:
    """Run a cloud backup task."""
    await _run(nas, nas.backups.find(nas.backups.cloud_backups, number), job, _to_cloud)


# --- What lies at the other side ----------------------------------------------------------------


@method("replication.count_eligible_manual_snapshots", role="REPLICATION_TASK_WRITE")
async def count_eligible(nas: TrueNas, data: dict[str, Any]) -> dict[str, int]:
    """Ask the other side for the names of its snapshots, and count those that fit."""
    host = HOST if data["transport"] != "LOCAL" else ""
    remote = nas.backups.remote(host)
    if remote is None:
        raise CallError("EACCES", "NoValidConnectionsError(None, 'Unable to connect')")
    found = [one.name for dataset in data["datasets"] for one in remote.snapshots.of(dataset)]
    fitting = [name for name in found if re.fullmatch(data["name_regex"], name)]
    return {"total": len(found), "eligible": len(fitting)}


@method("cloudsync.list_directory", role="CLOUD_SYNC_WRITE")
async def list_directory(nas: TrueNas, data: dict[str, Any]) -> list[dict[str, Any]]:
    """List a folder in the cloud, as rclone does."""
    task = next(
        one for one in nas.backups.cloud_syncs.values() if data["credentials"] == one.number
    )
    folder = data["attributes"].get("folder", "").removeprefix("nas").strip("/")
    found, folders = listed(task.cloud, folder)
    rows = [
        {"Path": name, "Name": name, "Size": file.size, "ModTime": "", "IsDir": False}
        for name, file in found.items()
    ]
    return [*rows, *({"Path": one, "Name": one, "Size": -1, "IsDir": True} for one in folders)]


@method("cloud_backup.list_snapshots", role="CLOUD_BACKUP_READ", since=V24_10)
async def list_snapshots(nas: TrueNas, number: int) -> list[dict[str, Any]]:
    """List the snapshots in the cloud."""
    task = nas.backups.find(nas.backups.cloud_backups, number)
    return [
        {
            "id": f"{index:064x}",
            "short_id": f"{index:08x}",
            "time": moment(taken),
            "hostname": "truenas",
            "paths": [task.path],
            "tags": None,
            "username": "root",
        }
        for index, (taken, _) in enumerate(task.taken)
    ]


@method("cloud_backup.list_snapshot_directory", role="CLOUD_BACKUP_READ", since=V24_10)
async def list_snapshot_directory(
    nas: TrueNas, number: int, snapshot: str, path: str
) -> list[dict[str, Any]]:
    """List a folder of a snapshot in the cloud."""
    task = nas.backups.find(nas.backups.cloud_backups, number)
    _, tree = task.taken[int(snapshot, 16)]
    found, folders = listed(tree, path.removeprefix(task.path).strip("/"))
    rows = [
        {"name": name, "type": "file", "path": f"{path}/{name}", "size": file.size}
        for name, file in found.items()
    ]
    return [*rows, *({"name": one, "type": "dir", "path": f"{path}/{one}"} for one in folders)]


METHODS: tuple[Handler, ...] = (
    *files.METHODS,
    replication_query,
    cloud_sync_query,
    rsync_query,
    cloud_backup_query,
    replication_run,
    cloud_sync,
    rsync_run,
    cloud_backup_sync,
    count_eligible,
    list_directory,
    list_snapshots,
    list_snapshot_directory,
)

EVENTS: tuple[Event, ...] = (Event(name="replication.query", role="REPLICATION_TASK_READ"),)

__all__ = [
    "EVENTS",
    "HOST",
    "METHODS",
    "Backups",
    "LabFileTask",
    "LabReplication",
    "LabTask",
    "furnish",
]

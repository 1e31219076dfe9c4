"""The four kinds of backup tasks: how each is listed, read and run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...paths import ROOT, Path, child, kind_of
from . import parse
from .models import BackupTask, CloudBackup, CloudSync, Replication, Rsync

REPLICATION = "replication"
CLOUD_SYNC = "cloudsync"
RSYNC = "rsync"
CLOUD_BACKUP = "cloudbackup"


@dataclass(frozen=True, kw_only=True)
class TaskList:
    """One kind of tasks: how it is listed, and how one of it is run."""

    kind: str
    title: str
    query: str
    fields: Sequence[str]
    model: type[BackupTask]
    read: Callable[[Mapping[str, Any]], BackupTask]
    run: str


LISTS = (
    TaskList(
        kind=REPLICATION,
        title="Replication task",
        query="replication.query",
        fields=parse.REPLICATION_FIELDS,
        model=Replication,
        read=parse.replication,
        run="replication.run",
    ),
    TaskList(
        kind=CLOUD_SYNC,
        title="Cloud sync task",
        query="cloudsync.query",
        fields=parse.CLOUD_SYNC_FIELDS,
        model=CloudSync,
        read=parse.cloud_sync,
        run="cloudsync.sync",
    ),
    TaskList(
        kind=RSYNC,
        title="Rsync task",
        query="rsynctask.query",
        fields=parse.RSYNC_FIELDS,
        model=Rsync,
        read=parse.rsync,
        run="rsynctask.run",
    ),
    TaskList(
        kind=CLOUD_BACKUP,
        title="Cloud backup task",
        query="cloud_backup.query",
        fields=parse.CLOUD_BACKUP_FIELDS,
        model=CloudBackup,
        read=parse.cloud_backup,
        run="cloud_backup.sync",
    ),
)
BY_KIND = {one.kind: one for one in LISTS}


_BY_METHOD = {one.run: one for one in LISTS}


def list_of(path: Path) -> TaskList:
    """Return the kind of the task at ``path``."""
    return BY_KIND[kind_of(path)]


def path_of_job(job: object) -> Path | None:
    """Return the path of the task that a job runs; None for what is no run of a task."""
    if not isinstance(job, Mapping):
        return None
    one = _BY_METHOD.get(str(job.get("method")))
    arguments = job.get("arguments")
    if one is None or not isinstance(arguments, list) or not arguments:
        return None
    return child(ROOT, one.kind, arguments[0])

"""What a server has of backup tasks, and what their runs do."""

from __future__ import annotations

from dataclasses import dataclass, field
import re
from typing import TYPE_CHECKING, Any

from ..ejson import moment
from ..errors import InstanceNotFound
from .files import Files, Tree
from .part import Part

if TYPE_CHECKING:
    from ..jobs import LabJob
    from ..server import TrueNas
    from .snapshot_state import LabSnapshotTask

HOURLY_AT = {"minute": "00", "hour": "*", "dom": "*", "month": "*", "dow": "*"}
NIGHTLY = {**HOURLY_AT, "hour": "3"}
ALL_DAY = {"begin": "00:00", "end": "23:59"}


@dataclass(eq=False, kw_only=True)
class LabTask:
    """A task of any kind; `last` is the row of its last job, `stored` says that only the database knows it.

    `fault` lets it fail in the middle, with these words.
    """

    number: int
    name: str
    direction: str = "PUSH"
    enabled: bool = True
    schedule: dict[str, str] | None = None
    last: dict[str, Any] | None = None
    fault: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True)
class LabReplication(LabTask):
    """A replication; `host` is empty for one within the server."""

    sources: list[str]
    target: str
    host: str = ""
    recursive: bool = False
    exclude: list[str] = field(default_factory=list)
    auto: bool = True
    tasks: list[LabSnapshotTask] = field(default_factory=list)
    schemas: list[str] = field(default_factory=list)
    name_regex: str | None = None
    state: dict[str, Any] = field(default_factory=lambda: {"state": "PENDING"})
    last_snapshot: str | None = None

    def takes(self, name: str) -> bool:
        """Tell whether it sends a snapshot of this name."""
        if self.name_regex:
            return re.fullmatch(self.name_regex, name) is not None
        schemas = [*self.schemas, *(task.naming_schema for task in self.tasks)]
        return any(re.fullmatch(re.sub("%[A-Za-z]", r"\\d+", one), name) for one in schemas)


@dataclass(eq=False, kw_only=True)
class LabFileTask(LabTask):
    """A task that copies the files below a path; `place` is the folder at the other side."""

    path: str
    host: str = ""
    place: str = ""
    locked: bool = False
    deletes: bool = False
    cloud: Tree = field(default_factory=dict)
    """What lies in the cloud."""
    taken: list[tuple[float, Tree]] = field(default_factory=list)
    """The snapshots of a cloud backup."""


type Tasks[TaskT: LabTask] = dict[int, TaskT]


class Backups(Part):
    """What the server has of backup tasks, and the files that they copy.

    `remotes` are other servers by host: what is not there cannot be reached.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start without any."""
        super().__init__(nas)
        self.files = Files(nas)
        self.remotes: dict[str, TrueNas] = {}
        self.replications: Tasks[LabReplication] = {}
        self.cloud_syncs: Tasks[LabFileTask] = {}
        self.rsyncs: Tasks[LabFileTask] = {}
        self.cloud_backups: Tasks[LabFileTask] = {}

    @property
    def by_method(self) -> dict[str, Tasks[Any]]:
        """The tasks of each kind, by the method that runs one."""
        return {
            "replication.run": self.replications,
            "cloudsync.sync": self.cloud_syncs,
            "rsynctask.run": self.rsyncs,
            "cloud_backup.sync": self.cloud_backups,
        }

    def rebooted(self) -> None:
        """Keep of each last job what the database has: its end, and no number.

        The state of replications outlives it, their jobs do not.
        """
        for method, tasks in self.by_method.items():
            for task in tasks.values():
                last = self.last_job(method, task)
                stored = last and {**last, "id": None, "logs_path": None}
                task.last = None if method == "replication.run" else stored

    def last_job(self, method: str, task: LabTask) -> dict[str, Any] | None:
        """Return the last job of a task as the API shows it."""
        jobs = self.nas.jobs.find(
            lambda job: job.method.name == method and job.arguments[:1] == [task.number]
        )
        return jobs[-1].render() if jobs else task.last

    def ran(self, task: LabTask, hours_ago: float, **how: Any) -> None:
        """Let a task have run, as the database remembers it: `state`, `error`, `minutes`."""
        ended = self.nas.clock.now() - hours_ago * 3600
        started = ended - how.pop("minutes", 5) * 60
        if isinstance(task, LabReplication):
            task.state = {"state": "FINISHED", "datetime": moment(ended), **how}
            return
        task.last = stored_job(task.number, moment(started), moment(ended), **how)

    def find(self, tasks: Tasks[Any], number: int) -> Any:
        """Return a task."""
        if number not in tasks:
            raise InstanceNotFound(f"Task {number} does not exist")
        return tasks[number]

    def tell_state(self, task: LabReplication, state: str, **more: Any) -> None:
        """Let a replication be in a state, and tell who listens."""
        task.state = {"state": state, "datetime": moment(self.nas.clock.now()), **more}
        if task.last_snapshot:
            task.state["last_snapshot"] = task.last_snapshot
        self.nas.emit("replication.query", "changed", task.number, {"state": dict(task.state)})

    def remote(self, host: str) -> TrueNas | None:
        """Return the server at a host; the server itself for none."""
        return self.remotes.get(host) if host else self.nas


def stored_job(number: int, started: Any, ended: Any, **how: Any) -> dict[str, Any]:
    """Return a job as the database keeps it: without a number."""
    return {
        "id": None,
        "method": "",
        "arguments": [number],
        "transient": False,
        "description": None,
        "abortable": False,
        "logs_path": None,
        "logs_excerpt": None,
        "progress": {"percent": 100, "description": "", "extra": None},
        "result": None,
        "result_encoding_error": None,
        "error": None,
        "exception": None,
        "exc_info": None,
        "state": "SUCCESS",
        "time_started": started,
        "time_finished": ended,
        "credentials": None,
        **how,
    }


async def replicate(nas: TrueNas, task: LabReplication, job: LabJob) -> None:
    """Send what the target lacks, one snapshot after the other, with their guids."""
    backups = nas.backups
    remote = backups.remote(task.host)
    backups.tell_state(task, "RUNNING")
    if remote is None:
        raise OSError(f"Unable to connect to {task.host}: timed out")
    sender, receiver = (remote, nas) if task.direction == "PULL" else (nas, remote)
    missing = list(_missing(task, sender, receiver))
    for number, (snapshot, target) in enumerate(missing):
        name = f"{snapshot.dataset}@{snapshot.name}"
        words = f"Sending {number + 1} of {len(missing)}: {name}"
        await job.progress(100 * number / len(missing), words)
        if task.fault and number >= len(missing) - 1:
            raise OSError(task.fault)
        if target not in receiver.datasets:
            receiver.datasets.add(target, readonly=True)
        tree = sender.backups.files.tree(snapshot.dataset, snapshot.created)
        receiver.backups.files.put(target, tree, since=snapshot.created)
        received = receiver.snapshots.take(target, snapshot.name, guid=snapshot.guid)
        received.created, received.referenced = snapshot.created, snapshot.referenced
        receiver.datasets[target].own = snapshot.referenced
        task.last_snapshot = name
    if task.fault:
        raise OSError(task.fault)


def _missing(task: LabReplication, sender: TrueNas, receiver: TrueNas) -> Any:
    for source in task.sources:
        for dataset in sender.datasets.below(source):
            if dataset.id != source and (not task.recursive or dataset.id in task.exclude):
                continue
            target = target_of(task, dataset.id)
            for snapshot in sender.snapshots.of(dataset.id):
                if (
                    task.takes(snapshot.name)
                    and f"{target}@{snapshot.name}" not in receiver.snapshots
                ):
                    yield snapshot, target


def target_of(task: LabReplication, dataset: str) -> str:
    """Return where a dataset goes, for tasks with one source."""
    return task.target + dataset.removeprefix(task.sources[0])


async def copy_files(nas: TrueNas, task: LabFileTask, job: LabJob) -> None:
    """Copy the files of a path to the other side, or from there; rsync goes to another server."""
    files = nas.backups.files
    await job.progress(10, "Transferring")
    tree, rest = files.seen(task.path)
    start = f"{rest}/" if rest else ""
    own = {path.removeprefix(start): file for path, file in tree.items() if path.startswith(start)}
    if task.fault:
        half = dict(list(own.items())[: len(own) // 2])
        task.cloud |= half
        raise OSError(task.fault)
    if not task.host:
        task.cloud = dict(own)
        return
    remote = nas.backups.remotes.get(task.host)
    if remote is None:
        raise OSError(f"rsync: failed to connect to {task.host}: Connection timed out")
    dataset = task.place.removeprefix("/mnt/").strip("/")
    into = "" if task.path.endswith("/") else f"{task.path.rpartition('/')[2]}/"
    kept = {} if task.deletes else remote.backups.files.tree(dataset)
    copied = {f"{into}{path}": file for path, file in own.items()}
    remote.backups.files.put(dataset, {**kept, **copied}, since=remote.clock.now())

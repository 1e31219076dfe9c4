"""What TrueNAS tells of its backup tasks, in its own terms. None means that it is not told.

Credentials are no part of any model: of them only the number and the host are kept.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ....analysis.schedules import Schedule


class RunState(StrEnum):
    """How a run of a task stands, or what came of it."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    ABORTED = "aborted"
    ON_HOLD = "on_hold"
    NEVER = "never"
    OTHER = "other"


UNDER_WAY = frozenset({RunState.WAITING, RunState.RUNNING})


class Direction(StrEnum):
    """Which way a task carries: from this system (``push``) or to it (``pull``)."""

    PUSH = "push"
    PULL = "pull"
    OTHER = "other"


class Transport(StrEnum):
    """How a replication reaches its other side; ``local`` is this system itself."""

    SSH = "ssh"
    NETCAT = "ssh+netcat"
    LOCAL = "local"
    OTHER = "other"


class Verification(StrEnum):
    """What the last verification of a backup came to."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The newest run of a task.

    ``percent`` is how far it is, 0 to 100. ``job`` is None for what was before the last start of
    TrueNAS, which forgets its jobs and keeps only what came of them.
    """

    state: RunState
    job: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    percent: float | None = None
    error: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in UNDER_WAY

    @property
    def seconds(self) -> float | None:
        """How long it took; None where it is not known or not over."""
        if self.started is None or self.ended is None or self.under_way:
            return None
        return max((self.ended - self.started).total_seconds(), 0.0)


NO_RUN = Run(state=RunState.NEVER)


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupTask:
    """A task that copies data to another place.

    ``run`` is the run under way, else the last one; ``result`` and ``error`` are of the last one that ended.
    ``schedules`` say when it is due: nobody promised anything where there are none. ``locked`` says
    that its data cannot be read, for they are encrypted and locked. ``duration`` is seconds, of the
    last run that succeeded. ``known_since`` is when it was first seen, ``overdue_since`` when it
    was due and did not come, ``age`` how many seconds ago the last success was when it was read.
    """

    id: int
    name: str
    direction: Direction
    enabled: bool
    schedules: tuple[Schedule, ...]
    run: Run
    locked: bool = False
    result: RunState = RunState.NEVER
    error: str | None = None
    last_success: datetime | None = None
    duration: float | None = None
    known_since: datetime | None = None
    overdue_since: datetime | None = None
    next_run: datetime | None = None
    age: float | None = None
    verification: Verification = Verification.NEVER
    verified: datetime | None = None

    @property
    def scheduled(self) -> bool:
        """Whether it runs by itself."""
        return self.enabled and bool(self.schedules)


@dataclass(frozen=True, kw_only=True, slots=True)
class Replication(BackupTask):
    """A replication: it copies snapshots of datasets.

    ``schemas`` are the ``strftime`` patterns of the names that it takes, ``name_regex`` the
    expression where it has one instead. ``follows_snapshots`` says that it runs after the
    snapshots that it sends, and not by a schedule of its own; ``skips_empty`` that none is taken
    where nothing changed. ``host`` is the other machine, ``credential`` the number of what it is reached with.
    """

    transport: Transport
    sources: tuple[str, ...]
    target: str
    recursive: bool
    exclude: tuple[str, ...]
    schemas: tuple[str, ...]
    name_regex: str | None
    follows_snapshots: bool
    skips_empty: bool
    host: str | None
    credential: int | None
    last_snapshot: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rsync(BackupTask):
    """An rsync task.

    ``deletes`` says that it removes at the target what the source lacks, ``picks`` that it leaves
    files out, ``keeps_times`` that files at both sides have the same times.
    """

    path: str
    host: str | None
    remote_path: str | None
    remote_module: str | None
    deletes: bool
    picks: bool
    keeps_times: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudSync(BackupTask):
    """A cloud sync task.

    ``place`` names where it syncs with, for people; ``picks`` says that it leaves files out.
    """

    path: str
    place: str
    mode: str
    picks: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudBackup(BackupTask):
    """A cloud backup task (TrueCloud), which keeps ``keep_last`` snapshots in the cloud."""

    path: str
    place: str
    keep_last: int | None

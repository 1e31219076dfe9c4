"""What is read of pools. Times are aware datetimes, None means unknown or that there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ....analysis.schedules import Schedule


class PoolState(StrEnum):
    """How a pool stands, in the words of ZFS."""

    ONLINE = "online"
    DEGRADED = "degraded"
    FAULTED = "faulted"
    OFFLINE = "offline"
    UNAVAILABLE = "unavailable"
    SUSPENDED = "suspended"
    LOCKED = "locked"
    OTHER = "other"


class VdevState(StrEnum):
    """How a vdev or one of its disks stands; spares and caches have words of their own."""

    ONLINE = "online"
    DEGRADED = "degraded"
    FAULTED = "faulted"
    OFFLINE = "offline"
    UNAVAILABLE = "unavailable"
    REMOVED = "removed"
    AVAILABLE = "available"
    IN_USE = "in_use"
    OTHER = "other"


class Activity(StrEnum):
    """What a scan does at present; ``never`` where there never was one."""

    NEVER = "never"
    SCRUBBING = "scrubbing"
    RESILVERING = "resilvering"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELED = "canceled"
    OTHER = "other"


class ScanFunction(StrEnum):
    """What a scan is for."""

    SCRUB = "scrub"
    RESILVER = "resilver"
    OTHER = "other"


GOOD_VDEV_STATES = (VdevState.ONLINE, VdevState.AVAILABLE, VdevState.IN_USE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """The scrub or resilver that runs, else the last one.

    ``progress`` is percent, ``seconds_left`` an estimate, both only while it runs; ``errors`` is
    how many it found.
    """

    activity: Activity = Activity.NEVER
    function: ScanFunction | None = None
    started: datetime | None = None
    ended: datetime | None = None
    progress: float | None = None
    seconds_left: int | None = None
    errors: int | None = None

    @property
    def is_active(self) -> bool:
        """Whether it goes on at present; a paused one does not."""
        return self.activity in (Activity.SCRUBBING, Activity.RESILVERING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vdev:
    """A vdev of a pool, or one of its disks.

    ``label`` is what people tell it by, within its pool: ``mirror-0``, ``mirror-0 disk 1``, ``cache
    disk 1``. ``disk`` is the present name of the disk in the operating system, which may be another
    after the next start. Errors are counted since the pool was imported or cleared.
    """

    guid: str
    label: str
    kind: str
    state: VdevState
    disk: str | None = None
    read_errors: int = 0
    write_errors: int = 0
    checksum_errors: int = 0

    @property
    def errors(self) -> int:
        """All of its errors."""
        return self.read_errors + self.write_errors + self.checksum_errors


@dataclass(frozen=True, kw_only=True, slots=True)
class ScrubTask:
    """When a pool is scrubbed: at the first time of the schedule ``threshold`` days after the last."""

    pool: str
    schedule: Schedule
    threshold: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """A pool as ``pool.query`` shows it.

    ``number`` is its id in the API, None for the boot pool. ``healthy`` and ``warning`` are the
    server's own judgement. ``fragmentation`` is percent. Errors are those of all vdevs and disks
    together. ``last_scrub`` is when the last scrub began, ``scrub_due`` when the next one is to
    begin; whether one is overdue is None without a task.
    """

    guid: str
    name: str
    number: int | None = None
    state: PoolState
    healthy: bool
    warning: bool = False
    status_code: str | None = None
    status_text: str | None = None
    fragmentation: int | None = None
    scan: Scan = Scan()
    vdevs: tuple[Vdev, ...] = ()
    last_scrub: datetime | None = None
    last_scrub_ended: datetime | None = None
    scrub_due: datetime | None = None
    scrub_overdue: bool | None = None

    @property
    def read_errors(self) -> int:
        """Reads that failed."""
        return sum(vdev.read_errors for vdev in self.vdevs)

    @property
    def write_errors(self) -> int:
        """Writes that failed."""
        return sum(vdev.write_errors for vdev in self.vdevs)

    @property
    def checksum_errors(self) -> int:
        """Blocks that were not what had been written."""
        return sum(vdev.checksum_errors for vdev in self.vdevs)

    @property
    def has_problem(self) -> bool:
        """Whether somebody has to look at it: not healthy, or not all of its disks are."""
        ailing = any(vdev.state not in GOOD_VDEV_STATES for vdev in self.vdevs)
        return self.state is not PoolState.ONLINE or not self.healthy or ailing


@dataclass(frozen=True, kw_only=True, slots=True)
class BootPool(Pool):
    """The pool that the system itself starts from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seldom:
    """What changes so rarely that it is asked for only now and then; ``read`` is when.

    ``scrubs`` are the enabled tasks by the pool's name.
    """

    read: datetime
    boot: BootPool | None = None
    scrubs: Mapping[str, ScrubTask] = field(default_factory=dict)

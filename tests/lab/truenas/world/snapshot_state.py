"""What a server has of snapshots and of the tasks that make them, and what happens to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zlib import crc32

from ..ejson import moment
from ..errors import CallError, InstanceNotFound
from .part import Part
from .timetable import ZONE

if TYPE_CHECKING:
    from ..server import TrueNas

_DAILY = {
    "minute": "00",
    "hour": "00",
    "dom": "*",
    "month": "*",
    "dow": "*",
    "begin": "00:00",
    "end": "23:59",
}


@dataclass(eq=False)
class LabSnapshot:
    """A snapshot; `used` is what only it holds, in bytes, `created` seconds since the epoch."""

    dataset: str
    name: str
    txg: int
    created: float
    used: int = 0
    referenced: int = 0
    guid: str = ""
    holds: set[str] = field(default_factory=set)
    clones: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The full name."""
        return f"{self.dataset}@{self.name}"


@dataclass(eq=False)
class LabSnapshotTask:
    """A task; its state is kept in memory only."""

    number: int
    dataset: str
    schedule: dict[str, str]
    naming_schema: str = "auto-%Y-%m-%d_%H-%M"
    recursive: bool = False
    exclude: list[str] = field(default_factory=list)
    enabled: bool = True
    allow_empty: bool = True
    lifetime_value: int = 2
    lifetime_unit: str = "WEEK"
    state: dict[str, Any] = field(default_factory=lambda: {"state": "PENDING"})


class Snapshots(Part):
    """What the server has of snapshots.

    `opened` counts how many were looked into: the properties of thousands take long.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start without any."""
        super().__init__(nas)
        self.all: dict[str, LabSnapshot] = {}
        self.tasks: dict[int, LabSnapshotTask] = {}
        self.opened = 0
        self._txg = 1000

    def __getitem__(self, name: str) -> LabSnapshot:
        """Return a snapshot by its full name."""
        if name not in self.all:
            raise InstanceNotFound(f"Snapshot {name} not found")
        return self.all[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is such a snapshot."""
        return name in self.all

    def rebooted(self) -> None:
        """Forget what became of the tasks."""
        for task in self.tasks.values():
            task.state = {"state": "PENDING"}

    # --- What happens to them ---------------------------------------------------------------

    def take(
        self,
        dataset: str,
        name: str,
        *,
        hours_ago: float = 0.0,
        used: int = 1 << 20,
        recursive: bool = False,
        guid: str = "",
    ) -> LabSnapshot:
        """Take a snapshot; those of the past are to be taken in their order."""
        self.nas.datasets[dataset]
        self._txg += 10
        created = self.nas.clock.now() - hours_ago * 3600
        taken = []
        for one in self.nas.datasets.below(dataset) if recursive else [self.nas.datasets[dataset]]:
            snapshot = LabSnapshot(one.id, name, self._txg, created, used, one.own)
            snapshot.guid = guid or str(crc32(snapshot.id.encode()) * 1000 + self._txg)
            if snapshot.id in self.all:
                raise CallError(
                    "EEXIST", f"Failed to snapshot {snapshot.id}: dataset already exists"
                )
            taken.append(snapshot)
        self.all |= {snapshot.id: snapshot for snapshot in taken}
        return taken[0]

    def forget(self, dataset: str, origin: str = "") -> None:
        """Let all snapshots of a dataset be gone with it; the one it was cloned of is free again."""
        for snapshot in self.of(dataset):
            del self.all[snapshot.id]
        if origin in self.all:
            self.all[origin].clones.remove(dataset)

    def destroy(self, name: str, *, defer: bool = False) -> None:
        """Destroy one."""
        snapshot = self[name]
        if snapshot.holds and not defer:
            raise CallError("EBUSY", f"cannot destroy snapshot {name}: dataset is busy")
        if snapshot.clones and not defer:
            raise CallError("EFAULT", f"cannot destroy '{name}': snapshot has dependent clones")
        del self.all[name]

    def add_task(self, dataset: str, **how: Any) -> LabSnapshotTask:
        """Let snapshots be taken daily at midnight, or by another `schedule` (its parts)."""
        number = max(self.tasks, default=0) + 1
        schedule = {**_DAILY, **how.pop("schedule", {})}
        self.tasks[number] = LabSnapshotTask(number, dataset, schedule, **how)
        return self.tasks[number]

    def run_task(self, task: LabSnapshotTask) -> LabSnapshot:
        """Let a task take its snapshots now."""
        now = datetime.fromtimestamp(self.nas.clock.now(), ZONE)
        name = now.strftime(task.naming_schema)
        taken = self.take(task.dataset, name, recursive=task.recursive)
        task.state = {"state": "FINISHED", "datetime": moment(self.nas.clock.now())}
        self.nas.emit(
            "pool.snapshottask.query", "changed", task.number, {"state": dict(task.state)}
        )
        return taken

    # --- How they look ----------------------------------------------------------------------

    def of(self, dataset: str) -> list[LabSnapshot]:
        """Return the snapshots of a dataset itself, the oldest first."""
        return sorted(
            (one for one in self.all.values() if one.dataset == dataset), key=lambda one: one.txg
        )

    def spaces(self) -> Counter[str]:
        """Return what only the snapshots of each dataset hold."""
        held = Counter[str]()
        for one in self.all.values():
            held[one.dataset] += one.used
        return held

"""What is read of snapshots and of the tasks that take them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import re

from ....analysis.schedules import Schedule


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A snapshot by its name: ``txg`` is the transaction that made it, which grows with time."""

    dataset: str
    name: str
    txg: int

    @property
    def id(self) -> str:
        """Its full name, ``tank/photos@auto-2026-11-20_00-00``."""
        return f"{self.dataset}@{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """What one has to look into a snapshot for.

    ``used`` is what only it holds, ``referenced`` all that can be read in it, both in bytes.
    """

    created: datetime | None = None
    used: int | None = None
    referenced: int | None = None
    held: bool = False


class TaskState(StrEnum):
    """How a task stands; the server forgets it when it restarts, and then says ``pending``."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    ERROR = "error"
    HOLD = "hold"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """An enabled periodic task; ``names`` fits the names of its snapshots.

    ``ran`` is when it last took snapshots well, as far as the server remembers. Without
    ``allow_empty`` it takes none where nothing was written.
    """

    number: int
    dataset: str
    recursive: bool
    exclude: tuple[str, ...]
    schedule: Schedule
    names: re.Pattern[str]
    allow_empty: bool
    state: TaskState
    ran: datetime | None

    def covers(self, dataset: str) -> bool:
        """Whether it takes snapshots of a dataset."""
        if dataset == self.dataset:
            return True
        below = dataset.startswith(f"{self.dataset}/")
        left_out = (dataset == one or dataset.startswith(f"{one}/") for one in self.exclude)
        return self.recursive and below and not any(left_out)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshots:
    """The snapshots of one dataset, or for a root those of its whole pool.

    ``age`` is that of the newest in whole hours. ``has_task`` says that a task takes some;
    ``due`` is when it will, ``overdue`` whether some did not come in time, None where that
    cannot be told.
    """

    dataset: str
    count: int
    newest: datetime | None = None
    age: int | None = None
    has_task: bool = False
    due: datetime | None = None
    overdue: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Creations:
    """When the snapshots were taken that had to be looked into, by their full names."""

    known: Mapping[str, datetime] = field(default_factory=dict)

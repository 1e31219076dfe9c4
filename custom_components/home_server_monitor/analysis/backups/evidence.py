"""What is known of a backup when it is judged. Sizes are bytes; None means that it cannot be seen."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from .sizes import Sizes


class LastRun(StrEnum):
    """What came of the last run of a task."""

    SUCCESS = "success"
    FAILED = "failed"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A snapshot of a dataset: ``name`` is what stands behind the ``@``.

    Of old ones nothing but the name is known.
    """

    name: str
    guid: str = ""
    created: datetime | None = None
    size: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A dataset, and the one that it is copied to.

    ``source_snapshots`` are only those that the task takes. ``named`` is the newest of them of which
    the target has one of the same name: of a target that can be asked for names alone
    (``asked_names``), and whose snapshots themselves cannot be seen.
    """

    source: str
    target: str
    source_snapshots: tuple[Snapshot, ...] | None
    target_snapshots: tuple[Snapshot, ...] | None
    asked_names: bool = False
    named: Snapshot | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A sample of files at both sides; ``missing`` and ``different`` are at the target."""

    checked: int
    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()

    @property
    def bad(self) -> int:
        """How many are not as they should be."""
        return len(self.missing) + len(self.different)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """A trial restore: what was compared in it, or why nothing could be.

    ``alone`` says that there was no source to compare with, ``left`` is the scratch dataset that
    could not be removed.
    """

    compared: Compared | None = None
    problem: str = ""
    alone: bool = False
    left: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What was found out of one backup.

    ``promised`` is how new it has to be at least, ``strict`` says that an older one is bad even
    where the source has nothing newer. ``newest`` is when the copy at the target was made, where
    that is told otherwise than by snapshots. ``unseen`` says in sentences what could not be seen.
    """

    zone: tzinfo
    last_run: LastRun
    error: str = ""
    last_success: datetime | None = None
    overdue_since: datetime | None = None
    promised: datetime | None = None
    strict: bool = False
    pairs: tuple[Pair, ...] = ()
    newest: datetime | None = None
    files: Compared | None = None
    restored: Restored | None = None
    sizes: Sizes | None = None
    unseen: tuple[str, ...] = field(default=())

    def at(self, moment: datetime | None) -> str:
        """Return a moment for people, by the clock of the system."""
        if moment is None:
            return "an unknown time"
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

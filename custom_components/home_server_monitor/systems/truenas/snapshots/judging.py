"""Judges whether the tasks take their snapshots in time, by the snapshots themselves.

What the server says of a task it forgets when it restarts, and a task that does not run says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from ....analysis.schedules import next_due, overdue_since
from .models import Row, Task, TaskState

GRACE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """When a task is due next, and whether what was due came; None where that cannot be told."""

    due: datetime | None
    overdue: bool | None


def made_by(task: Task, snapshots: Iterable[Row]) -> Row | None:
    """Return the newest of the snapshots that bears a name of the task."""
    own = (one for one in snapshots if task.names.fullmatch(one.name))
    return max(own, key=lambda one: one.txg, default=None)


def judged(
    task: Task, last: datetime | None, *, expected: datetime, now: datetime, zone: tzinfo
) -> Verdict:
    """Judge a task by when its newest snapshot was taken; ``expected`` is since when we know it."""
    taken = max((moment for moment in (last, task.ran) if moment is not None), default=None)
    missed = overdue_since(
        task.schedule,
        last=taken,
        since=None if taken else expected,
        now=now,
        zone=zone,
        grace=GRACE,
    )
    due = next_due(task.schedule, now, zone)
    if missed is None:
        return Verdict(due=due, overdue=False)
    if task.state is TaskState.RUNNING:
        return Verdict(due=due, overdue=False)
    # Perhaps nothing was written; once the task has run again since the restart, its state tells.
    unsure = not task.allow_empty and task.state is TaskState.PENDING
    return Verdict(due=due, overdue=None if unsure else True)


def together(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Sum up several tasks: one that is overdue is enough, else one that cannot be told."""
    found = list(verdicts)
    if not found:
        return None
    words = {verdict.overdue for verdict in found}
    dues = [verdict.due for verdict in found if verdict.due is not None]
    overdue = True if True in words else None if None in words else False
    return Verdict(due=min(dues, default=None), overdue=overdue)


def expected_since(
    facts: Mapping[str, Any], tasks: Iterable[Task], now: datetime
) -> dict[int, datetime]:
    """Return since when each task is known; ``facts`` are what is remembered under ``fact_of``."""
    return {task.number: _moment(facts.get(fact_of(task))) or now for task in tasks}


def fact_of(task: Task) -> str:
    """Return the name under which it is remembered since when a task is known."""
    return f"snapshot_task_{task.number}"


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None

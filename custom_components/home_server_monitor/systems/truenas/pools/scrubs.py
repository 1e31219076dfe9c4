"""Judges whether a pool is scrubbed as often as its task promises."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from ....analysis.schedules import next_due, overdue_since
from .models import Activity, Pool, ScanFunction, ScrubTask

GRACE = timedelta(days=1)
_ONE_DAY = timedelta(days=1)
_GOOD = (Activity.SCRUBBING, Activity.PAUSED, Activity.FINISHED)

# Names of what is remembered: a resilver hides the scrub before it, and nobody tells since when
# a pool has a task.
_BEGAN, _ENDED, _EXPECTED = "scrub_began", "scrub_ended", "scrub_expected"


def judged[PoolT: Pool](
    pool: PoolT, facts: Mapping[str, Any], task: ScrubTask | None, now: datetime, zone: tzinfo
) -> tuple[PoolT, dict[str, Any]]:
    """Return the pool with what is known of its scrubs, and what is to be remembered of them.

    ``facts`` are those that were remembered. A scrub that was cancelled is none.
    """
    began, ended = _moment(facts.get(_BEGAN)), _moment(facts.get(_ENDED))
    if pool.scan.function is ScanFunction.SCRUB and pool.scan.activity in _GOOD:
        began, ended = pool.scan.started or began, pool.scan.ended or ended
    expected = (_moment(facts.get(_EXPECTED)) or now) if task else None
    known = {_BEGAN: _text(began), _ENDED: _text(ended), _EXPECTED: _text(expected)}
    pool = replace(pool, last_scrub=began, last_scrub_ended=ended)
    if task is None:
        return pool, known
    # The server waits for a day less than the threshold, so that weeks stay on their weekday.
    rested = began and began + max(timedelta(days=task.threshold) - _ONE_DAY, timedelta())
    missed = overdue_since(
        task.schedule,
        last=rested,
        since=None if rested else expected,
        now=now,
        zone=zone,
        grace=GRACE,
    )
    due = next_due(task.schedule, max(now, rested) if rested else now, zone)
    return replace(pool, scrub_due=due, scrub_overdue=missed is not None), known


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None

"""Judges whether a pool is scrubbed as often as its task promises."""

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from ....analysis.schedules import next_due, overdue_since
from .models import Activity, Pool, ScanFunction, ScrubTask

GRACE = timedelta(days=1)
_ONE_DAY = timedelta(days=1)
_GOOD = (Activity.SCRUBBING, Activity.PAUSED, Activity.FINISHED)


def judged[PoolT: Pool](
    pool: PoolT, before: Pool | None, task: ScrubTask | None, now: datetime, zone: tzinfo
) -> PoolT:
    """Return the pool with what is known of its scrubs.

    A resilver hides the scrub before it, hence what was known ``before`` is kept. A scrub that
    was cancelled is none.
    """
    last, ended = _last(pool, before)
    pool = replace(pool, last_scrub=last, last_scrub_ended=ended)
    if task is None:
        return pool
    since = (before.expected_since if before else None) or now
    # The server asks for a day less than the threshold, so that weeks stay on their weekday.
    rested = last and last + max(timedelta(days=task.threshold) - _ONE_DAY, timedelta())
    missed = overdue_since(
        task.schedule,
        last=rested,
        since=None if rested else since,
        now=now,
        zone=zone,
        grace=GRACE,
    )
    return replace(
        pool,
        expected_since=since,
        scrub_due=next_due(task.schedule, max(now, rested) if rested else now, zone),
        scrub_overdue=missed is not None,
    )


def _last(pool: Pool, before: Pool | None) -> tuple[datetime | None, datetime | None]:
    """Return when the last scrub began, and when the last one that is over ended."""
    known = (before.last_scrub, before.last_scrub_ended) if before else (None, None)
    scan = pool.scan
    if scan.function is not ScanFunction.SCRUB or scan.activity not in _GOOD:
        return known
    return scan.started or known[0], scan.ended or known[1]

"""Whether a backup came when it was due, and how new a good one has to be."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo

from ..schedules import Schedule, overdue_since, previous_due

GRACE = timedelta(hours=1)
_PATIENCE = timedelta(days=1)
"""How long a run may take that never ran before."""
_MOMENT = timedelta(minutes=1)


def meet(schedule: Schedule, limit: Schedule) -> Schedule:
    """Return when ``schedule`` is due within ``limit``.

    Where either has a choice of days or a part of the day that goes over midnight, the result
    follows the limit in that alone.
    """
    either = schedule.either_day or limit.either_day
    days, weekdays = limit.days, limit.weekdays
    if not either:
        days, weekdays = schedule.days & limit.days, schedule.weekdays & limit.weekdays
    begin, end = _part_of_day(schedule, limit)
    return replace(
        limit,
        minutes=schedule.minutes & limit.minutes,
        hours=schedule.hours & limit.hours,
        days=days,
        months=schedule.months & limit.months,
        weekdays=weekdays,
        begin=begin,
        end=end,
    )


def _part_of_day(schedule: Schedule, limit: Schedule) -> tuple[time, time]:
    if schedule.begin > schedule.end or limit.begin > limit.end:
        return limit.begin, limit.end
    begin, end = max(schedule.begin, limit.begin), min(schedule.end, limit.end)
    return (begin, end) if begin <= end else (limit.begin, limit.end)


def lateness(
    schedules: Iterable[Schedule],
    *,
    last_success: datetime | None,
    known_since: datetime | None,
    duration: float | None,
    running_since: datetime | None,
    now: datetime,
    zone: tzinfo,
) -> datetime | None:
    """Return when a backup was first due and did not come; None while all is well.

    It may come an hour late, and take as long as the last one took (``duration``, seconds) and
    half of that again. One that runs is given a day, or three times as long as the last one took.
    Of one that never succeeded it is expected since it was first seen (``known_since``).
    """
    usual = timedelta(seconds=duration or 0.0)
    if running_since is not None and now - running_since < max(_PATIENCE, 3 * usual):
        return None
    found = (
        overdue_since(
            schedule,
            last=last_success,
            since=known_since if last_success is None else None,
            now=now,
            zone=zone,
            grace=GRACE + 1.5 * usual,
        )
        for schedule in schedules
    )
    return min((moment for moment in found if moment is not None), default=None)


def promised(
    schedules: Iterable[Schedule],
    *,
    duration: float | None,
    now: datetime,
    zone: tzinfo,
    behind: int = 0,
) -> datetime | None:
    """Return the time that the newest backup must not be older than; None if nothing is promised.

    With ``behind`` it may be so many runs older: what a run copies may have been made right after
    the run before it.
    """
    until = now - GRACE - timedelta(seconds=1.5 * (duration or 0.0))
    found = []
    for schedule in schedules:
        due = previous_due(schedule, until, zone)
        for _ in range(behind):
            due = previous_due(schedule, due - _MOMENT, zone) if due is not None else None
        if due is not None:
            found.append(due)
    return max(found, default=None)

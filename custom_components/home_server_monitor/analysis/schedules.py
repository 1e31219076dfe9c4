"""When something that runs by the clock was due, and whether it came.

A schedule is written as cron writes it: minutes, hours, days of the month, months and days of the
week, each as ``*``, a number, a name, a range, a step or a list of those, and perhaps the part of the
day in which it holds. It follows the wall clock of the machine that keeps it: a time that the clock
leaps over does not come, and of an hour that comes twice only the first counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

_DAY = timedelta(days=1)
_LONGEST_WAIT = 366 * 8 + 1
"""Days after which every date that exists has come: 2096 and 2104 are leap years, 2100 is none."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(_WEEKDAYS)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """The minutes at which something is due.

    ``weekdays`` count from Sunday, 0. Where both days of the month and days of the week are chosen
    either is enough (``either_day``), else both have to fit. ``begin`` and ``end`` are included; an
    end before the beginning is on the next day.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool = False
    begin: time = time.min
    end: time = time.max

    def fits_day(self, day: date) -> bool:
        """Whether something is due on this day."""
        if day.month not in self.months:
            return False
        chosen = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return any(chosen) if self.either_day else all(chosen)

    def times(self) -> list[time]:
        """Return the times of a day at which something is due, the earliest first."""
        every = (time(hour, minute) for hour in self.hours for minute in self.minutes)
        return sorted(moment for moment in every if self._holds(moment))

    def _holds(self, moment: time) -> bool:
        if self.begin <= self.end:
            return self.begin <= moment <= self.end
        return moment >= self.begin or moment <= self.end


# --- Reading ------------------------------------------------------------------------------------


def parse(written: Mapping[str, Any]) -> Schedule:
    """Return the schedule of ``{minute, hour, dom, month, dow}`` and perhaps ``{begin, end}``.

    What is missing is not restricted, but for the minute, which is the full hour. Times are ``HH:MM``.
    Raises ``ValueError`` for what is no schedule.
    """
    days, weekdays = _text(written, "dom"), _text(written, "dow")
    return Schedule(
        minutes=_numbers(_text(written, "minute", "0"), 0, 59),
        hours=_numbers(_text(written, "hour"), 0, 23),
        days=_numbers(days, 1, 31),
        months=_numbers(_text(written, "month"), 1, 12, _MONTH_NUMBERS),
        weekdays=_weekdays(weekdays),
        either_day=not _is_any(days) and not _is_any(weekdays),
        begin=_time(written.get("begin"), time.min),
        end=_time(written.get("end"), time.max),
    )


def _text(written: Mapping[str, Any], key: str, default: str = "*") -> str:
    value = written.get(key)
    return default if value in (None, "") else str(value).strip().lower()


def _time(value: Any, default: time) -> time:
    if value in (None, ""):
        return default
    return value if isinstance(value, time) else time.fromisoformat(str(value))


def _is_any(text: str) -> bool:
    return not {"*", "*/1"}.isdisjoint(text.split(","))


def _weekdays(text: str) -> frozenset[int]:
    """Sunday is 0 and 7, and a range may go over it: ``fri-mon`` and ``6-7`` are good."""
    return frozenset(number % 7 for number in _numbers(text, 0, 7, _WEEKDAY_NUMBERS, around=7))


def _numbers(
    text: str, low: int, high: int, names: Mapping[str, int] | None = None, around: int = 0
) -> frozenset[int]:
    """Return what a field names; a range goes on after ``around`` numbers, where that is given."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.strip().partition("/")
        first, last = _span(span, low, high, names or {})
        if slash and first == last:
            raise ValueError(f"{part!r}: only a range has steps")
        if last < first:
            last += around
        numbers = range(first, last + 1, _whole(step) if slash else 1)
        if not numbers:
            raise ValueError(f"{part!r} names nothing")
        found.update(numbers)
    return frozenset(found)


def _span(text: str, low: int, high: int, names: Mapping[str, int]) -> tuple[int, int]:
    if text == "*":
        return low, high
    first, dash, last = text.partition("-")
    numbers = [names[word] if word in names else _whole(word) for word in (first, last or first)]
    if (dash and not last) or not all(low <= number <= high for number in numbers):
        raise ValueError(f"{text!r} is not within {low} to {high}")
    return numbers[0], numbers[1]


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is not a whole number")
    return int(text[:9])


# --- Judging ------------------------------------------------------------------------------------


def next_due(schedule: Schedule, after: datetime, zone: tzinfo) -> datetime | None:
    """Return the first time after ``after`` at which it is due in ``zone``; None if it never is."""
    times = schedule.times()
    for number in range(_LONGEST_WAIT):
        for moment in _on_day(schedule, times, _day(after, zone) + number * _DAY, zone):
            if moment > after:
                return moment
    return None


def previous_due(schedule: Schedule, until: datetime, zone: tzinfo) -> datetime | None:
    """Return the last time up to ``until`` at which it was due in ``zone``; None if it never was."""
    times = schedule.times()
    for number in range(_LONGEST_WAIT):
        found = list(_on_day(schedule, times, _day(until, zone) - number * _DAY, zone))
        for moment in reversed(found):
            if moment <= until:
                return moment
    return None


def overdue_since(
    schedule: Schedule,
    *,
    last: datetime | None,
    since: datetime | None = None,
    now: datetime,
    zone: tzinfo,
    grace: timedelta,
) -> datetime | None:
    """Return when it was first due and did not come, or None while all is well.

    ``last`` is when it last came and ``since`` from when on it was expected at all; the later
    counts, and of what has neither nothing can be said. ``grace`` is how late it may come.
    """
    known = [moment for moment in (last, since) if moment is not None]
    if not known:
        return None
    due = next_due(schedule, max(known), zone)
    return due if due is not None and due + grace <= now else None


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def _on_day(schedule: Schedule, times: list[time], day: date, zone: tzinfo) -> Iterator[datetime]:
    if not schedule.fits_day(day):
        return
    for moment in times:
        wall = datetime.combine(day, moment, zone)
        due = wall.astimezone(UTC)
        if due.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
            yield due

"""Schedules as TrueNAS writes them: when they are due, and what came too late."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.analysis.schedules import (
    Schedule,
    next_due,
    overdue_since,
    parse,
    previous_due,
)

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAILY = {"minute": "0", "hour": "2", "dom": "*", "month": "*", "dow": "*"}


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def dues(
    written: Mapping[str, object], start: str, count: int, zone: ZoneInfo = BERLIN
) -> list[str]:
    """Return the next due times after ``start`` on the wall of the NAS."""
    schedule, moment, found = parse(written), at(start, zone), []
    for _ in range(count):
        due = next_due(schedule, moment, zone)
        if due is None:
            break
        moment = due
        found.append(f"{due.astimezone(zone):%a %Y-%m-%d %H:%M}")
    return found


def test_daily() -> None:
    assert dues(DAILY, "2026-11-20T02:00", 2) == ["Sat 2026-11-21 02:00", "Sun 2026-11-22 02:00"]
    assert dues(DAILY, "2026-11-20T01:59", 1) == ["Fri 2026-11-20 02:00"]


@pytest.mark.parametrize(
    ("dow", "days"),
    [
        ("7", "Sun Sun Sun"),
        ("0", "Sun Sun Sun"),
        ("sun", "Sun Sun Sun"),
        ("1", "Mon Mon Mon"),
        ("Mon", "Mon Mon Mon"),
        ("6-7", "Sat Sun Sat"),
        ("sat,sun", "Sat Sun Sat"),
        ("fri-mon", "Fri Sat Sun"),
        ("5-1", "Fri Sat Sun"),
        ("1-5/2", "Fri Mon Wed"),
        ("*/2", "Sat Sun Tue"),
        ("1-7", "Fri Sat Sun"),
        ("*", "Fri Sat Sun"),
    ],
)
def test_weekdays(dow: str, days: str) -> None:
    found = dues({**DAILY, "dow": dow}, "2026-11-20T00:00", 3)
    assert " ".join(due[:3] for due in found) == days


def test_lists_ranges_steps_and_names() -> None:
    written = {"minute": "*/20", "hour": "8-10/2,22", "dom": "1", "month": "jan,jul", "dow": "*"}
    assert dues(written, "2026-11-20T00:00", 10) == [
        *(f"Fri 2027-01-01 08:{minute}" for minute in ("00", "20", "40")),
        *(f"Fri 2027-01-01 10:{minute}" for minute in ("00", "20", "40")),
        *(f"Fri 2027-01-01 22:{minute}" for minute in ("00", "20", "40")),
        "Thu 2027-07-01 08:00",
    ]


def test_a_step_beyond_the_end_is_the_first_only() -> None:
    assert parse({"minute": "*/90"}).minutes == {0}


def test_day_of_month_or_day_of_week() -> None:
    both = {**DAILY, "dom": "1,24", "dow": "7"}
    assert dues(both, "2026-11-20T00:00", 4) == [
        "Sun 2026-11-22 02:00",
        "Tue 2026-11-24 02:00",
        "Sun 2026-11-29 02:00",
        "Tue 2026-12-01 02:00",
    ]


@pytest.mark.parametrize("every", ["*", "*/1", "", "3,*"])
def test_every_day_is_no_choice(every: str) -> None:
    assert not parse({"dom": "24", "dow": every}).either_day
    assert not parse({"dom": every, "dow": "7"}).either_day


def test_part_of_the_day() -> None:
    office = {"minute": "30", "begin": "09:00", "end": "10:30"}
    assert dues(office, "2026-11-20T00:00", 3) == [
        "Fri 2026-11-20 09:30",
        "Fri 2026-11-20 10:30",
        "Sat 2026-11-21 09:30",
    ]


def test_part_of_the_day_over_midnight() -> None:
    night = {"minute": "00", "begin": time(23), "end": "01:00"}
    assert dues(night, "2026-11-20T00:30", 4) == [
        "Fri 2026-11-20 01:00",
        "Fri 2026-11-20 23:00",
        "Sat 2026-11-21 00:00",
        "Sat 2026-11-21 01:00",
    ]


def test_what_is_missing_is_not_restricted() -> None:
    assert parse({}) == parse({"minute": "00", "hour": "*", "dom": "*", "month": "*", "dow": "*"})
    assert parse({"minute": None, "hour": ""}) == parse({})


@pytest.mark.parametrize(
    "written",
    [
        {"minute": "60"},
        {"hour": "24"},
        {"dom": "0"},
        {"month": "13"},
        {"dow": "8"},
        {"dow": "someday"},
        {"minute": "5-1"},
        {"minute": "1-"},
        {"minute": "-5"},
        {"minute": "*/0"},
        {"minute": "*/"},
        {"minute": "5/15"},
        {"minute": "*/x"},
        {"minute": ","},
        {"minute": "²"},
        {"begin": "nine"},
    ],
)
def test_no_schedule(written: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(written)


def test_a_leap_day_comes() -> None:
    leap = {**DAILY, "dom": "29", "month": "2"}
    assert dues(leap, "2026-11-20T00:00", 1) == ["Tue 2028-02-29 02:00"]
    assert dues(leap, "2096-03-01T00:00", 1) == ["Fri 2104-02-29 02:00"], "2100 is no leap year"


def test_a_day_that_never_comes() -> None:
    never = parse({**DAILY, "dom": "30", "month": "feb"})
    now = at("2026-11-20T00:00")
    assert next_due(never, now, BERLIN) is None
    assert previous_due(never, now, BERLIN) is None
    assert overdue_since(never, last=now, now=now + HOUR, zone=BERLIN, grace=HOUR) is None


def test_the_clock_leaps_forward() -> None:
    half_past = {**DAILY, "minute": "30"}
    assert dues(half_past, "2027-03-27T03:00", 1) == ["Mon 2027-03-29 02:30"], "02:30 did not come"


def test_the_clock_goes_back() -> None:
    half_past = {**DAILY, "minute": "30"}
    assert dues(half_past, "2026-10-24T12:00", 2) == [
        "Sun 2026-10-25 02:30",
        "Mon 2026-10-26 02:30",
    ]
    first = next_due(parse(half_past), at("2026-10-24T12:00"), BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "the first of the two"


def test_the_zone_of_the_nas_counts() -> None:
    schedule = parse(DAILY)
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    tokyo = next_due(schedule, noon, ZoneInfo("Asia/Tokyo"))
    assert tokyo == datetime(2026, 11, 20, 17, tzinfo=UTC)


# --- What came too late -------------------------------------------------------------------------


def overdue(last: str | None, now: str, *, since: str | None = None) -> datetime | None:
    return overdue_since(
        parse(DAILY),
        last=at(last) if last else None,
        since=at(since) if since else None,
        now=at(now),
        zone=BERLIN,
        grace=HOUR,
    )


def test_overdue_after_the_grace() -> None:
    assert overdue("2026-11-20T02:00:05", "2026-11-21T02:59") is None
    assert overdue("2026-11-20T02:00:05", "2026-11-21T03:00") == at("2026-11-21T02:00")


def test_overdue_since_the_first_that_did_not_come() -> None:
    assert overdue("2026-11-10T02:00:05", "2026-11-21T12:00") == at("2026-11-11T02:00")


def test_late_but_there() -> None:
    assert overdue("2026-11-21T02:50", "2026-11-21T23:00") is None


def test_never_came() -> None:
    assert overdue(None, "2026-11-21T12:00") is None, "nobody knows since when it is expected"
    assert overdue(None, "2026-11-21T02:30", since="2026-11-20T12:00") is None
    assert overdue(None, "2026-11-21T03:00", since="2026-11-20T12:00") == at("2026-11-21T02:00")


def test_not_expected_before() -> None:
    assert overdue("2026-01-01T02:00", "2026-11-20T13:00", since="2026-11-20T12:00") is None


# --- Properties ---------------------------------------------------------------------------------


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    ranges = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.integers(1, high + 5).map(lambda step: f"*/{step}")
    return st.one_of(
        st.just("*"),
        steps,
        st.lists(numbers.map(str) | ranges, min_size=1, max_size=3).map(",".join),
    )


SCHEDULES = st.builds(
    lambda **written: parse(written),
    minute=fields(0, 59),
    hour=fields(0, 23),
    dom=fields(1, 28),
    month=fields(1, 12),
    dow=fields(0, 7),
    begin=st.just("00:00") | st.times().map(lambda moment: f"{moment:%H:%M}"),
)
MOMENTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - the strategy takes limits without a zone
    datetime(2028, 12, 31),  # noqa: DTZ001 - likewise
    timezones=st.just(UTC),
)
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
)


@given(schedule=SCHEDULES, moment=MOMENTS, zone=ZONES)
def test_next_and_previous_agree(schedule: Schedule, moment: datetime, zone: ZoneInfo) -> None:
    due = next_due(schedule, moment, zone)
    if due is None:
        assert not schedule.times(), "only a day without a time never comes"
        return
    assert due > moment
    assert previous_due(schedule, due, zone) == due, "what is due is due"
    before = previous_due(schedule, moment, zone)
    assert before is not None
    assert before <= moment
    assert next_due(schedule, before, zone) == due, "nothing lies between the two"
    assert schedule.fits_day(due.astimezone(zone).date())


@given(schedule=SCHEDULES, moment=MOMENTS, zone=ZONES)
def test_nothing_fits_in_between(schedule: Schedule, moment: datetime, zone: ZoneInfo) -> None:
    due = next_due(schedule, moment, zone)
    if due is None:
        return
    times = set(schedule.times())
    step = moment.replace(second=0, microsecond=0)
    for _ in range(300):
        step += MINUTE
        wall = step.astimezone(zone)
        if step >= due:
            break
        fits = schedule.fits_day(wall.date()) and wall.time() in times
        assert not fits or wall.fold, f"{wall} was due before"


@given(schedule=SCHEDULES, moment=MOMENTS, zone=ZONES, late=st.integers(0, 90))
def test_overdue_ends_with_what_was_due(
    schedule: Schedule, moment: datetime, zone: ZoneInfo, late: int
) -> None:
    due = next_due(schedule, moment, zone)
    if due is None:
        return
    now = due + timedelta(minutes=late)
    missed = overdue_since(schedule, last=moment, now=now, zone=zone, grace=HOUR)
    assert missed == (due if late >= 60 else None)
    assert overdue_since(schedule, last=now, now=now, zone=zone, grace=HOUR) is None

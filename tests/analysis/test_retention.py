"""Which snapshots are kept: the last of each period, and always the newest."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from custom_components.home_server_monitor.analysis.retention import Dated, Policy, kept

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def hourly(count: int) -> list[Dated]:
    """Return snapshots of so many hours, the newest at the start."""
    hours = (START - timedelta(hours=back) for back in range(count))
    return [Dated(name=f"{hour:%m-%d_%H}", created=hour) for hour in hours]


def test_the_last_of_each_hour() -> None:
    found = kept(hourly(48), Policy(hourly=3), UTC)
    assert list(found) == ["11-20_12", "11-20_11", "11-20_10"]


def test_the_last_of_each_day() -> None:
    found = kept(hourly(72), Policy(daily=3), UTC)
    assert list(found) == ["11-20_12", "11-19_23", "11-18_23"]


def test_days_are_those_of_the_zone() -> None:
    found = kept(hourly(48), Policy(daily=2), BERLIN)
    assert list(found) == ["11-20_12", "11-19_22"], "23:00 in Berlin"


def test_weeks_and_months() -> None:
    days = [START - timedelta(days=back) for back in range(90)]
    found = kept(
        [Dated(name=f"{day:%m-%d}", created=day) for day in days],
        Policy(weekly=2, monthly=3),
        UTC,
    )
    assert found == {
        "11-20": ("newest", "weekly", "monthly"),
        "11-15": ("weekly",),
        "10-31": ("monthly",),
        "09-30": ("monthly",),
    }


def test_periods_without_a_snapshot_do_not_count() -> None:
    days = [START, START - timedelta(days=200), START - timedelta(days=400)]
    snapshots = [Dated(name=str(number), created=day) for number, day in enumerate(days)]
    assert list(kept(snapshots, Policy(daily=2), UTC)) == ["0", "1"]


def test_an_hour_that_comes_twice_is_two() -> None:
    # 02:30 in Berlin, twice.
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    snapshots = [Dated(name=str(moment.hour), created=moment) for moment in twice]
    assert len(kept(snapshots, Policy(hourly=2), BERLIN)) == 2
    assert len(kept(snapshots, Policy(hourly=1), BERLIN)) == 1


def test_nothing_to_keep() -> None:
    assert Policy().keeps_nothing
    assert not Policy(monthly=1).keeps_nothing
    assert kept([], Policy(daily=3), UTC) == {}
    assert list(kept(hourly(5), Policy(), UTC)) == ["11-20_12"], "the newest always stays"


SNAPSHOTS = st.lists(st.integers(0, 400 * 24 * 60), unique=True, max_size=60).map(
    lambda minutes: [
        Dated(name=str(minute), created=START - timedelta(minutes=minute)) for minute in minutes
    ]
)
COUNTS = st.integers(0, 12)
POLICIES = st.builds(Policy, hourly=COUNTS, daily=COUNTS, weekly=COUNTS, monthly=COUNTS)


@given(snapshots=SNAPSHOTS, policy=POLICIES)
def test_doing_it_again_changes_nothing(snapshots: list[Dated], policy: Policy) -> None:
    names = kept(snapshots, policy, BERLIN)
    rest = [one for one in snapshots if one.name in names]
    assert kept(rest, policy, BERLIN) == names


@given(snapshots=SNAPSHOTS, policy=POLICIES, more=POLICIES)
def test_who_keeps_more_keeps_the_same_too(
    snapshots: list[Dated], policy: Policy, more: Policy
) -> None:
    larger = Policy(
        hourly=policy.hourly + more.hourly,
        daily=policy.daily + more.daily,
        weekly=policy.weekly + more.weekly,
        monthly=policy.monthly + more.monthly,
    )
    assert kept(snapshots, policy, UTC).keys() <= kept(snapshots, larger, UTC).keys()


@given(snapshots=SNAPSHOTS, policy=POLICIES)
def test_keeps_no_more_than_it_says(snapshots: list[Dated], policy: Policy) -> None:
    found = kept(snapshots, policy, UTC)
    most = policy.hourly + policy.daily + policy.weekly + policy.monthly
    assert len(found) <= max(most, 1)
    for kind in ("hourly", "daily", "weekly", "monthly"):
        assert sum(kind in reasons for reasons in found.values()) <= getattr(policy, kind)
    if snapshots:
        newest = max(snapshots, key=lambda one: one.created)
        assert newest.name in found

"""Whether a pool is scrubbed as often as its task promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.home_server_monitor.analysis import schedules
from custom_components.home_server_monitor.systems.truenas.pools.models import (
    Activity,
    Pool,
    PoolState,
    Scan,
    ScanFunction,
    ScrubTask,
)
from custom_components.home_server_monitor.systems.truenas.pools.scrubs import judged

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAYS = schedules.parse({"minute": "00", "hour": "00", "dow": "7"})
TASK = ScrubTask(pool="tank", schedule=SUNDAYS, threshold=35)
SUNDAY = datetime(2026, 11, 1, tzinfo=BERLIN)
DAY = timedelta(days=1)


def pool(began: datetime | None, activity: Activity = Activity.FINISHED) -> Pool:
    scan = Scan()
    if began is not None:
        scan = Scan(
            activity=activity,
            function=ScanFunction.SCRUB,
            started=began,
            ended=began + timedelta(hours=4),
        )
    return Pool(guid="1", name="tank", state=PoolState.ONLINE, healthy=True, scan=scan)


def judge(item: Pool, days: float, facts: dict[str, Any] | None = None) -> Pool:
    """Judge so many days after that Sunday."""
    return judged(item, facts or {}, TASK, SUNDAY + days * DAY, BERLIN)[0]


def test_the_threshold_passes_before_the_schedule_counts() -> None:
    scrubbed = pool(SUNDAY + timedelta(seconds=5))
    found = judge(scrubbed, 20)
    assert found.scrub_overdue is False
    assert found.scrub_due == SUNDAY + 35 * DAY, "five weeks later, and not the week after"


def test_overdue_a_day_after_it_should_have_begun() -> None:
    scrubbed = pool(SUNDAY)
    assert judge(scrubbed, 35.9).scrub_overdue is False
    assert judge(scrubbed, 36).scrub_overdue is True


def test_a_short_threshold_follows_the_schedule() -> None:
    weekly = replace(TASK, threshold=0)
    scrubbed = pool(SUNDAY)
    late, _ = judged(scrubbed, {}, weekly, SUNDAY + 8 * DAY, BERLIN)
    assert late.scrub_overdue is True
    assert late.scrub_due == SUNDAY + 14 * DAY


def test_one_that_runs_is_not_overdue() -> None:
    running = pool(SUNDAY + 60 * DAY, Activity.SCRUBBING)
    assert judge(running, 60.1).scrub_overdue is False


def test_without_a_task_nothing_is_overdue() -> None:
    found, _ = judged(pool(SUNDAY), {}, None, SUNDAY + 400 * DAY, BERLIN)
    assert found.scrub_overdue is None
    assert found.scrub_due is None
    assert found.last_scrub == SUNDAY


def test_never_scrubbed_is_overdue_only_from_when_we_know_it() -> None:
    found, facts = judged(pool(None), {}, TASK, SUNDAY + DAY, BERLIN)
    assert found.scrub_overdue is False
    later, facts = judged(pool(None), facts, TASK, SUNDAY + 8 * DAY, BERLIN)
    assert later.scrub_overdue is True
    again, _ = judged(pool(SUNDAY + 8 * DAY), facts, TASK, SUNDAY + 9 * DAY, BERLIN)
    assert again.scrub_overdue is False


def test_a_resilver_does_not_hide_the_last_scrub() -> None:
    _, facts = judged(pool(SUNDAY), {}, TASK, SUNDAY + DAY, BERLIN)
    resilvered = pool(None)
    scan = Scan(
        activity=Activity.FINISHED,
        function=ScanFunction.RESILVER,
        started=SUNDAY + 30 * DAY,
        ended=SUNDAY + 31 * DAY,
    )
    resilvered = replace(resilvered, scan=scan)
    assert judge(resilvered, 34, facts).scrub_overdue is False
    found = judge(resilvered, 37, facts)
    assert found.scrub_overdue is True
    assert found.last_scrub == SUNDAY
    assert found.last_scrub_ended == SUNDAY + timedelta(hours=4)


def test_a_cancelled_scrub_is_none() -> None:
    _, facts = judged(pool(SUNDAY), {}, TASK, SUNDAY + DAY, BERLIN)
    canceled = pool(SUNDAY + 35 * DAY, Activity.CANCELED)
    found = judge(canceled, 37, facts)
    assert found.scrub_overdue is True
    assert found.last_scrub == SUNDAY


def test_what_is_remembered_is_json() -> None:
    _, facts = judged(pool(SUNDAY), {}, TASK, SUNDAY, BERLIN)
    assert all(value is None or isinstance(value, str) for value in facts.values())
    _, empty = judged(pool(None), {}, None, datetime.now(UTC), UTC)
    assert set(empty.values()) == {None}

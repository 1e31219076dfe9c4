"""From TrueNAS's snapshots and tasks to models, and how tasks are judged."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.truenas.snapshots import judging, parse
from custom_components.home_server_monitor.systems.truenas.snapshots.models import (
    Row,
    Task,
    TaskState,
)

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 11, 20, tzinfo=BERLIN)
HOUR = timedelta(hours=1)
SCHEMA = "auto-%Y-%m-%d_%H-%M"


def task(**fields: Any) -> Task:
    wire = {
        "id": 1,
        "dataset": "tank",
        "recursive": True,
        "enabled": True,
        "exclude": [],
        "naming_schema": SCHEMA,
        "allow_empty": True,
        "schedule": {"minute": "00", "hour": "00", "begin": "00:00", "end": "23:59"},
        "state": {"state": "PENDING"},
    }
    found = parse.task({**wire, **fields})
    assert found is not None
    return found


# --- Parsing ------------------------------------------------------------------------------------


def test_rows() -> None:
    row = parse.row({"name": "tank/a b@auto@1", "createtxg": "123"})
    assert row == Row(dataset="tank/a b", name="auto@1", txg=123)
    assert row.id == "tank/a b@auto@1"
    assert parse.row({"id": "tank@x", "createtxg": 5}) == Row(dataset="tank", name="x", txg=5)


@pytest.mark.parametrize(
    "wire",
    [
        {"name": "tank", "createtxg": "1"},
        {"name": "@x", "createtxg": "1"},
        {"name": "tank@", "createtxg": "1"},
        {"name": "tank@x", "createtxg": None},
        {"name": "tank@x", "createtxg": "soon"},
        {"name": None, "createtxg": "1"},
    ],
)
def test_what_is_no_snapshot(wire: dict[str, Any]) -> None:
    assert parse.row(wire) is None


def test_every_version_says_the_time_in_seconds() -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    raw = str(int(moment.timestamp()))
    for parsed in (moment, int(raw), raw, None):
        wire = {"properties": {"creation": {"rawvalue": raw, "parsed": parsed}}}
        assert parse.details(wire).created == moment
    assert parse.details({"properties": {"creation": {"parsed": moment}}}).created == moment
    assert parse.details({"properties": {"creation": {"rawvalue": "x"}}}).created is None
    assert parse.details({}).created is None


def test_details() -> None:
    sizes = {"used": {"rawvalue": "7"}, "referenced": {"rawvalue": "90"}}
    found = parse.details({"properties": sizes, "holds": {"truenas": 1}})
    assert (found.used, found.referenced, found.held) == (7, 90, True)
    assert not parse.details({"holds": {}}).held


@pytest.mark.parametrize(
    ("schema", "name", "fits"),
    [
        (SCHEMA, "auto-2026-11-20_00-00", True),
        (SCHEMA, "auto-2026-11-20_00-00-1w", False),
        (SCHEMA, "manual-2026-11-20_00-00", False),
        ("a.b-%Y%m%d", "a.b-20261120", True),
        ("a.b-%Y%m%d", "aXb-20261120", False),
        ("auto-%s", "auto-1763596800", True),
        ("auto-%Y%m%d%z", "auto-20261120+0100", True),
        ("auto-%Q", "auto-anything", True),
        ("100%%-%Y", "100%-2026", True),
    ],
)
def test_names(schema: str, name: str, *, fits: bool) -> None:
    assert (parse.names(schema).fullmatch(name) is not None) is fits


@given(moment=st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)))  # noqa: DTZ001 - a wall clock
def test_names_that_strftime_makes_fit(moment: datetime) -> None:
    for schema in (SCHEMA, "%Y.%m.%d-%H:%M:%S_x", "s_%y%j-%H%M"):
        assert parse.names(schema).fullmatch(moment.strftime(schema))


def test_tasks_that_do_not_count() -> None:
    wire = {"id": 1, "dataset": "tank", "enabled": True, "schedule": {}}
    assert parse.task(wire) is not None
    assert parse.task({**wire, "enabled": False}) is None
    assert parse.task({**wire, "schedule": {"minute": "x"}}) is None
    assert parse.task({**wire, "dataset": None}) is None


def test_what_a_task_covers() -> None:
    own = task(exclude=["tank/vm"])
    covered = [
        name for name in ("tank", "tank/a/b", "tank/vm", "tank/vm/1", "tank2") if own.covers(name)
    ]
    assert covered == ["tank", "tank/a/b"]
    assert not task(recursive=False).covers("tank/a")


def test_when_a_task_ran() -> None:
    assert task(state={"state": "FINISHED", "datetime": MIDNIGHT}).ran == MIDNIGHT
    assert task(state={"state": "ERROR", "datetime": MIDNIGHT, "error": "x"}).ran is None
    assert task(state={"state": "DREAMING"}).state is TaskState.OTHER
    assert task(state=None).state is TaskState.OTHER


# --- Judging ------------------------------------------------------------------------------------


def judge(last: datetime | None, hours: float, **fields: Any) -> bool | None:
    """Judge a daily task so many hours after midnight; it is known for a year."""
    return judging.judged(
        task(**fields),
        last,
        expected=MIDNIGHT - 365 * 24 * HOUR,
        now=MIDNIGHT + hours * HOUR,
        zone=BERLIN,
    ).overdue


def test_overdue_by_the_newest_snapshot() -> None:
    yesterday = MIDNIGHT - 24 * HOUR
    assert judge(MIDNIGHT, 23) is False
    assert judge(yesterday, 0.9) is False
    assert judge(yesterday, 1) is True


def test_the_state_that_was_forgotten_does_not_count() -> None:
    yesterday = MIDNIGHT - 24 * HOUR
    assert judge(yesterday, 5, state={"state": "PENDING"}) is True
    assert judge(MIDNIGHT, 5, state={"state": "PENDING"}) is False


def test_one_that_runs_is_not_overdue() -> None:
    running = {"state": "RUNNING", "datetime": MIDNIGHT}
    assert judge(MIDNIGHT - 24 * HOUR, 5, state=running) is False


def test_where_nothing_was_written_there_may_be_none() -> None:
    long_ago = MIDNIGHT - 400 * HOUR
    finished = {"state": "FINISHED", "datetime": MIDNIGHT}
    assert judge(long_ago, 5, allow_empty=False, state=finished) is False
    assert judge(long_ago, 5, allow_empty=False) is None, "it cannot be told"
    failed = {"state": "ERROR", "datetime": MIDNIGHT, "error": "x"}
    assert judge(long_ago, 5, allow_empty=False, state=failed) is True


def test_a_new_task_is_expected_only_from_now_on() -> None:
    new = judging.judged(
        task(), None, expected=MIDNIGHT - HOUR, now=MIDNIGHT + HOUR / 2, zone=BERLIN
    )
    assert new.overdue is False
    assert new.due == MIDNIGHT + 24 * HOUR
    late = judging.judged(task(), None, expected=MIDNIGHT - HOUR, now=MIDNIGHT + HOUR, zone=BERLIN)
    assert late.overdue is True


def test_several_tasks_together() -> None:
    def verdict(overdue: bool | None, hours: float) -> judging.Verdict:
        return judging.Verdict(due=MIDNIGHT + hours * HOUR, overdue=overdue)

    assert judging.together([]) is None
    found = judging.together([verdict(False, 5), verdict(True, 3), verdict(None, 9)])
    assert found == verdict(True, 3)
    assert judging.together([verdict(False, 5), verdict(None, 3)]) == verdict(None, 3)


def test_the_newest_that_a_task_made() -> None:
    rows = [
        Row(dataset="tank", name=name, txg=txg)
        for name, txg in (("auto-2026-11-19_00-00", 5), ("auto-2026-11-18_00-00", 3), ("mine", 9))
    ]
    assert judging.made_by(task(), rows) == rows[0]
    assert judging.made_by(task(), []) is None

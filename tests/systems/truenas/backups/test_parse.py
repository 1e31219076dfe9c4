"""From TrueNAS's rows to models: whatever is in them, or not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.home_server_monitor.analysis.schedules import next_due
from custom_components.home_server_monitor.systems.errors import BadAnswer
from custom_components.home_server_monitor.systems.truenas.backups import parse
from custom_components.home_server_monitor.systems.truenas.backups.models import (
    Direction,
    RunState,
    Transport,
)

EARLIER, LATER = datetime(2026, 1, 1, 3, tzinfo=UTC), datetime(2026, 1, 1, 4, tzinfo=UTC)
NIGHTLY = {"minute": "0", "hour": "3", "dom": "*", "month": "*", "dow": "*"}


def job(state: str, **more: Any) -> dict[str, Any]:
    """Return a job as TrueNAS tells of it."""
    return {
        "id": 7,
        "state": state,
        "time_started": EARLIER,
        "time_finished": LATER,
        "progress": {"percent": 40, "description": "…", "extra": None},
        "error": "[EFAULT] no space",
        **more,
    }


@pytest.mark.parametrize("nothing", [None, "?", 5, []])
def test_no_job(nothing: object) -> None:
    assert parse.run_of(nothing) is None


@pytest.mark.parametrize("state", ["SUCCESS", "FAILED", "ABORTED", "RUNNING", "WAITING", "NEW"])
def test_jobs(state: str) -> None:
    run = parse.run_of(job(state))
    assert run is not None
    known = state.lower() if state != "NEW" else "other"
    assert run.state == known
    assert run.percent == (40 if state == "RUNNING" else None)
    assert run.error == ("[EFAULT] no space" if state in ("FAILED", "ABORTED") else None)
    assert run.under_way is (state in ("RUNNING", "WAITING"))
    assert run.seconds == (None if run.under_way else 3600)


def test_a_job_that_a_restart_cut_off() -> None:
    run = parse.run_of(job("RUNNING", id=None, time_finished=None))
    assert run is not None
    assert (run.state, run.job, run.seconds) == (RunState.ABORTED, None, None)


def test_what_is_no_job() -> None:
    run = parse.run_of({"id": True, "state": 5, "progress": 5, "time_started": "today", "error": 5})
    assert run is not None
    assert (run.state, run.job, run.started, run.error) == (RunState.OTHER, None, None, None)


def test_credentials_in_an_error() -> None:
    run = parse.run_of(job("FAILED", error="cannot log in to https://me:secret@cloud/"))
    assert run is not None
    assert "secret" not in (run.error or "")


@pytest.mark.parametrize(
    ("state", "told", "expected"),
    [
        ({"state": "FINISHED", "datetime": LATER}, None, RunState.SUCCESS),
        ({"state": "ERROR", "datetime": LATER, "error": "x"}, None, RunState.FAILED),
        ({"state": "PENDING"}, None, RunState.NEVER),
        ({"state": "WAITING", "datetime": LATER}, None, RunState.WAITING),
        ({"state": "HOLD", "datetime": LATER, "reason": "x"}, None, RunState.ON_HOLD),
        ({"state": "SOMETHING"}, None, RunState.OTHER),
        (None, None, RunState.NEVER),
        # A job that is not over knows best.
        ({"state": "FINISHED", "datetime": EARLIER}, job("RUNNING"), RunState.RUNNING),
        # One that failed before it had begun leaves no state.
        ({"state": "FINISHED", "datetime": EARLIER}, job("FAILED"), RunState.FAILED),
        ({"state": "FINISHED", "datetime": EARLIER}, job("ABORTED"), RunState.ABORTED),
        # The state is newer than a job that failed before.
        (
            {"state": "FINISHED", "datetime": LATER},
            job("FAILED", time_finished=EARLIER),
            RunState.SUCCESS,
        ),
        ({"state": "PENDING"}, job("SUCCESS"), RunState.SUCCESS),
    ],
)
def test_replications(state: Any, told: Any, expected: RunState) -> None:
    assert parse.replication_run(state, told).state is expected


def test_how_long_a_replication_took() -> None:
    """Its state says when it ended, and the job of the same run when it began."""
    run = parse.replication_run({"state": "FINISHED", "datetime": LATER}, job("SUCCESS"))
    assert run.seconds == 3600
    later = datetime(2026, 1, 2, tzinfo=UTC)
    run = parse.replication_run({"state": "FINISHED", "datetime": later}, job("SUCCESS"))
    assert (run.seconds, run.ended) == (None, later)


@pytest.mark.parametrize(
    ("progress", "percent"),
    [
        ({"snapshots_total": 4, "snapshots_sent": 1, "bytes_total": 100, "bytes_sent": 50}, 37.5),
        ({"snapshots_total": 4, "snapshots_sent": 1, "bytes_total": 0, "bytes_sent": 0}, 25),
        ({"snapshots_total": 0, "snapshots_sent": 0}, None),
        ({"snapshots_total": 2, "snapshots_sent": 5}, 100),
        ("?", None),
    ],
)
def test_how_far_a_replication_is(progress: Any, percent: float | None) -> None:
    state = {"state": "RUNNING", "datetime": LATER, "progress": progress}
    assert parse.replication_run(state, None).percent == percent


ROW: dict[str, Any] = {
    "id": 1,
    "name": "x",
    "direction": "PUSH",
    "transport": "SSH+NETCAT",
    "source_datasets": ["tank/a"],
    "target_dataset": "vault/a",
    "recursive": True,
    "exclude": ["tank/a/b"],
    "auto": True,
    "enabled": True,
    "schedule": None,
    "restrict_schedule": None,
    "periodic_snapshot_tasks": [
        {
            "id": 3,
            "enabled": True,
            "allow_empty": False,
            "naming_schema": "a-%Y",
            "schedule": NIGHTLY,
        }
    ],
    "naming_schema": [],
    "also_include_naming_schema": ["b-%Y"],
    "name_regex": None,
    "ssh_credentials": {"id": 7, "attributes": {"host": "other", "private_key": 6}},
    "state": {"state": "FINISHED", "datetime": LATER, "last_snapshot": "tank/a@a-2026"},
    "job": None,
}


def test_a_replication() -> None:
    task = parse.replication(ROW)
    assert (task.direction, task.transport) == (Direction.PUSH, Transport.NETCAT)
    assert (task.host, task.credential) == ("other", 7)
    assert task.schemas == ("b-%Y", "a-%Y")
    assert task.follows_snapshots
    assert task.skips_empty
    assert task.last_snapshot == "tank/a@a-2026"
    (schedule,) = task.schedules
    assert next_due(schedule, EARLIER, UTC) == datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_when_a_replication_is_due() -> None:
    assert parse.replication({**ROW, "auto": False}).schedules == ()
    own = parse.replication({**ROW, "schedule": {**NIGHTLY, "hour": "5"}})
    assert not own.follows_snapshots
    assert own.schedules[0].hours == {5}
    sundays = {
        **NIGHTLY,
        "minute": "*",
        "hour": "*",
        "dow": "sun",
        "begin": "00:00",
        "end": "23:59",
    }
    (limited,) = parse.replication({**ROW, "restrict_schedule": sundays}).schedules
    assert next_due(limited, EARLIER, UTC) == datetime(2026, 1, 4, 3, tzinfo=UTC)
    off = [{**ROW["periodic_snapshot_tasks"][0], "enabled": False}]
    assert parse.replication({**ROW, "periodic_snapshot_tasks": off}).schedules == ()
    unreadable = [{"schedule": {"hour": "25"}}, {"schedule": None}, "?"]
    assert parse.replication({**ROW, "periodic_snapshot_tasks": unreadable}).schedules == ()


@pytest.mark.parametrize(
    "read", [parse.replication, parse.rsync, parse.cloud_sync, parse.cloud_backup]
)
def test_almost_nothing_is_told(read: Any) -> None:
    task = read({"id": 4})
    assert task.id == 4
    assert task.name
    assert task.enabled
    assert task.run.state is RunState.NEVER
    assert task.schedules == ()
    with pytest.raises(BadAnswer):
        read({"id": "4"})


def test_rsync() -> None:
    row = {"id": 1, "path": "/mnt/tank/a", "remotehost": "me@other", "mode": "MODULE"}
    task = parse.rsync({**row, "remotemodule": "m", "extra": ["--exclude=x"], "times": False})
    assert (task.host, task.remote_module) == ("other", "m")
    assert task.picks
    assert not task.keeps_times


def test_clouds() -> None:
    row = {
        "id": 1,
        "path": "/mnt/tank/a",
        "credentials": {"id": 1, "name": "mine", "provider": {"type": "S3", "key": "secret"}},
        "attributes": {"bucket": "b", "folder": "/nas/", "key": "secret"},
        "password": "secret",
        "exclude": ["x"],
    }
    task = parse.cloud_sync(row)
    assert task.place == "mine/b/nas"
    assert task.picks
    assert "secret" not in repr(task)
    assert "secret" not in repr(parse.cloud_backup(row))


def test_words_that_nobody_knows() -> None:
    task = parse.replication({**ROW, "direction": "SIDEWAYS", "transport": "PIGEON"})
    assert (task.direction, task.transport) == (Direction.OTHER, Transport.OTHER)

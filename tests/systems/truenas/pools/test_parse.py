"""From TrueNAS's pools to models: tolerant of what is null, odd or new."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.home_server_monitor.systems.errors import BadAnswer
from custom_components.home_server_monitor.systems.truenas.pools import parse
from custom_components.home_server_monitor.systems.truenas.pools.models import (
    Activity,
    PoolState,
    Scan,
    ScanFunction,
    Vdev,
    VdevState,
)

BEGAN = datetime(2026, 11, 15, tzinfo=UTC)
SCAN = {
    "function": "SCRUB",
    "state": "SCANNING",
    "start_time": BEGAN,
    "end_time": None,
    "percentage": 42.0512,
    "bytes_to_process": 10,
    "bytes_processed": 4000,
    "bytes_issued": 10,
    "pause": None,
    "errors": 0,
    "total_secs_left": 3600,
}


def pool(**fields: Any) -> dict[str, Any]:
    known = {"id": 1, "guid": "123", "name": "tank", "status": "ONLINE", "healthy": True}
    return {**known, **fields}


def disk(guid: object, **fields: Any) -> dict[str, Any]:
    stats = {"read_errors": 1, "write_errors": 2, "checksum_errors": 3}
    known = {"name": "sda2", "type": "DISK", "guid": guid, "status": "ONLINE", "stats": stats}
    return {**known, "disk": "sda", "unavail_disk": None, "children": [], **fields}


def vdevs(**topology: list[Any]) -> dict[str, Vdev]:
    parsed = parse.pool(pool(topology=topology))
    assert parsed is not None
    return {vdev.label: vdev for vdev in parsed.vdevs}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ONLINE", PoolState.ONLINE),
        ("DEGRADED", PoolState.DEGRADED),
        ("UNAVAIL", PoolState.UNAVAILABLE),
        ("SUSPENDED", PoolState.SUSPENDED),
        ("ASLEEP", PoolState.OTHER),
        (None, PoolState.OTHER),
    ],
)
def test_states(word: object, state: PoolState) -> None:
    parsed = parse.pool(pool(status=word))
    assert parsed is not None
    assert parsed.state is state


def test_a_pool_whose_disks_are_locked() -> None:
    assert parse.pool_state("OFFLINE", "LOCKED_SED_DISKS") is PoolState.LOCKED


@pytest.mark.parametrize(
    ("value", "percent"),
    [("47", 47), (47, 47), ("47%", 47), (None, None), ("-", None), ("", None), ([], None)],
)
def test_fragmentation_is_a_text(value: object, percent: int | None) -> None:
    parsed = parse.pool(pool(fragmentation=value))
    assert parsed is not None
    assert parsed.fragmentation == percent


def test_an_offline_pool_is_mostly_null() -> None:
    names = ("scan", "topology", "fragmentation", "status_code", "status_detail", "size")
    parsed = parse.pool(pool(status="OFFLINE", healthy=False, **dict.fromkeys(names)))
    assert parsed is not None
    assert parsed.state is PoolState.OFFLINE
    assert parsed.has_problem
    assert parsed.vdevs == ()
    assert parsed.scan == Scan()


@pytest.mark.parametrize("fields", [{"guid": None}, {"name": ""}, {"guid": 5}])
def test_a_pool_without_identity_is_none(fields: dict[str, Any]) -> None:
    assert parse.pool(pool(**fields)) is None


def test_a_boot_pool_has_no_guid() -> None:
    assert (
        parse.boot_pool({"name": "boot-pool", "status": "ONLINE", "healthy": True}).guid == "boot"
    )
    with pytest.raises(BadAnswer):
        parse.boot_pool(None)


# --- Scans --------------------------------------------------------------------------------------


@pytest.mark.parametrize("never", [None, dict.fromkeys(SCAN), {}, "none"])
def test_never_scanned(never: object) -> None:
    assert parse.scan(never) == Scan(activity=Activity.NEVER)


def test_the_percentage_counts_and_not_the_swapped_bytes() -> None:
    scan = parse.scan(SCAN)
    assert scan.activity is Activity.SCRUBBING
    assert scan.is_active
    assert scan.progress == 42.1
    assert scan.seconds_left == 3600


def test_a_paused_scrub_has_no_time_left() -> None:
    scan = parse.scan({**SCAN, "pause": BEGAN})
    assert scan.activity is Activity.PAUSED
    assert not scan.is_active
    assert scan.progress == 42.1
    assert scan.seconds_left is None


@pytest.mark.parametrize(
    ("fields", "activity"),
    [
        ({"state": "FINISHED"}, Activity.FINISHED),
        ({"state": "CANCELED"}, Activity.CANCELED),
        ({"state": "DREAMING"}, Activity.OTHER),
        ({"function": "RESILVER"}, Activity.RESILVERING),
        ({"function": "ERRORSCRUB"}, Activity.OTHER),
    ],
)
def test_activities(fields: dict[str, Any], activity: Activity) -> None:
    assert parse.scan({**SCAN, **fields}).activity is activity


def test_what_is_over_has_no_progress() -> None:
    scan = parse.scan({**SCAN, "state": "FINISHED", "end_time": BEGAN, "errors": 3})
    assert scan.progress is None
    assert scan.seconds_left is None
    assert (scan.started, scan.ended, scan.errors) == (BEGAN, BEGAN, 3)
    assert scan.function is ScanFunction.SCRUB


def test_times_may_be_seconds() -> None:
    scan = parse.scan({**SCAN, "start_time": int(BEGAN.timestamp()), "end_time": 0})
    assert (scan.started, scan.ended) == (BEGAN, None)


# --- Vdevs --------------------------------------------------------------------------------------


def test_vdevs_and_their_disks() -> None:
    mirror = {"name": "mirror-0", "type": "MIRROR", "guid": "9", "status": "DEGRADED", "stats": {}}
    found = vdevs(
        data=[{**mirror, "children": [disk("1"), disk("2", status="FAULTED", disk="sdb")]}],
        cache=[disk("3"), disk("4")],
        spare=[disk("5", status="AVAIL")],
    )
    assert list(found) == [
        *("mirror-0", "mirror-0 disk 1", "mirror-0 disk 2"),
        *("cache disk 1", "cache disk 2", "spare disk 1"),
    ]
    assert found["mirror-0"].state is VdevState.DEGRADED
    assert found["mirror-0 disk 2"].state is VdevState.FAULTED
    assert found["mirror-0 disk 2"].disk == "sdb"
    assert found["mirror-0 disk 1"].errors == 6
    assert found["spare disk 1"].state is VdevState.AVAILABLE


def test_errors_of_a_pool_are_those_of_all_its_parts() -> None:
    parsed = parse.pool(pool(topology={"data": [disk("1"), disk("2")], "log": [disk("3")]}))
    assert parsed is not None
    assert (parsed.read_errors, parsed.write_errors, parsed.checksum_errors) == (3, 6, 9)


def test_an_idle_spare_is_no_problem() -> None:
    parsed = parse.pool(pool(topology={"data": [disk("1")], "spare": [disk("2", status="AVAIL")]}))
    assert parsed is not None
    assert not parsed.has_problem


@pytest.mark.parametrize("unavailable", ["sdb", {"name": "sdb", "serial": "X"}])
def test_a_disk_that_cannot_be_opened(unavailable: object) -> None:
    found = vdevs(data=[disk("1", status="UNAVAIL", disk=None, unavail_disk=unavailable)])
    assert found["disk 1"].disk == "sdb"
    assert found["disk 1"].state is VdevState.UNAVAILABLE


def test_two_disks_where_one_is_being_replaced() -> None:
    replacing = disk("3", type="REPLACING", disk=None, children=[disk("1"), disk("2")])
    mirror = disk("9", name="mirror-0", type="MIRROR", disk=None, children=[replacing, disk("4")])
    assert list(vdevs(data=[mirror])) == [
        *("mirror-0", "mirror-0 disk 1", "mirror-0 disk 1 disk 1", "mirror-0 disk 1 disk 2"),
        "mirror-0 disk 2",
    ]


def test_a_malformed_vdev_costs_itself() -> None:
    found = vdevs(data=[disk(None), "nonsense", disk("2", stats=None, status="ASLEEP")])
    assert [vdev.guid for vdev in found.values()] == ["2"]
    assert found["disk 3"].state is VdevState.OTHER
    assert found["disk 3"].errors == 0


# --- Tasks --------------------------------------------------------------------------------------


def test_tasks() -> None:
    schedule = {"minute": "00", "hour": "00", "dom": "*", "month": "*", "dow": "7"}
    row = {"pool_name": "tank", "enabled": True, "threshold": 35, "schedule": schedule}
    task = parse.scrub_task(row)
    assert task is not None
    assert (task.pool, task.threshold) == ("tank", 35)
    assert parse.scrub_task({**row, "enabled": False}) is None
    assert parse.scrub_task({**row, "schedule": {"dow": "someday"}}) is None
    assert parse.scrub_task({**row, "pool_name": None}) is None

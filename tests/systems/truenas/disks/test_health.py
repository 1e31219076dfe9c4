"""What is thought of disks: SMART values, alerts, ZFS, and what is shown of it."""

from datetime import timedelta
import itertools
import json
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import (
    async_get_config_entry_diagnostics,
)
from tests import harness
from tests.lab.truenas import V24_04, V24_10, V25_04, V25_10, V26, TrueNas
from tests.lab.truenas.world.disk_smart import Smart
from tests.lab.truenas.world.disks import TERABYTE, LabDisk

from ..conftest import every_version
from .conftest import BOOT, FIRST, LARGE, NVME, SECOND, OpenShelf, Shelf

with_smart = pytest.mark.parametrize("nas", [V24_04, V24_10, V25_04], indirect=True, ids=str)
without_smart = pytest.mark.parametrize("nas", [V25_10, V26], indirect=True, ids=str)

ENABLED = {
    "disk_temperature",
    "disk_level",
    "disk_failure_risk",
    "disk_problem",
    "disk_level_changed",
}


@every_version
async def test_healthy_disks(shelf: Shelf) -> None:
    await shelf.read_all()
    for serial in (FIRST, SECOND, LARGE, NVME, BOOT):
        assert shelf.value("disk_problem", serial) == "off"
        assert shelf.value("disk_level", serial) in ("healthy", "unknown")
    assert shelf.value("disk_level") == "healthy"
    assert 0 < float(shelf.value("disk_failure_risk")) < 1
    assert shelf.nas.disks_woken == []


@every_version
async def test_five_entities_of_a_disk(hass: HomeAssistant, shelf: Shelf) -> None:
    await shelf.read_all()
    device = shelf.device()
    assert device is not None
    entities = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    enabled = {one.unique_id.rsplit("|", 1)[1] for one in entities if not one.disabled_by}
    assert enabled == ENABLED


@with_smart
async def test_smart_values(hass: HomeAssistant, shelf: Shelf) -> None:
    shelf.nas.disks.degrade("sda", s5=8, s197=16)
    await shelf.read_all()
    assert shelf.value("disk_level") == "replace_now"
    assert shelf.value("disk_problem") == "on"
    values = shelf.health().values
    assert (values.reallocated, values.pending, values.power_on_hours) == (8, 16, 9120)
    assert (values.self_test, values.passed) == ("passed", True)
    nvme, boot = shelf.health(NVME).values, shelf.health(BOOT).values
    assert (nvme.worn, nvme.spare, nvme.power_on_hours) == (3, 100, 718)
    assert (boot.worn, boot.reallocated) == (3, 0)
    assert shelf.health().verdict.measured


@with_smart
async def test_one_disk_at_a_time_and_each_once_a_day(shelf: Shelf, clock: harness.Clock) -> None:
    assert shelf.nas.calls["disk.smartctl"] == 1
    await shelf.read_all()
    assert shelf.nas.calls["disk.smartctl"] == len(shelf.nas.disks.all)
    await shelf.read_all()
    assert shelf.nas.calls["disk.smartctl"] == len(shelf.nas.disks.all)
    await clock.forward(timedelta(days=1).total_seconds())
    await shelf.read_all()
    assert shelf.nas.calls["disk.smartctl"] == 2 * len(shelf.nas.disks.all)


@with_smart
async def test_a_sleeping_disk_is_asked_again_later(shelf: Shelf, clock: harness.Clock) -> None:
    disk = shelf.nas.disks["sda"]
    disk.asleep = True
    await shelf.read_all()
    await shelf.read_all()
    assert shelf.health().values.read is None
    # Asked once, and not again before half an hour is over.
    assert shelf.nas.calls["disk.smartctl"] == len(shelf.nas.disks.all)
    disk.asleep = False
    await clock.forward(1900)
    await shelf.refresh()
    assert shelf.health().values.read is not None
    assert shelf.nas.disks_woken == []
    assert shelf.nas.calls["disk.smart_attributes"] == 0
    assert shelf.nas.calls["smart.test.results"] == 0


@with_smart
async def test_without_the_right_to_smart_values(nas: TrueNas, open_shelf: OpenShelf) -> None:
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    shelf = await open_shelf(username="ha", api_key=key.text)
    nas.pools.hurt("tank", "sda", "ONLINE", read=3)
    await shelf.read_all()
    assert shelf.value("disk_level", SECOND) == "healthy"
    assert [issue for _, issue in ir.async_get(shelf.hass).issues if "missing_right" in issue]


@without_smart
async def test_alerts_instead_of_smart_values(shelf: Shelf) -> None:
    assert not shelf.health().verdict.measured
    shelf.nas.disks.degrade("sda", s187=4)
    await harness.until(lambda: shelf.value("disk_level") == "warn")
    shelf.nas.disks.fail_test("sdb")
    await harness.until(lambda: shelf.value("disk_level", SECOND) == "warn")
    report = await shelf.report(SECOND)
    assert report["reasons"][0]["key"] == "failed_self_tests_met"
    assert "failed a SMART selftest" in report["alerts"][0]
    assert shelf.value("disk_level", LARGE) == "healthy"


@without_smart
async def test_a_low_spare_reserve(shelf: Shelf) -> None:
    disk = shelf.nas.disks["sdd"]
    shelf.nas.disks.alert(disk, "SMARTSpareBlockCount", "low spare block reserve", sb=60)
    await harness.until(lambda: shelf.value("disk_level", BOOT) == "replace_now")


@without_smart
async def test_alerts_that_cannot_be_read(nas: TrueNas, open_shelf: OpenShelf) -> None:
    nas.faults.denied(r"^alert\.list$")
    shelf = await open_shelf()
    assert shelf.value("disk_level") == "healthy"


@every_version
async def test_zfs_is_a_witness(shelf: Shelf) -> None:
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=20)
    await shelf.refresh()
    assert shelf.value("disk_level") == "replace_now"
    assert shelf.value("disk_level", SECOND) == "healthy"
    report = await shelf.report()
    assert report["level"] == "replace_now"
    assert any(reason["key"].startswith("zfs_read") for reason in report["reasons"])


@every_version
async def test_errors_stay_with_the_disk_when_names_change(shelf: Shelf) -> None:
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=20)
    shelf.nas.disks.rename({"sda": "sdb", "sdb": "sda"})
    await shelf.refresh()
    assert shelf.value("disk_level") == "replace_now"
    assert shelf.value("disk_level", SECOND) == "healthy"


async def test_what_has_to_be_done(hass: HomeAssistant, shelf: Shelf) -> None:
    shelf.nas.disks["sda"].slot = (0, 3)
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", write=40)
    await shelf.refresh()
    issue = next(one for one in ir.async_get(hass).issues.values() if _is_ours(one))
    assert issue.severity is ir.IssueSeverity.ERROR
    told = issue.translation_placeholders
    assert told is not None
    assert (told["serial"], told["pool"], told["slot"]) == (FIRST, "tank", "enclosure 0, slot 3")
    assert told["size"] == "4.0 TB"
    assert "ZFS write errors" in told["reasons"]
    words = await harness.sentence(hass, "issues", "issues.disk_replace.description", told)
    assert "Pull out the disk whose label says ZW6000A1" in words
    shelf.nas.disks.swap("sda", LabDisk("", "ZW6NEW01", "ST4000VN006", 4 * TERABYTE))
    shelf.nas.pools.hurt("tank", "sda", "ONLINE")
    await shelf.refresh()
    assert not [one for one in ir.async_get(hass).issues.values() if _is_ours(one)]


def _is_ours(issue: ir.IssueEntry) -> bool:
    return issue.domain == DOMAIN and issue.translation_key == "disk_replace"


def _levels(hass: HomeAssistant, shelf: Shelf) -> list[tuple[str, Any]]:
    """Return a list that grows with the changes of the first disk's level."""
    found: list[tuple[str, Any]] = []
    entity = harness.entity_id(hass, shelf.entry, (f"disk:{FIRST}",), "disk_level_changed")

    @callback
    def note(event: Event[Any]) -> None:
        state = event.data["new_state"]
        if event.data["entity_id"] == entity and state and "before" in state.attributes:
            found.append((state.attributes["event_type"], state.attributes["before"]))

    hass.bus.async_listen("state_changed", note)
    return found


async def test_a_change_of_the_level_is_an_event(hass: HomeAssistant, shelf: Shelf) -> None:
    await shelf.refresh()
    levels = _levels(hass, shelf)
    for errors in (1, 1, 20, 20):
        shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=errors)
        await shelf.refresh()
    assert levels == [("warn", "healthy"), ("replace_now", "warn")]


async def test_levels_do_not_fall_and_survive_a_restart(
    hass: HomeAssistant, shelf: Shelf, clock: harness.Clock
) -> None:
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=20)
    await shelf.refresh()
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=0)
    await clock.forward(timedelta(days=40).total_seconds())
    await shelf.refresh()
    assert shelf.value("disk_level") == "replace_now"
    assert shelf.health().verdict.held_since is not None
    await hass.config_entries.async_reload(shelf.entry.entry_id)
    await harness.until(lambda: shelf.value("disk_level") == "replace_now")


async def test_a_nas_that_is_removed_and_added_again(
    hass: HomeAssistant, shelf: Shelf, open_shelf: OpenShelf
) -> None:
    """The history is the disk's, not the entry's."""
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=20)
    await shelf.refresh()
    await hass.config_entries.async_remove(shelf.entry.entry_id)
    await harness.until(lambda: not shelf.nas.sessions)
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=0)
    again = await open_shelf()
    await again.refresh()
    assert again.value("disk_level") == "replace_now"


async def test_what_changed_meanwhile_is_told_afterwards(hass: HomeAssistant, shelf: Shelf) -> None:
    await shelf.refresh()
    await hass.config_entries.async_unload(shelf.entry.entry_id)
    await harness.until(lambda: not shelf.nas.sessions)
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=20)
    await hass.config_entries.async_setup(shelf.entry.entry_id)
    await harness.until(lambda: shelf.value("disk_level") == "replace_now")
    levels = _levels(hass, shelf)
    await shelf.refresh()
    assert levels == [("replace_now", "healthy")]


@with_smart
async def test_reports_and_reading_now(shelf: Shelf) -> None:
    await shelf.read_all()
    shelf.nas.disks.degrade("sda", s187=2)
    assert (await shelf.report())["values"]["uncorrectable"] == 0
    report = await shelf.report(read_now=True)
    assert (report["values"]["uncorrectable"], report["read_now"]) == (2, True)
    assert (report["level"], report["model"]) == ("warn", "ST4000VN006-3CW104")
    assert report["advice"][0]["key"] == "back_up"
    shelf.nas.disks["sda"].asleep = True
    assert (await shelf.report(read_now=True))["read_now"] is False
    assert shelf.nas.disks_woken == []


@without_smart
async def test_reading_now_where_there_is_nothing_to_read(shelf: Shelf) -> None:
    report = await shelf.report(read_now=True)
    assert (report["read_now"], report["values"]["reallocated"]) == (False, None)


@with_smart
async def test_a_sas_disk_and_a_failing_nvme(nas: TrueNas, open_shelf: OpenShelf) -> None:
    sas = Smart("SCSI", hours=30_000, defects=9, uncorrected=1, tests=[7, 0])
    nas.disks.add(LabDisk("sde", "SAS0000001", "SEAGATE ST6000NM0095", 6 * TERABYTE, smart=sas))
    nas.disks["nvme0n1"].smart.log |= {"available_spare": 5, "percentage_used": 101}
    shelf = await open_shelf()
    await shelf.read_all()
    values = shelf.health("SAS0000001").values
    assert (values.reallocated, values.uncorrectable, values.failed_self_tests) == (9, 1, 1)
    assert values.self_test == "failed"
    assert shelf.value("disk_level", NVME) == "replace_now"
    assert shelf.health(NVME).values.worn == 101


@with_smart
async def test_answers_that_are_no_smart_data(nas: TrueNas, open_shelf: OpenShelf) -> None:
    answers = itertools.cycle(["{broken", "[]", 5, '{"device": {}}', None])
    nas.faults.changed(r"^disk\.smartctl$", lambda _told: next(answers))
    shelf = await open_shelf()
    await shelf.read_all()
    assert shelf.value("disk_level") == "healthy"
    assert shelf.health().values.reallocated is None


async def test_a_fan_that_failed(hass: HomeAssistant, shelf: Shelf, clock: harness.Clock) -> None:
    for _ in range(8):
        await shelf.refresh()
        await clock.forward(timedelta(days=1).total_seconds())
    assert shelf_fan(shelf) == "off"
    for disk in shelf.nas.disks.all.values():
        if disk.kind == "HDD":
            disk.temperature += 9
    for _ in range(2):
        await shelf.refresh()
        await clock.forward(timedelta(days=1).total_seconds())
    await shelf.refresh()
    assert shelf_fan(shelf) == "on"
    assert [one for one in ir.async_get(hass).issues.values() if "too_warm" in one.issue_id]


def shelf_fan(shelf: Shelf) -> str:
    return harness.value(shelf.hass, shelf.entry, (), "disks_too_warm")


async def test_diagnostics_name_no_serial_number(shelf: Shelf) -> None:
    shelf.nas.pools.hurt("tank", "sda", "ONLINE", read=20)
    shelf.nas.disks.fail_test("sdb")
    await shelf.refresh()
    told = await async_get_config_entry_diagnostics(shelf.hass, shelf.entry)
    written = json.dumps(told, default=str)
    assert not [serial for serial in (FIRST, SECOND, LARGE, NVME, BOOT) if serial in written]
    disks = [path for path in told["groups"]["disk_health"]["items"] if path.startswith("disk:")]
    assert len(set(disks)) == 5

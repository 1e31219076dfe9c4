"""A NUT server's devices and entities, against the simulated upsd with all its faults."""

from datetime import timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, EntityCategory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components import home_server_monitor as integration
from tests.lab.nut import NutServer

from .conftest import GRACE, UPS, OpenRack, Rack, until, warnings

SECOND = ("ups:second",)
WORDS = json.loads((Path(integration.__file__).parent / "translations/en.json").read_text())
ENABLED = {
    "ups_status",
    "ups_charge",
    "ups_load",
    "ups_runtime",
    "ups_on_battery",
    "ups_low_battery",
}
# A UPS that tells everything, and what is shown of it.
EVERYTHING = {
    "battery.charge": ("ups_charge", "100"),
    "battery.charge.low": ("ups_low_charge", "20"),
    "battery.runtime": ("ups_runtime", "39.0"),
    "battery.temperature": ("ups_battery_temperature", "-2.5"),
    "battery.voltage": ("ups_battery_voltage", "27.3"),
    "driver.name": ("ups_driver", "usbhid-ups"),
    "input.frequency": ("ups_input_frequency", "50.1"),
    "input.transfer.reason": ("ups_transfer_reason", "input voltage out of range"),
    "input.voltage": ("ups_input_voltage", "231"),
    "output.current": ("ups_output_current", "1.2"),
    "output.voltage": ("ups_output_voltage", "230"),
    "ups.alarm": ("ups_alarm", "Replace battery!"),
    "ups.load": ("ups_load", "23"),
    "ups.power": ("ups_apparent_power", "310"),
    "ups.power.nominal": ("ups_nominal_apparent_power", "1500"),
    "ups.realpower": ("ups_real_power", "199"),
    "ups.realpower.nominal": ("ups_nominal_real_power", "865"),
    "ups.status": ("ups_status_text", "OL CHRG RB OVER"),
    "ups.temperature": ("ups_temperature", "31"),
    "ups.test.result": ("ups_test_result", "Done and passed"),
}


def _tell_everything(nut: NutServer) -> None:
    raw = {name: shown for name, (_, shown) in EVERYTHING.items()} | {"battery.runtime": "2340"}
    nut.upses["ups"].variables |= raw


async def test_devices(nut_server: NutServer, rack: OpenRack) -> None:
    nut_server.add("second", description="Server rack")
    house = await rack(nut_server)
    server, ups, second = house.device(()), house.device(), house.device(SECOND)
    assert server is not None
    assert ups is not None
    assert second is not None
    assert (server.name, server.sw_version) == ("NUT server", "2.8.0")
    assert (ups.name, second.name) == ("UPS", "Server rack")
    assert (ups.manufacturer, ups.model) == ("APC", "Back-UPS RS 1500G")
    assert (ups.serial_number, ups.sw_version) == ("4B1234P56789", "865.L5 .I")
    assert ups.entry_type is None
    assert ups.via_device_id == second.via_device_id == server.id


@pytest.mark.usefixtures("all_entities_enabled")
async def test_every_value(nut_server: NutServer, rack: OpenRack) -> None:
    _tell_everything(nut_server)
    house = await rack(nut_server)
    for key, shown in EVERYTHING.values():
        assert house.value(key) == shown, key
    flags = ("on_battery", "low_battery", "replace_battery", "overloaded", "charging")
    shown_flags = house.values(*(f"ups_{flag}" for flag in flags))
    assert shown_flags == ("off", "off", "on", "on", "on")
    assert house.value("ups_status") == "overloaded"
    assert house.value("nut_version", ()) == "2.8.0"


async def test_what_is_enabled(hass: HomeAssistant, nut_server: NutServer, rack: OpenRack) -> None:
    """Six entities for a UPS; the rest waits in the registry, what it does not tell not even there."""
    house = await rack(nut_server)
    entries = er.async_entries_for_config_entry(er.async_get(hass), house.entry.entry_id)
    enabled = {entry.unique_id.rsplit("|", 1)[1] for entry in entries if not entry.disabled_by}
    assert enabled == ENABLED
    assert house.entity_id("ups_input_voltage")
    assert house.entity_id("ups_temperature") is None


@pytest.mark.usefixtures("all_entities_enabled")
async def test_how_entities_are_described(
    hass: HomeAssistant, nut_server: NutServer, rack: OpenRack
) -> None:
    _tell_everything(nut_server)
    house = await rack(nut_server)
    entries = er.async_entries_for_config_entry(er.async_get(hass), house.entry.entry_id)
    assert len(entries) == len(EVERYTHING) + 7
    for entry in entries:
        key = entry.unique_id.rsplit("|", 1)[1]
        state = hass.states.get(entry.entity_id)
        assert state is not None
        assert entry.translation_key == key
        assert key in WORDS["entity"][entry.domain], key
        if "unit_of_measurement" in state.attributes:
            assert state.attributes["state_class"] == "measurement", key
            assert "device_class" in state.attributes or "%" in state.attributes.values(), key
        if key in ENABLED:
            assert entry.entity_category is None
    version = er.async_get(hass).async_get(house.entity_id("nut_version", ()) or "")
    assert version is not None
    assert version.entity_category is EntityCategory.DIAGNOSTIC


async def test_a_power_failure_from_the_first_second_to_the_last(
    nut_server: NutServer, rack: OpenRack
) -> None:
    house = await rack(nut_server)
    keys = ("ups_status", "ups_on_battery", "ups_low_battery", "ups_charge", "ups_runtime")
    assert house.values(*keys) == ("online", "off", "off", "100", "39.0")
    ups = nut_server.upses["ups"]
    ups.power_failure()
    await house.poll()
    assert house.values(*keys) == ("on_battery", "on", "off", "95", "35.0")
    ups.low_battery()
    await house.poll()
    assert house.values(*keys) == ("low_battery", "on", "on", "15", "4.0")
    ups.forced = True
    await house.poll()
    assert house.values(*keys) == ("forced_shutdown", "on", "on", "15", "4.0")
    ups.forced = False
    ups.power_back()
    await house.poll()
    assert house.values(*keys)[:4] == ("charging", "off", "off", "60")


async def test_an_unknown_word_hides_nothing(nut_server: NutServer, rack: OpenRack) -> None:
    nut_server.upses["ups"].set(ups_status="OB LB OVERHEAT")
    house = await rack(nut_server)
    keys = ("ups_status", "ups_on_battery", "ups_low_battery")
    assert house.values(*keys) == ("low_battery", "on", "on")
    nut_server.upses["ups"].set(ups_status="SOMETHING-NEW")
    await house.poll()
    assert house.values(*keys) == ("other", STATE_UNKNOWN, "off")


async def test_a_value_that_is_left_out_for_a_while(nut_server: NutServer, rack: OpenRack) -> None:
    house = await rack(nut_server)
    entity_id = house.entity_id("ups_runtime")
    runtime = nut_server.upses["ups"].variables.pop("battery.runtime")
    for _ in range(2):
        await house.poll()
        assert house.value("ups_runtime") == STATE_UNKNOWN
    nut_server.upses["ups"].variables["battery.runtime"] = runtime
    await house.poll()
    assert house.value("ups_runtime") == "39.0"
    assert house.entity_id("ups_runtime") == entity_id


async def test_a_value_that_comes_later(nut_server: NutServer, rack: OpenRack) -> None:
    runtime = nut_server.upses["ups"].variables.pop("battery.runtime")
    house = await rack(nut_server)
    assert house.entity_id("ups_runtime") is None
    nut_server.upses["ups"].variables["battery.runtime"] = runtime
    await house.poll()
    assert house.value("ups_runtime") == "39.0"


# --- Cost -----------------------------------------------------------------------------------------


async def test_two_lines_per_poll(nut_server: NutServer, rack: OpenRack) -> None:
    house = await rack(nut_server)
    nut_server.reset_counts()
    for _ in range(5):
        await house.poll()
    assert nut_server.counts == {"LIST UPS": 5, "LIST VAR": 5}
    assert nut_server.connections == 1


@pytest.mark.usefixtures("all_entities_enabled")
async def test_only_what_changed_is_written(
    hass: HomeAssistant, nut_server: NutServer, rack: OpenRack
) -> None:
    house = await rack(nut_server)
    written: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        written.append(event.data["entity_id"])

    hass.bus.async_listen("state_changed", note)
    await house.poll()
    assert written == []
    nut_server.upses["ups"].set(ups_load=24)
    await house.poll()
    assert written == [house.entity_id("ups_load")]


async def test_it_looks_more_often_while_on_battery(
    hass: HomeAssistant, nut_server: NutServer, rack: OpenRack, freezer: FrozenDateTimeFactory
) -> None:
    house = await rack(nut_server)

    async def polls_in(seconds: int) -> int:
        nut_server.reset_counts()
        for _ in range(seconds):
            freezer.tick(timedelta(seconds=1))
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)
        return nut_server.counts["LIST UPS"]

    # On a busy machine real time passes too, and may bring a poll more.
    assert 2 <= await polls_in(62) <= 3
    nut_server.upses["ups"].power_failure()
    await house.poll()
    assert 5 <= await polls_in(62) <= 8
    nut_server.upses["ups"].power_back()
    await house.poll()
    assert 2 <= await polls_in(62) <= 3


# --- Faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stale", "disconnected", "garbage", "half"])
async def test_one_ups_of_several_fails(
    how: str, nut_server: NutServer, rack: OpenRack, caplog: pytest.LogCaptureFixture
) -> None:
    """It keeps its data for the grace period, then it alone is unavailable; it never leaves."""
    nut_server.add("second")
    house = await rack(nut_server)
    house.shorten_grace()
    entity_id = house.entity_id("ups_status", SECOND)
    _fail(nut_server, how)
    await house.poll()
    assert house.value("ups_status", SECOND) == "online"
    nut_server.upses["ups"].power_failure()
    await until(lambda: house.value("ups_status", SECOND) == STATE_UNAVAILABLE)
    await house.poll()
    assert house.value("ups_status", SECOND) == STATE_UNAVAILABLE
    assert house.value("ups_status") == "on_battery"
    assert house.device(SECOND) is not None
    _heal(nut_server)
    await house.poll()
    assert house.value("ups_status", SECOND) == "online"
    assert house.entity_id("ups_status", SECOND) == entity_id
    lines = warnings(caplog)
    assert len(lines) == 1
    assert "cannot read ups:second" in lines[0]


def _fail(nut: NutServer, how: str) -> None:
    if how == "stale":
        nut.upses["second"].stale = True
    elif how == "disconnected":
        nut.upses["second"].connected = False
    elif how == "garbage":
        nut.faults.garbage("LIST VAR second")
    else:
        nut.faults.half_body("LIST VAR second")


def _heal(nut: NutServer) -> None:
    nut.faults.clear()
    nut.upses["second"].stale = False
    nut.upses["second"].connected = True


async def test_a_start_while_one_is_stale(nut_server: NutServer, rack: OpenRack) -> None:
    nut_server.add("second").stale = True
    house = await rack(nut_server)
    assert house.value("ups_status") == "online"
    assert house.value("ups_status", SECOND) is None
    nut_server.upses["second"].stale = False
    await house.poll()
    assert house.value("ups_status", SECOND) == "online"


async def _down(house: Rack, caplog: pytest.LogCaptureFixture) -> None:
    """Poll twice: everything is unavailable after the grace period, with one line about it."""
    house.shorten_grace()
    caplog.clear()
    await house.poll()
    assert house.value("ups_status") == "online"
    await until(lambda: house.value("ups_status") == STATE_UNAVAILABLE, seconds=GRACE + 3)
    await house.poll()
    assert house.device() is not None
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("how", ["refuse", "garbage", "hang", "reset", "half_body"])
async def test_the_server_fails_and_comes_back(
    how: str,
    nut_server: NutServer,
    rack: OpenRack,
    impatient: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = await rack(nut_server)
    if how == "refuse":
        await nut_server.refuse()
    else:
        getattr(nut_server.faults, how)()
    await _down(house, caplog)
    nut_server.faults.clear()
    if how == "refuse":
        await nut_server.accept()
    nut_server.upses["ups"].power_failure()
    await house.poll()
    assert house.value("ups_status") == "on_battery"
    assert len(warnings(caplog)) == 1


async def test_a_restart_goes_unnoticed(
    nut_server: NutServer, rack: OpenRack, caplog: pytest.LogCaptureFixture
) -> None:
    house = await rack(nut_server)
    nut_server.cut()
    nut_server.upses["ups"].power_failure()
    await house.poll()
    assert house.value("ups_status") == "on_battery"
    assert warnings(caplog) == []


# --- Coming and going -----------------------------------------------------------------------------


async def test_a_ups_that_leaves(nut_server: NutServer, rack: OpenRack) -> None:
    nut_server.add("second")
    house = await rack(nut_server)
    del nut_server.upses["second"]
    await house.poll()
    assert house.device(SECOND) is None
    assert house.entity_id("ups_status", SECOND) is None
    assert house.value("ups_status") == "online"


async def test_a_ups_that_leaves_between_two_questions(
    nut_server: NutServer, rack: OpenRack
) -> None:
    nut_server.add("second")
    house = await rack(nut_server)
    with nut_server.faults.status(0, "LIST VAR second", body=b"UNKNOWN-UPS"):
        await house.poll()
    assert house.device(SECOND) is None
    assert house.value("ups_status") == "online"


async def test_a_ups_that_comes(nut_server: NutServer, rack: OpenRack) -> None:
    house = await rack(nut_server)
    nut_server.add("second").power_failure()
    await house.poll()
    assert house.value("ups_status", SECOND) == "on_battery"
    assert house.device(UPS) is not None


async def test_the_server_fails_between_two_questions(
    nut_server: NutServer, rack: OpenRack
) -> None:
    """Then nothing is known of any UPS, and nothing leaves."""
    nut_server.add("second")
    house = await rack(nut_server)
    with nut_server.faults.reset("LIST VAR second"):
        await house.poll()
    assert not house.coordinator.last_update_success
    assert house.value("ups_status", SECOND) == house.value("ups_status") == "online"
    await house.poll()
    assert house.coordinator.last_update_success

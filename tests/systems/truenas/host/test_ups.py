"""A UPS at the NAS: shown where it is watched, and nothing asked where it is not."""

import pytest

from custom_components.home_server_monitor.systems.truenas.host.ups import parse
from custom_components.home_server_monitor.systems.truenas.host.ups.models import NasUps
from tests import harness
from tests.harness import Clock
from tests.lab.truenas import TrueNas

from ..conftest import every_version
from .conftest import Box, OpenBox, pass_minutes

UPS = ("ups:nas",)


@pytest.mark.usefixtures("all_entities_enabled")
@every_version
async def test_what_it_tells(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", UPS)
    assert box.value("nas_ups_runtime", UPS) == "41.0"
    assert box.value("nas_ups_load", UPS) == "18.0"
    assert box.value("nas_ups_input_voltage", UPS) == "231.0"
    assert box.value("nas_ups_battery_voltage", UPS) == "27.3"
    assert box.value("nas_ups_input_current", UPS) == "missing"
    assert box.value("nas_ups_on_battery", UPS) == "off"
    device = harness.device(box.hass, box.entry, UPS)
    assert device is not None
    assert device.name == "UPS"


@every_version
async def test_the_mains_fail(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", UPS)
    nas.host.ups.fail()
    await box.until("nas_alerts", "1")
    await box.refresh("nas_ups")
    assert box.value("nas_ups_on_battery", UPS) == "on"
    assert box.value("nas_ups_battery_low", UPS) == "off"
    assert box.value("nas_ups_charge", UPS) == "95.0"


async def test_without_a_ups_nothing_is_asked(nas: TrueNas, box: Box, clock: Clock) -> None:
    await box.settled()
    asked = nas.calls["service.query"]
    await pass_minutes(clock, 10)
    assert nas.calls["reporting.netdata_get_data"] == 0
    assert nas.calls["service.query"] - asked <= 4
    assert harness.device(box.hass, box.entry, UPS) is None


async def test_it_is_looked_at_every_minute(nas: TrueNas, open_box: OpenBox, clock: Clock) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", UPS)
    asked = nas.calls["reporting.netdata_get_data"]
    await pass_minutes(clock, 10)
    assert 9 <= nas.calls["reporting.netdata_get_data"] - asked <= 12
    nas.host.ups.values["charge"] = 80.0
    await pass_minutes(clock, 1)
    await box.until("nas_ups_charge", "80.0", UPS)


async def test_one_that_is_unplugged_goes(nas: TrueNas, open_box: OpenBox, clock: Clock) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", UPS)
    nas.host.ups.unplug()
    await pass_minutes(clock, 7)
    await harness.until(lambda: harness.device(box.hass, box.entry, UPS) is None)


async def test_a_nas_whose_clock_is_wrong(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.ups.plug_in()
    nas.clock.jump(4000)
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", UPS)


async def test_what_cannot_be_read_now_stays(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", UPS)
    nas.faults.error("EFAULT", r"^reporting\.netdata_get_data$")
    await box.refresh("nas_ups")
    assert harness.device(box.hass, box.entry, UPS)
    nas.faults.clear()


async def test_no_password_is_read(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", UPS)
    assert nas.calls["ups.config"] == 0


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (None, NasUps()),
        ([None, 5, {}, {"name": "upscharge"}], NasUps()),
        ([{"name": "upscharge", "data": [[1, 90], [2, None], [3, 0]]}], NasUps(charge=90)),
        ([{"name": "upscharge", "data": [[1], None, "x", [2, "y"]]}], NasUps()),
        ([{"name": "upscharge", "data": [[1, 0]]}], NasUps()),
        (
            [
                {"name": "upscharge", "identifier": "upscharge", "data": [[1, 50]]},
                {"name": "upsload", "identifier": None, "data": [[1, 0]]},
                {"name": "upsvoltage", "identifier": "input", "data": [[1, 0]]},
                {"name": "upsvoltage", "identifier": "output", "data": [[1, 0]]},
            ],
            NasUps(charge=50, load=0, input_voltage=0),
        ),
    ],
)
def test_graphs(answer: object, shown: NasUps) -> None:
    assert parse.ups(answer) == shown

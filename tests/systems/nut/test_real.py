"""The integration against a real upsd with real dummy-ups drivers."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.systems.errors import HomeServerError, InvalidAuth
from custom_components.home_server_monitor.systems.nut.client import NutClient
from tests.conftest import SetUp
from tests.lab.real import RealNut
from tests.lab.real.nut import MAX_AGE

from .conftest import Rack, warnings

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("nut")]


async def _ask(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call the daemon's own handle from a thread, as somebody at a terminal would."""
    return await asyncio.to_thread(function, *arguments, **options)


@pytest.fixture
async def house(
    hass: HomeAssistant, set_up: SetUp, real_nut: RealNut, all_entities_enabled: None
) -> AsyncGenerator[Rack]:
    """Give the entry of the real server."""
    entry = await set_up("nut", host=real_nut.host, port=real_nut.port)
    yield Rack(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)


async def _poll_until(house: Rack, key: str, state: str) -> None:
    async with asyncio.timeout(MAX_AGE + 15):
        while True:
            await house.poll()
            if house.value(key) == state:
                return
            await asyncio.sleep(0.2)


async def test_every_value_is_upsds_own(house: Rack, real_nut: RealNut) -> None:
    told = {
        "battery.charge": "ups_charge",
        "battery.charge.low": "ups_low_charge",
        "battery.voltage": "ups_battery_voltage",
        "input.voltage": "ups_input_voltage",
        "ups.load": "ups_load",
    }
    for variable, key in told.items():
        shown = house.value(key)
        assert shown is not None, key
        assert float(shown) == float(await _ask(real_nut.get, variable)), key
    runtime = float(await _ask(real_nut.get, "battery.runtime"))
    assert house.value("ups_runtime") == str(runtime / 60)
    assert house.value("ups_status_text") == await _ask(real_nut.get, "ups.status")
    assert house.value("ups_driver") == "dummy-ups"
    version = (await _ask(real_nut.ask, "VER"))[0].split()[4]
    assert house.value("nut_version", ()) == version
    device = house.device()
    assert device is not None
    assert device.name == "UPS ups of the lab"
    assert (device.manufacturer, device.model) == ("Lab", "Dummy 1500")
    assert device.serial_number == "LAB0001"


async def test_a_power_failure(house: Rack, real_nut: RealNut) -> None:
    keys = ("ups_status", "ups_on_battery", "ups_low_battery", "ups_charge", "ups_runtime")
    assert house.values(*keys) == ("online", "off", "off", "100", "39.0")
    failing = {"ups.status": "OB DISCHRG", "battery.charge": "80", "battery.runtime": "1800"}
    await _ask(real_nut.set_all, failing)
    await house.poll()
    assert house.values(*keys) == ("on_battery", "on", "off", "80", "30.0")
    await _ask(real_nut.set, "ups.status", "OB LB OVERHEAT")
    await house.poll()
    assert house.values(*keys)[:3] == ("low_battery", "on", "on")
    await _ask(real_nut.set, "ups.status", "OL CHRG")
    await house.poll()
    assert house.values(*keys)[:3] == ("charging", "off", "off")


async def test_a_driver_that_freezes(
    house: Rack, real_nut: RealNut, caplog: pytest.LogCaptureFixture
) -> None:
    """DATA-STALE costs the UPS, not the server, and nothing leaves."""
    house.shorten_grace()
    await _ask(real_nut.freeze)
    await _poll_until(house, "ups_status", STATE_UNAVAILABLE)
    assert house.value("nut_version", ()) != STATE_UNAVAILABLE
    assert house.device() is not None
    await _ask(real_nut.thaw)
    await _poll_until(house, "ups_status", "online")
    assert len(warnings(caplog)) == 1
    assert "DATA-STALE" in warnings(caplog)[0]


async def test_a_driver_that_ends(
    house: Rack, real_nut: RealNut, caplog: pytest.LogCaptureFixture
) -> None:
    house.shorten_grace()
    await _ask(real_nut.kill_driver)
    await _poll_until(house, "ups_status", STATE_UNAVAILABLE)
    await _ask(real_nut.start_driver)
    await _poll_until(house, "ups_status", "online")
    assert any("DRIVER-NOT-CONNECTED" in line for line in warnings(caplog))


async def test_upsd_restarts(
    house: Rack, real_nut: RealNut, caplog: pytest.LogCaptureFixture
) -> None:
    house.shorten_grace()
    await _ask(real_nut.stop_upsd)
    await _poll_until(house, "ups_status", STATE_UNAVAILABLE)
    assert house.device() is not None
    await _ask(real_nut.start_upsd)
    await _poll_until(house, "ups_status", "online")
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(
    ("username", "password", "accepted"),
    [
        ("admin", "lab-secret", True),
        ("monitor", "lab-secret", True),
        ("nobody", "lab-secret", False),
        ("admin", "wrong", False),
        ("monitor", "wrong", False),
        ("ghost", "lab-secret", False),
    ],
)
async def test_credentials(
    real_nut: RealNut, username: str, password: str, *, accepted: bool
) -> None:
    """Found out without a trace: no variable changes, nobody stays logged in."""
    before = await _ask(_variables, real_nut)
    client = NutClient(real_nut.host, real_nut.port, username, password)
    error: HomeServerError | None = None
    try:
        await client.prove()
    except HomeServerError as err:
        error = err
    assert (await _ask(real_nut.ask, "GET NUMLOGINS ups")) == ["NUMLOGINS ups 0"]
    assert await _ask(_variables, real_nut) == before
    await client.close()
    assert isinstance(error, InvalidAuth) is not accepted


async def test_a_missing_driver_does_not_make_a_password_wrong(real_nut: RealNut) -> None:
    await _ask(real_nut.kill_driver)
    for username in ("admin", "monitor"):
        client = NutClient(real_nut.host, real_nut.port, username, real_nut.password)
        await client.prove()
        await client.close()


def _variables(nut: RealNut) -> dict[str, str]:
    names = ("ups.status", "battery.charge", "battery.charge.low", "ups.load")
    return {name: nut.get(name) for name in names}

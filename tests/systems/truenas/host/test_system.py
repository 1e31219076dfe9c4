"""The heart: who the NAS is, and since when."""

from datetime import UTC, datetime, timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
import pytest

from custom_components.home_server_monitor.systems.errors import BadAnswer
from custom_components.home_server_monitor.systems.truenas.host.system import parse
from tests.harness import Clock
from tests.lab.truenas import TrueNas

from .conftest import Box, OpenBox

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def test_the_last_restart_stays_though_clocks_drift(nas: TrueNas, box: Box) -> None:
    await box.settled()
    before = box.value("nas_booted")
    with box.written() as writes:
        for drift in (0.7, -1.2, 5.0, 40.0):
            nas.host.machine.drift = drift
            await box.refresh("system")
    assert box.value("nas_booted") == before
    assert not writes


async def test_a_real_restart_is_another(nas: TrueNas, box: Box) -> None:
    before = box.value("nas_booted")
    nas.host.machine.booted = nas.clock.now() - 150
    await box.refresh("system")
    assert box.value("nas_booted") > before


async def test_up_since_where_no_moment_is_told(nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.changed(r"^system\.info$", lambda info: {**info, "boottime": None})
    box = await open_box()
    booted = datetime.fromisoformat(box.value("nas_booted"))
    assert abs(datetime.now(UTC) - timedelta(days=6) - booted) < timedelta(minutes=1)


async def test_what_nobody_told_is_not_shown(nas: TrueNas, open_box: OpenBox) -> None:
    gone = ("loadavg", "boottime", "uptime_seconds", "system_manufacturer", "system_product")
    nas.faults.changed(
        r"^system\.info$", lambda info: {key: info[key] for key in info if key not in gone}
    )
    box = await open_box()
    assert box.entry.state is ConfigEntryState.LOADED
    assert box.value("nas_load_1") == "missing"
    assert box.value("nas_booted") == "missing"
    assert (box.device.manufacturer, box.device.model) == ("TrueNAS", "TrueNAS SCALE")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Default string", None),
        ("To be filled by O.E.M.", None),
        ("Not Specified", None),
        ("", None),
        (None, None),
        (7, None),
        ("A1-23456", "A1-23456"),
    ],
)
def test_serials_that_nobody_printed(told: object, shown: str | None) -> None:
    info = {"hostname": "n", "system_serial": told}
    nas = parse.nas(info, hostname="", url="", now=NOW, before=None)
    assert nas.serial == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("TrueNAS-SCALE-24.04.2.4", "24.04.2.4"),
        ("25.10.5", "25.10.5"),
        ("TrueNAS-26.0.0-BETA.3", "26.0.0-BETA.3"),
        ("26.04.0-MASTER-20260101", "26.04.0-MASTER-20260101"),
        (None, None),
    ],
)
def test_versions(told: object, shown: str | None) -> None:
    nas = parse.nas({"version": told}, hostname="n", url="", now=NOW, before=None)
    assert nas.version == shown


@pytest.mark.parametrize("load", [None, [], ["x"], [0.5], [True, 1, 2], "0.5"])
def test_no_load_is_no_error(load: object) -> None:
    nas = parse.nas({"loadavg": load}, hostname="n", url="", now=NOW, before=None)
    assert nas.load_15 in (None, 2)


def test_no_object_is_an_error() -> None:
    with pytest.raises(BadAnswer):
        parse.nas([], hostname="n", url="", now=NOW, before=None)


async def test_an_entry_comes_back_by_itself(nas: TrueNas, box: Box, clock: Clock) -> None:
    """A restart in the middle: unavailable after the grace, and back without a hand."""
    await box.until("nas_update", "off")
    await nas.go_down()
    for _ in range(4):
        await clock.forward(20)
    assert box.value("nas_load_1") == STATE_UNAVAILABLE
    assert box.value("nas_cpu") == STATE_UNAVAILABLE
    assert box.value("nas_alerts") == STATE_UNAVAILABLE
    assert box.value("nas_update") == STATE_UNAVAILABLE
    await nas.come_up(ready=False)
    await clock.forward(70)
    assert box.value("nas_load_1") == STATE_UNAVAILABLE
    nas.be_ready()
    for _ in range(6):
        await clock.forward(30)
    await box.until("nas_load_1", "0.61")
    await box.until("nas_cpu", "7")
    await box.until("nas_alerts", "0")
    await box.until("nas_update", "off")
    await box.tick()

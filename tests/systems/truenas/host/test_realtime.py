"""What is pushed of how busy the NAS is: fresh, calm, and never older than it looks."""

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.issue_registry import async_get as async_get_issues
import pytest

from tests import harness
from tests.harness import Clock
from tests.lab.truenas import V24_04, V25_04, V25_10, TrueNas
from tests.lab.truenas.world.host.interfaces import LabInterface

from ..conftest import every_version
from .conftest import Box, OpenBox

ENO1, ENP3S0, BR0 = ("interface:eno1",), ("interface:enp3s0",), ("interface:br0",)


async def _standing(box: Box) -> None:
    """Wait until the stream stands, and begin a new summary with the next tick but two."""
    watcher = harness.coordinator(box.entry, "nas_live").watcher
    await harness.until(lambda: watcher.open_count)
    before = box.live.told
    await harness.until(lambda: box.live.told >= before)


@every_version
async def test_a_push_is_shown(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    vitals = nas.host.vitals
    vitals.processor, vitals.temperature = 63.2, 58.0
    vitals.memory_free, vitals.arc = 8 << 30, 20 << 30
    vitals.arc_hits = 100
    nas.host.interfaces["eno1"].received = 87_654_321
    await box.tick(6)
    assert box.value("nas_cpu") == "63"
    assert box.value("nas_cpu_temperature") == "58"
    assert box.value("nas_memory_usage") == "88"
    assert float(box.value("nas_arc_size")) == pytest.approx(20, abs=0.1)
    assert box.value("nas_arc_hit_ratio") == "50"
    assert box.value("nas_interface_received", ENO1) == "88.0"


async def test_the_mean_of_three_is_shown(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    shown = set()
    for usage in (10.0, 20.0, 60.0) * 4:
        nas.host.vitals.processor = usage
        await box.tick()
        shown.add(box.value("nas_cpu"))
    assert shown - {"7"} <= {"30", "12", "11", "8", "9", "10", "6"}
    assert box.value("nas_cpu") == "30"


async def test_noise_writes_nothing(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    await box.tick(6)
    with box.written() as writes:
        for step in range(12):
            wave = (step % 3 - 1) * 0.3
            nas.host.vitals.processor = 7.0 + wave
            nas.host.vitals.temperature = 41.0 + wave
            nas.host.vitals.memory_free = (22 << 30) + step * 100_000
            nas.host.vitals.arc = (30 << 30) + step * 1_000_000
            nas.host.interfaces["eno1"].received = 131_000 + step * 100
            await box.tick()
    assert not writes


async def test_a_change_writes_what_changed(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    await box.tick(6)
    with box.written() as writes:
        nas.host.interfaces["eno1"].sent = 50_000_000
        await box.tick(6)
    assert set(writes) == {"sensor.truenas_eno1_sent"}
    assert writes["sensor.truenas_eno1_sent"] <= 2


async def test_a_link_that_breaks(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    nas.host.interfaces["eno1"].up = False
    await box.tick(6)
    assert box.value("nas_interface_link", ENO1) == "off"
    assert box.value("nas_interface_received", ENO1) == "0.0"


@pytest.mark.parametrize("nas", [V24_04, V25_04, V25_10], indirect=True, ids=str)
async def test_a_still_stream_is_not_fresh(nas: TrueNas, box: Box, clock: Clock) -> None:
    await _standing(box)
    nas.host.vitals.collecting = False
    for _ in range(12):
        await clock.forward(10)
    assert box.value("nas_cpu") == STATE_UNAVAILABLE
    assert box.value("nas_interface_received", ENO1) == STATE_UNAVAILABLE
    assert box.value("nas_load_1") == "0.61"
    nas.host.vitals.collecting = True
    for _ in range(8):
        await clock.forward(10)
    await box.until("nas_cpu", "7")
    assert harness.entity_id(box.hass, box.entry, ENO1, "nas_interface_received")


async def test_a_subscription_that_is_taken_back(nas: TrueNas, box: Box, clock: Clock) -> None:
    """Without a stream one message a minute is asked for; nothing is shown that is older."""
    await _standing(box)
    nas.faults.error("EFAULT", r"^core\.subscribe$")
    nas.cut()
    for _ in range(12):
        await clock.forward(10)
    assert box.value("nas_cpu") == STATE_UNAVAILABLE
    nas.faults.clear()
    for _ in range(8):
        await clock.forward(10)
    await box.until("nas_cpu", "7")


@every_version
async def test_a_machine_without_a_thermometer(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.vitals.temperature = None
    box = await open_box()
    assert box.value("nas_cpu_temperature") == "missing"
    assert box.value("nas_cpu") == "7"


@every_version
@pytest.mark.parametrize("field", ["cpu", "memory", "zfs", "interfaces"])
async def test_a_field_that_is_missing(nas: TrueNas, box: Box, field: str) -> None:
    await _standing(box)
    nas.host.vitals.missing = {field, *(["virtual_memory"] if field == "memory" else [])}
    await box.tick(6)
    lost = {
        "cpu": "nas_cpu",
        "memory": "nas_memory_usage",
        "zfs": "nas_cpu",
        "interfaces": "nas_cpu",
    }[field]
    if field in ("cpu", "memory"):
        assert box.value(lost) == "unknown"
    else:
        assert box.value(lost) == "7"
    assert box.registered("nas_interface_received", ENO1)
    assert box.value("nas_interface_received", ENO1) == "0.13"


async def test_an_idle_cache_keeps_its_ratio(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    nas.host.vitals.arc_reads = nas.host.vitals.arc_hits = 0
    await box.tick(6)
    assert box.value("nas_arc_hit_ratio") == "98"


async def test_which_interfaces_are_enabled(box: Box) -> None:
    def is_enabled(key: str, path: tuple[str, ...]) -> bool:
        entity = box.registered(key, path)
        assert entity is not None
        return entity.disabled_by is None

    assert is_enabled("nas_interface_link", ENO1)
    assert not is_enabled("nas_interface_speed", ENO1)
    for path in (ENP3S0, BR0):
        for key in ("nas_interface_link", "nas_interface_received", "nas_interface_sent"):
            assert not is_enabled(key, path)


async def test_an_interface_that_comes_and_goes(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    new = ("interface:enp5s0",)
    nas.host.interfaces.all.append(LabInterface("enp5s0", speed=10_000))
    await box.tick_until(lambda: box.value("nas_interface_link", new) == "on")
    nas.host.interfaces.all.pop()
    await box.tick_until(lambda: box.registered("nas_interface_link", new) is None)
    assert box.registered("nas_interface_link", ENO1)


async def test_interfaces_outlive_a_reload_without_reporting(nas: TrueNas, box: Box) -> None:
    """What cannot be read at the start is not gone."""
    nas.host.vitals.collecting = False
    nas.faults.error("EFAULT", r"^core\.subscribe$")
    await box.hass.config_entries.async_reload(box.entry.entry_id)
    await box.hass.async_block_till_done()
    assert box.registered("nas_interface_received", ENO1)
    assert box.registered("nas_interface_received", BR0)


async def test_without_the_right_to_reporting(nas: TrueNas, open_box: OpenBox) -> None:
    roles = {"READONLY_ADMIN"}
    key = nas.keys.add("ha", roles)
    nas.events.pop("reporting.realtime")
    box = await open_box(username="ha", api_key=key.text)
    assert box.value("nas_load_1") == "0.61"
    assert box.value("nas_cpu") == "missing"
    assert any("missing_right" in str(issue) for issue in async_get_issues(box.hass).issues)


async def test_without_the_right_to_interfaces(nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.denied(r"^interface\.query$")
    box = await open_box()
    assert box.value("nas_cpu") == "7"
    entity = box.registered("nas_interface_link", ENO1)
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION

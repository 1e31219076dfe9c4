"""What a typical box shows of itself, in every version."""

from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.home_server_monitor.systems.paths import from_identifier
from custom_components.home_server_monitor.systems.truenas import host
from tests.lab.truenas import TrueNas

from ..conftest import every_version
from .conftest import Box, OpenBox

ENO1 = ("interface:eno1",)
ENABLED = {
    "nas_load_1": "0.61",
    "nas_cpu": "7",
    "nas_cpu_temperature": "41",
    "nas_memory_usage": "66",
    "nas_arc_size": "29.98046875",
    "nas_arc_hit_ratio": "98",
    "nas_alerts": "0",
    "nas_critical_alert": "off",
    "nas_alert": "unknown",
    "nas_update": "off",
    "nas_restart_due": "off",
}
KEYS = {part.key for kind in host.KINDS for part in kind.entities}
_SHOWN = ("device_class", "state_class", "unit_of_measurement", "options", "event_types")


@every_version
async def test_every_version_shows_the_same(box: Box) -> None:
    await box.settled()
    assert {key: box.value(key) for key in ENABLED} == ENABLED
    assert box.value("nas_interface_received", ENO1) == "0.13"
    assert box.value("nas_interface_sent", ENO1) == "1.9"
    assert box.value("nas_interface_link", ENO1) == "on"


@every_version
async def test_the_device(nas: TrueNas, box: Box) -> None:
    device = box.device
    assert device.name == "truenas"
    assert device.manufacturer == "Gigabyte Technology Co., Ltd."
    assert device.model == "B660M DS3H DDR4"
    assert device.sw_version == nas.version.text
    assert device.serial_number is None
    assert device.configuration_url == nas.url
    assert device.entry_type is None


def _lines(hass: HomeAssistant, box: Box) -> list[str]:
    lines = []
    for entity in er.async_entries_for_config_entry(er.async_get(hass), box.entry.entry_id):
        if entity.translation_key not in KEYS:
            continue
        state = hass.states.get(entity.entity_id)
        path = from_identifier(box.entry.entry_id, entity.unique_id.rpartition("|")[0])
        words = [entity.entity_id, f"{'/'.join(path or ())}", entity.disabled_by or "enabled"]
        if entity.entity_category is EntityCategory.DIAGNOSTIC:
            words.append("diagnostic")
        if state is not None and entity.translation_key != "nas_booted":
            shown = {name: state.attributes.get(name) for name in _SHOWN}
            words += [f"{name}={value}" for name, value in shown.items() if value is not None]
        lines.append(" ".join(words))
    return sorted(lines)


async def test_snapshot(hass: HomeAssistant, box: Box, snapshot: SnapshotAssertion) -> None:
    await box.settled()
    assert _lines(hass, box) == snapshot


@pytest.mark.usefixtures("all_entities_enabled")
async def test_nothing_is_without_words(
    hass: HomeAssistant, nas: TrueNas, open_box: OpenBox
) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.settled()
    await box.until("nas_ups_charge", "100.0", ("ups:nas",))
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, box.entry.entry_id)
    ours = [entity for entity in entities if entity.translation_key in KEYS]
    # What is only shown when a UPS tells it.
    untold = {"nas_ups_input_current", "nas_ups_temperature"}
    assert {entity.translation_key for entity in ours} == KEYS - untold
    for entity in ours:
        assert entity.original_name, entity.entity_id
        assert "{" not in entity.original_name
        assert entity.disabled_by is None
        assert hass.states.get(entity.entity_id) is not None


async def test_control_only_where_it_is_allowed(open_box: OpenBox) -> None:
    box = await open_box(options={"allow_control": False})
    assert box.registered("nas_reboot") is None
    assert box.registered("nas_shutdown") is None


async def test_buttons_wait_to_be_wanted(box: Box) -> None:
    for key in ("nas_reboot", "nas_shutdown"):
        button = box.registered(key)
        assert button is not None
        assert button.disabled_by is er.RegistryEntryDisabler.INTEGRATION

"""Every entity and device of the furnished household, by snapshot.

One line for each; what all entities of a key have in common stands in a table of its own.
Time and counters stand still, so that a run changes nothing but what the code changes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.home_server_monitor.const import CONF_INCLUDE
from custom_components.home_server_monitor.systems import SYSTEMS
from custom_components.home_server_monitor.systems.paths import to_identifier
from tests.conftest import SetUp
from tests.lab.clock import Clock
from tests.lab.docker import SimulatedEngine, furnish
from tests.lab.portainer import Portainer

from .conftest import House, until

pytestmark = pytest.mark.usefixtures("all_entities_enabled")

_NOW = datetime(2026, 11, 20, 18, 2, 11, 500_000, tzinfo=UTC).timestamp()
_INTERVAL = 60
# Image updates ask registries, and are shown by their own tests.
_GROUPS = ["usage", "engine", "disk_usage"]
_COMMON = (
    "unit_of_measurement",
    "device_class",
    "state_class",
    "options",
    "event_types",
)


class StillClock(Clock):
    """A clock that stands until it is put forward."""

    @override
    def now(self) -> float:
        return _NOW + self.offset


class StillEngine(SimulatedEngine):
    """An engine with the household, whose clock and counters are what they are set to."""

    def __init__(self) -> None:
        """Furnish it."""
        super().__init__(clock=StillClock())
        furnish(self)
        self.count_to(1)

    def count_to(self, step: int) -> None:
        """Set every counter; each container has its own speed."""
        for number, container in enumerate(self.containers.values(), 1):
            container.usage.set(
                cpu=step * number * 100_000_000,
                system=step * _INTERVAL * 4 * 10**9,
                memory=number * 16 * 1024**2,
                rx=step * number * 600_000,
                tx=step * number * 60_000,
                read=step * number * 6_000_000,
                write=step * number * 1_200_000,
            )


async def _settled(house: House, engine: StillEngine) -> None:
    """Read everything twice, a minute apart by the engine's clock."""
    coordinators = house.entry.runtime_data.coordinators
    await until(lambda: all(group.items for group in coordinators.values()))
    engine.clock.jump(_INTERVAL)
    engine.count_to(2)
    for group in coordinators:
        await house.refresh(group)


def _descriptions(system: str) -> Mapping[str, Any]:
    return {
        description.key: description
        for kind in SYSTEMS[system].kinds
        for description in kind.entities
    }


def _told(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _key(entity: er.RegistryEntry) -> str:
    return entity.unique_id.rpartition("|")[2]


def _entities(hass: HomeAssistant, entry: ConfigEntry) -> list[er.RegistryEntry]:
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return sorted(entities, key=lambda entity: entity.entity_id)


def _kinds(hass: HomeAssistant, entry: ConfigEntry, system: str) -> dict[str, str]:
    """Return what all entities of a key have in common; fails where they have not."""
    found: dict[str, str] = {}
    descriptions = _descriptions(system)
    for entity in _entities(hass, entry):
        state = hass.states.get(entity.entity_id)
        assert state is not None, entity.entity_id
        key = _key(entity)
        assert entity.translation_key == key
        assert entity.has_entity_name
        common = {
            "category": entity.entity_category,
            "icon": entity.original_icon,
            **{name: state.attributes.get(name) for name in _COMMON},
        }
        enabled = descriptions[key].entity_registry_enabled_default
        words = [entity.domain, "enabled" if enabled else "disabled"]
        words += [f"{name}={_told(value)}" for name, value in common.items() if value is not None]
        told = ", ".join(words)
        assert found.setdefault(key, told) == told, entity.entity_id
    return dict(sorted(found.items()))


def _states(hass: HomeAssistant, entry: ConfigEntry) -> list[str]:
    """Return each entity with where it stands, its name, its state and its own attributes."""
    lines = []
    for entity in _entities(hass, entry):
        state = hass.states.get(entity.entity_id)
        assert state is not None
        where = entity.unique_id.removeprefix(entry.entry_id)
        own = {
            name: value
            for name, value in sorted(state.attributes.items())
            if name not in (*_COMMON, "friendly_name") and value is not None
        }
        shown = "".join(f", {name}={_told(value)}" for name, value in own.items())
        name = state.attributes["friendly_name"]
        lines.append(f"{entity.entity_id} ({where}) {name!r}: {state.state}{shown}")
    return lines


def _devices(hass: HomeAssistant, entry: ConfigEntry, address: str) -> list[str]:
    """Return each device with its parent and what is told of it."""
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    names = {device.id: device.name for device in devices}
    lines = []
    for device in devices:
        assert isinstance(device, dr.DeviceEntry)
        ((_, identifier),) = device.identifiers
        assert identifier.startswith(to_identifier(entry.entry_id, ()))
        details = {
            "via": names.get(device.via_device_id or ""),
            "type": device.entry_type,
            "manufacturer": device.manufacturer,
            "model": device.model,
            "version": device.sw_version,
            "serial": device.serial_number,
            "url": (device.configuration_url or "").replace(address, "ADDRESS") or None,
        }
        told = ", ".join(f"{name}={value}" for name, value in details.items() if value is not None)
        lines.append(f"{identifier.removeprefix(entry.entry_id) or '|'} {device.name!r}: {told}")
    return sorted(lines)


async def _compare(
    house: House, engine: StillEngine, system: str, address: str, snapshot: SnapshotAssertion
) -> None:
    await _settled(house, engine)
    hass, entry = house.hass, house.entry
    assert _devices(hass, entry, address) == snapshot(name="devices")
    assert _kinds(hass, entry, system) == snapshot(name="kinds")
    assert _states(hass, entry) == snapshot(name="states")
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_docker(
    hass: HomeAssistant, socket_enabled: None, set_up: SetUp, snapshot: SnapshotAssertion
) -> None:
    async with StillEngine() as engine:
        entry = await set_up("docker", url=engine.url, options={CONF_INCLUDE: _GROUPS})
        await _compare(House(hass, entry), engine, "docker", engine.url, snapshot)


async def test_portainer(
    hass: HomeAssistant, socket_enabled: None, set_up: SetUp, snapshot: SnapshotAssertion
) -> None:
    """One environment with the household, one with nothing on it but a stack, one that is down."""
    async with (
        StillEngine() as engine,
        SimulatedEngine(dialect="podman") as empty,
        Portainer() as front,
    ):
        front.add_environment("local", engine.url)
        front.add_environment("attic", empty.url, engine="podman")
        front.add_environment("boat", "http://127.0.0.1:9", up=False)
        front.add_stack("media", 1)
        front.add_stack("planned", 2)
        options = {CONF_INCLUDE: _GROUPS}
        entry = await set_up("portainer", url=front.url, token=front.api_key, options=options)
        house = House(hass, entry, ("environment:1",))
        await _compare(house, engine, "portainer", front.url, snapshot)

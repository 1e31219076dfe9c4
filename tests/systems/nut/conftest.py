"""An entry of a NUT server, seen through its devices and entities."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
import logging
import socket
import time

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.coordinator import GroupCoordinator
from custom_components.home_server_monitor.runtime import HomeServerConfigEntry
from custom_components.home_server_monitor.systems.nut import connection
from custom_components.home_server_monitor.systems.paths import Path, to_identifier
from tests.conftest import SetUp
from tests.lab.nut import NutServer

UPS: Path = ("ups:ups",)
GRACE = 0.2


@dataclass
class Rack:
    """One entry's entities, found by what they stand for and not by their names."""

    hass: HomeAssistant
    entry: HomeServerConfigEntry

    @property
    def coordinator(self) -> GroupCoordinator:
        """The one group there is."""
        return self.entry.runtime_data.coordinators["ups"]

    def entity_id(self, key: str, path: Path = UPS) -> str | None:
        """Return the entity id, or None where there is no such entity."""
        registry = er.async_get(self.hass)
        unique_id = to_identifier(self.entry.entry_id, path, key)
        for platform in (Platform.SENSOR, Platform.BINARY_SENSOR):
            if entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id):
                return entity_id
        return None

    def value(self, key: str, path: Path = UPS) -> str | None:
        """Return the state of an entity, or None where it has none."""
        entity_id = self.entity_id(key, path)
        state = self.hass.states.get(entity_id) if entity_id else None
        return state.state if state else None

    def values(self, *keys: str, path: Path = UPS) -> tuple[str | None, ...]:
        """Return the states of several entities."""
        return tuple(self.value(key, path) for key in keys)

    def device(self, path: Path = UPS) -> dr.DeviceEntry | None:
        """Return the device at a path."""
        identifier = (DOMAIN, to_identifier(self.entry.entry_id, path))
        registry = dr.async_get(self.hass)
        for device in dr.async_entries_for_config_entry(registry, self.entry.entry_id):
            if identifier in device.identifiers and isinstance(device, dr.DeviceEntry):
                return device
        return None

    async def poll(self) -> None:
        """Read now what the next poll would read."""
        await self.coordinator.async_refresh()
        await self.hass.async_block_till_done()

    def shorten_grace(self) -> None:
        """Let old data count for a moment only."""
        group = self.coordinator.group
        self.coordinator.group = replace(group, grace=timedelta(seconds=GRACE))


type OpenRack = Callable[..., Awaitable[Rack]]


@pytest.fixture
def rack(hass: HomeAssistant, set_up: SetUp) -> OpenRack:
    """Give ``await open(nut_server)``, which sets up the entry of a server."""

    async def run(server: NutServer, **data: object) -> Rack:
        entry = await set_up("nut", host=server.host, port=server.port, **data)
        return Rack(hass, entry)

    return run


@pytest.fixture
def no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the resolver know no name; the harness keeps the real one from being asked."""

    def unknown(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for answers only a moment."""
    monkeypatch.setattr(connection, "_TIMEOUT", 0.2)


async def until(condition: Callable[[], bool], *, seconds: float = 5.0) -> None:
    """Wait until something outside of our event loop has come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about"
        await asyncio.sleep(0.01)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged as a warning or worse; none of it may hold a traceback."""
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    records = [record for record in records if "custom integration" not in record.getMessage()]
    assert not [record for record in records if record.exc_info]
    return [record.getMessage() for record in records]

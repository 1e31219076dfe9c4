"""The event entity as a person's automation sees it, and an engine to hear it by."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from custom_components.home_server_monitor.systems.paths import Path
from tests.conftest import SetUp
from tests.lab.docker import SimulatedEngine

from .conftest import House, until

_OWN = ("event_type", "event_types", "friendly_name", "device_class", "icon")
ONE = "one"

type Told = tuple[str, dict[str, Any]]


class Listener:
    """What the event entity of a container has told in Home Assistant."""

    def __init__(self, house: House, path: Path) -> None:
        """Listen from now on."""
        entity_id = house.entity_id(path, "container_event")
        assert entity_id
        self.told: list[Told] = []
        async_track_state_change_event(house.hass, entity_id, self._note)

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or "event_type" not in state.attributes:
            return
        attributes = {k: v for k, v in state.attributes.items() if k not in _OWN}
        self.told.append((str(state.attributes["event_type"]), attributes))

    @property
    def types(self) -> list[str]:
        """The types alone."""
        return [told[0] for told in self.told]

    async def until(self, wanted: str, times: int = 1) -> None:
        """Wait until a type was told so often."""
        await until(lambda: self.types.count(wanted) >= times, 5, lambda: f"{wanted}: {self.types}")


async def streaming(house: House, count: int = 1) -> None:
    """Wait until the streams stand, and what is read then was read."""
    watcher = house.entry.runtime_data.coordinators["containers"].watcher
    await until(lambda: watcher.open_count == count)
    await asyncio.sleep(0.05)


@asynccontextmanager
async def three_containers(
    hass: HomeAssistant, engine: SimulatedEngine, set_up: SetUp
) -> AsyncGenerator[House]:
    """Give a loaded engine with three containers whose stream stands."""
    engine.restart_delay = None
    engine.health_delay = 1000
    engine.add(name=ONE)
    engine.add(name="sick", health="healthy")
    engine.add(name="app-web-1", project="app", service="web")
    entry = await set_up("docker", url=engine.url)
    house = House(hass, entry)
    await streaming(house)
    yield house
    await hass.config_entries.async_unload(entry.entry_id)

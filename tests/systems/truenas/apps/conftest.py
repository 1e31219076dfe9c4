"""The apps of an entry, seen through their devices and entities."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.home_server_monitor.const import CONF_INCLUDE, DOMAIN
from tests.harness import coordinator, device, entity_id, state, until, value
from tests.lab.truenas import TrueNas
from tests.systems.truenas.conftest import AddNas

type Path = tuple[str, ...]


def app(name: str) -> Path:
    """Return where an app stands."""
    return (f"app:{name}",)


@dataclass
class Shelf:
    """One entry's apps, by name."""

    hass: HomeAssistant
    entry: ConfigEntry
    nas: TrueNas

    def entity_id(self, name: str, key: str) -> str | None:
        """Return the id of an entity."""
        return entity_id(self.hass, self.entry, app(name), key)

    def value(self, name: str, key: str = "app_state") -> str:
        """Return the state of an entity in words."""
        return value(self.hass, self.entry, app(name), key)

    def state(self, name: str, key: str) -> State:
        """Return the state of an entity."""
        found = state(self.hass, self.entry, app(name), key)
        assert found is not None, f"{name} has no {key}"
        return found

    def number(self, name: str, key: str) -> float:
        """Return the state of a sensor as a number."""
        return float(self.state(name, key).state)

    def device(self, name: str) -> dr.AnyDeviceEntry | None:
        """Return the device of an app."""
        return device(self.hass, self.entry, app(name))

    async def do(self, name: str, key: str, service: str) -> None:
        """Use a control: ``await shelf.do("plex", "app_power", "turn_off")``."""
        target = self.entity_id(name, key)
        assert target is not None, f"{name} has no {key}"
        platform = target.partition(".")[0]
        await self.hass.services.async_call(platform, service, {"entity_id": target}, blocking=True)

    async def act(self, name: str, action: str, *, response: bool = False, **fields: Any) -> Any:
        """Call an action on an app; return its answer where there is to be one."""
        found = self.device(name)
        assert found is not None
        answer = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": found.id, **fields},
            blocking=True,
            return_response=response,
        )
        results = answer["results"] if answer else None
        return results[0] if isinstance(results, list) else None

    async def refused(self, name: str, action: str, **fields: Any) -> HomeAssistantError:
        """Call an action that must fail, and return its error."""
        with pytest.raises(HomeAssistantError) as raised:
            await self.act(name, action, **fields)
        return raised.value

    async def becomes(self, name: str, wanted: str, key: str = "app_state") -> None:
        """Wait until an entity shows something."""
        await until(lambda: self.value(name, key) == wanted)

    async def poll(self, group: str = "apps") -> None:
        """Read now what the next poll would read."""
        await coordinator(self.entry, group).async_refresh()
        await self.hass.async_block_till_done()

    async def tick(self) -> None:
        """Let the server send a message of statistics, and have it heard."""
        heard = coordinator(self.entry, "app_usage")
        before = heard.data
        self.nas.apps.tick()
        await until(lambda: heard.data is not before)
        await self.hass.async_block_till_done()

    async def listens(self, groups: Sequence[str] = ("apps", "app_usage")) -> None:
        """Wait until the streams stand, and what they made to be read was read."""
        watchers = [coordinator(self.entry, group).watcher for group in groups]
        await until(lambda: all(watcher.open_count for watcher in watchers))
        asked = -1
        while asked != self.nas.calls.total():
            asked = self.nas.calls.total()
            await asyncio.sleep(0.1)
            await self.hass.async_block_till_done()


ONLY_APPS = {CONF_INCLUDE: ["apps", "app_usage"]}

type OpenShelf = Callable[..., Awaitable[Shelf]]


@pytest.fixture
async def open_shelf(hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> OpenShelf:
    """Give ``await open_shelf(…)``, which sets the entry up and waits for its streams."""

    async def run(
        groups: Sequence[str] = ("apps", "app_usage"),
        *,
        options: dict[str, Any] | None = None,
        **data: Any,
    ) -> Shelf:
        entry = await add_nas(nas, options={**ONLY_APPS, **(options or {})}, **data)
        shelf = Shelf(hass, entry, nas)
        await shelf.listens(groups)
        return shelf

    return run


@pytest.fixture
async def shelf(open_shelf: OpenShelf) -> Shelf:
    """Give the apps of the furnished server."""
    return await open_shelf()

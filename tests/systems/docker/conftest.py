"""An entry seen through its entities, and the doors through which a real engine is reached."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.paths import Path
from tests import harness
from tests.conftest import SetUp
from tests.lab.portainer import Portainer
from tests.lab.real import RealEngine


@dataclass
class House:
    """The entities of one entry, found by what they stand for and not by their names."""

    hass: HomeAssistant
    entry: ConfigEntry
    host: Path = ()

    def container(self, key: str) -> Path:
        """Return the path of a container on the host under test."""
        return harness.container(key, self.host)

    def stack(self, name: str) -> Path:
        """Return the path of a stack."""
        return (*self.host, f"stack:{name}")

    def entity_id(self, path: Path, key: str) -> str | None:
        """Return the entity id, or None where there is no such entity."""
        return harness.entity_id(self.hass, self.entry, path, key)

    def find(self, path: Path, key: str) -> State | None:
        """Return the state of an entity, or None where it has none."""
        return harness.state(self.hass, self.entry, path, key)

    def value(self, path: Path, key: str) -> str:
        """Return the state's text; "missing" where there is none."""
        return harness.value(self.hass, self.entry, path, key)

    def device(self, path: Path) -> dr.AnyDeviceEntry | None:
        """Return the device at a path."""
        return harness.device(self.hass, self.entry, path)

    async def until(self, path: Path, key: str, wanted: str, seconds: float = 10.0) -> State:
        """Wait until an entity has this state."""
        await until(
            lambda: (state := self.find(path, key)) is not None and state.state == wanted,
            seconds,
            lambda: f"{path} {key} is {self.find(path, key)}",
        )
        state = self.find(path, key)
        assert state is not None
        return state

    async def refresh(self, group: str) -> None:
        """Let a group be read as its next poll would."""
        await self.entry.runtime_data.coordinators[group].async_refresh()
        await self.hass.async_block_till_done()

    async def press(self, path: Path, key: str) -> None:
        """Press a button."""
        await self._call("button", "press", path, key)

    async def switch(self, path: Path, key: str, *, on: bool) -> None:
        """Turn a switch on or off."""
        await self._call("switch", "turn_on" if on else "turn_off", path, key)

    async def _call(self, domain: str, service: str, path: Path, key: str) -> None:
        target = {"entity_id": self.entity_id(path, key)}
        await self.hass.services.async_call(domain, service, target, blocking=True)


async def until(
    passed: Callable[[], bool], seconds: float = 10.0, told: Callable[[], str] = lambda: ""
) -> None:
    """Wait until something is so."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not passed():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not so within {seconds} s: {told()}")
        await asyncio.sleep(0.01)


# What is newest of an image is asked for later, and adds entities when it is known.
_OPTIONS = {"include": ["usage", "engine", "disk_usage"]}

type OpenDoor = Callable[[], Awaitable[House]]


@pytest.fixture(params=["tcp", "unix", "portainer"])
async def door(
    request: pytest.FixtureRequest, hass: HomeAssistant, real_docker: RealEngine, set_up: SetUp
) -> AsyncGenerator[OpenDoor]:
    """Give a function that sets up the real engine, in turn through each kind of door."""
    await asyncio.to_thread(real_docker.reset)
    if request.param == "portainer":
        async with Portainer() as front:
            number = front.add_environment("local", real_docker.url).id

            async def through_portainer() -> House:
                entry = await set_up(
                    "portainer", options=_OPTIONS, url=front.url, token=front.api_key
                )
                return House(hass, entry, (f"environment:{number}",))

            yield through_portainer
            await _unload(hass)
        return
    url = real_docker.tcp_url if request.param == "tcp" else real_docker.socket_url

    async def straight() -> House:
        return House(hass, await set_up("docker", options=_OPTIONS, url=url))

    yield straight
    await _unload(hass)


async def _unload(hass: HomeAssistant) -> None:
    """Let go of the servers before they go."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)

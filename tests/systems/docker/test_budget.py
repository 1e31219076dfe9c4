"""What an entry may cost: requests, bytes and state writes, counted and never timed.

The clock of the event loop is put forward, so that the timers decide what is asked and when.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.home_server_monitor.const import CONF_INCLUDE, DOMAIN
from custom_components.home_server_monitor.systems.docker import DOCKER
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer
from tests.lab.server import HttpServer

CONTAINERS = 40
MINUTES = 15  # what comes round more seldom than once a minute has its share
REQUESTS = 45
REQUESTS_WITHOUT_USAGE = 5
# Core's portainer integration at 40 containers receives 327 KiB a minute (`scripts/bench`
# measures 319 on the lab's shorter answers).
BYTES = 327 * 1024 / 3
ENTITIES = 6

WITHOUT_USAGE = {
    CONF_INCLUDE: [group.key for group in DOCKER.groups if group.optional and group.key != "usage"]
}


@dataclass
class Door:
    """An entry before 40 running containers, and the server that counts what it asks."""

    hass: HomeAssistant
    entry: ConfigEntry
    server: HttpServer
    clock: Clock

    async def rest(self) -> None:
        """Wait until no more is asked."""
        asked = -1
        while asked != len(self.server.requests):
            asked = len(self.server.requests)
            await self.clock.forward(0)
            await self.hass.async_block_till_done()

    async def minutes(self, count: int) -> None:
        """Let minutes pass."""
        for _ in range(count):
            # Home Assistant spreads polls over a second: after 61 each has come once.
            await self.clock.forward(61)
            await self.rest()

    async def settled(self) -> None:
        """Let the first minutes pass, which ask for more, and count from now on."""
        await self.rest()
        await self.minutes(2)
        self.server.reset_counts()


type OpenDoor = Callable[..., Awaitable[Door]]


@pytest.fixture(params=["docker", "portainer"])
async def open_door(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    portainer: Portainer,
    clock: Clock,
) -> AsyncGenerator[OpenDoor]:
    """Give a function that sets up the engine, straight and through Portainer."""
    for number, container in enumerate(docker_engine.populate(CONTAINERS)):
        # Nothing happens in it: what it used it has used, and it uses no more.
        used = 10**8 + number * 1234567
        container.usage.set(cpu=used, memory=used, rx=used, tx=used, read=used, write=used)

    async def run(**options: object) -> Door:
        if request.param == "docker":
            entry = await set_up("docker", url=docker_engine.url, options=options)
            return Door(hass, entry, docker_engine, clock)
        entry = await set_up(
            "portainer", url=portainer.url, token=portainer.api_key, options=options
        )
        return Door(hass, entry, portainer, clock)

    yield run
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


@contextmanager
def written(hass: HomeAssistant) -> Generator[Counter[str]]:
    """Count how often each entity's state is written, changed or not."""
    counts: Counter[str] = Counter()

    @callback
    def write(event: Event[Any]) -> None:
        counts[event.data["entity_id"]] += 1

    @callback
    def every(_data: object) -> bool:
        return True

    stops = (
        hass.bus.async_listen(EVENT_STATE_CHANGED, write),
        hass.bus.async_listen(EVENT_STATE_REPORTED, write, event_filter=every),
    )
    yield counts
    for stop in stops:
        stop()


async def test_requests_and_bytes_with_usage(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.settled()
    await door.minutes(MINUTES)
    assert door.server.count(r"/stats\?") == CONTAINERS * MINUTES
    assert len(door.server.requests) / MINUTES <= REQUESTS
    assert door.server.bytes_sent / MINUTES <= BYTES


async def test_requests_without_usage(open_door: OpenDoor) -> None:
    door = await open_door(**WITHOUT_USAGE)
    await door.settled()
    assert not door.server.count(r"/stats")
    await door.minutes(MINUTES)
    assert len(door.server.requests) / MINUTES <= REQUESTS_WITHOUT_USAGE


async def test_nothing_is_asked_for_disabled_entities(
    hass: HomeAssistant, open_door: OpenDoor
) -> None:
    door = await open_door()
    await disable_usage(door, lambda _device: True)
    await door.settled()
    await door.minutes(MINUTES)
    assert not door.server.count(r"/stats")
    assert len(door.server.requests) / MINUTES <= REQUESTS_WITHOUT_USAGE


async def test_only_containers_with_enabled_usage_are_asked(
    hass: HomeAssistant, open_door: OpenDoor
) -> None:
    door = await open_door()
    await disable_usage(door, lambda device: device.name != "app0007")
    await door.settled()
    await door.minutes(3)
    assert door.server.count(r"/stats\?") == 3


async def test_a_quiet_minute_writes_nothing(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.settled()
    with written(door.hass) as writes:
        await door.minutes(MINUTES)
    assert not writes


async def test_a_change_writes_its_own_entities(
    open_door: OpenDoor, docker_engine: SimulatedEngine
) -> None:
    door = await open_door()
    await door.settled()
    with written(door.hass) as writes:
        docker_engine.set_health("app0001", "unhealthy")
        await door.minutes(2)
    assert writes
    assert devices_of(door, writes) <= {"app0001", "stack000", host_name(door)}
    assert max(writes.values()) == 1


async def test_a_stop_writes_its_own_entities(
    open_door: OpenDoor, docker_engine: SimulatedEngine
) -> None:
    door = await open_door()
    await door.settled()
    with written(door.hass) as writes:
        docker_engine.stop("app0001")
        await door.minutes(2)
    assert devices_of(door, writes) == {"app0001", "stack000", host_name(door)}


async def test_six_entities_for_a_container(open_door: OpenDoor) -> None:
    door = await open_door()
    names = device_names(door)
    counts = Counter(
        names[one.device_id]
        for one in er.async_entries_for_config_entry(er.async_get(door.hass), door.entry.entry_id)
        if one.device_id and not one.disabled
    )
    containers = {name: count for name, count in counts.items() if name.startswith("app")}
    assert len(containers) == CONTAINERS
    assert set(containers.values()) == {ENTITIES}


async def disable_usage(door: Door, which: Callable[[dr.AnyDeviceEntry], bool]) -> None:
    """Disable the usage entities of some devices and of the host, as a user does."""
    hass, entry = door.hass, door.entry
    registry = er.async_get(hass)
    chosen = {
        device.id
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if which(device)
    }
    usage = {
        description.key
        for kind in DOCKER.kinds
        if kind.group == "usage"
        for description in kind.entities
    }
    for one in er.async_entries_for_config_entry(registry, entry.entry_id):
        if one.translation_key in usage and one.device_id in chosen:
            registry.async_update_entity(one.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


def device_names(door: Door) -> dict[str, str]:
    """Return the names of the entry's devices by id."""
    registry = dr.async_get(door.hass)
    devices = dr.async_entries_for_config_entry(registry, door.entry.entry_id)
    return {device.id: device.name or "" for device in devices}


def devices_of(door: Door, writes: Counter[str]) -> set[str]:
    """Return the names of the devices whose entities were written."""
    names, registry = device_names(door), er.async_get(door.hass)
    entries = [registry.async_get(entity_id) for entity_id in writes]
    return {names[one.device_id] for one in entries if one and one.device_id}


def host_name(door: Door) -> str:
    """Return the name of the device that stands for the host."""
    registry = er.async_get(door.hass)
    host = next(
        one.device_id
        for one in er.async_entries_for_config_entry(registry, door.entry.entry_id)
        if one.translation_key == "host_running" and one.device_id
    )
    return device_names(door)[host]

"""What was measured to go wrong in other integrations of containers, and must not here."""

import asyncio
from collections.abc import AsyncGenerator
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.home_server_monitor.systems.docker import tree
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer

from .conftest import House, until
from .listening import Listener, streaming

pytest_plugins = ["tests.harness"]

_IMAGES = r"/images|/distribution|registr"
_MIB = 1024**2


@pytest.fixture
def front(docker_engine: SimulatedEngine, portainer: Portainer) -> Portainer:
    """Give a Portainer before an engine with six containers, one of them stopped."""
    docker_engine.restart_delay = None
    for name in ("one", "two", "three", "four"):
        docker_engine.add(name=name, version="1.0")
    docker_engine.add(name="sick", health="healthy")
    docker_engine.add(name="asleep", state="exited", exit_code=0)
    return portainer


@pytest.fixture
async def house(hass: HomeAssistant, front: Portainer, set_up: SetUp) -> AsyncGenerator[House]:
    """Give the loaded entry, its event stream standing."""
    entry = await set_up("portainer", url=front.url, token=front.api_key)
    house = House(hass, entry, ("environment:1",))
    await streaming(house)
    yield house
    await hass.config_entries.async_unload(entry.entry_id)


# --- 1 and 7: what is asked stays the same, and no registry is asked by the way -------------------


async def test_requests_stay_constant_for_hours(
    house: House, front: Portainer, clock: Clock
) -> None:
    """After the first hour each costs what the one before did; images are asked for seldom."""
    hours: list[int] = []
    for hour in range(4):
        front.reset_counts()
        for _ in range(15):
            # Four polls of a minute in one step: a poll that is missed is not made up for.
            await clock.forward(241)
        hours.append(len(front.requests))
        if hour:
            assert front.count(_IMAGES) == 0
    # What comes every ten or fifteen minutes falls into one hour or the next.
    assert max(hours) - min(hours) <= 8, hours
    assert hours[3] - hours[1] <= 4, hours


# --- 2: one that vanishes costs itself ------------------------------------------------------------


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("path", ["json", "stats"])
async def test_container_that_vanished_in_the_middle_of_a_refresh(
    path: str,
    house: House,
    docker_engine: SimulatedEngine,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It was in the list, and when it is asked about the engine answers 404."""
    caplog.clear()
    gone = docker_engine.find("two").id
    with docker_engine.faults.not_found(rf"/containers/{gone}/{path}"), docker_engine.bus.silence():
        docker_engine.pause("two")
        await house.refresh("containers")
        await house.refresh("usage")
        await clock.forward(31)
        for name in ("one", "three", "four", "sick"):
            assert house.value(house.container(name), "container_state") == "running"
            assert float(house.value(house.container(name), "container_memory")) > 0
        assert house.value(house.host, "host_version") == "28.5.2"
        assert house.value(house.host, "environment_connected") == "on"
    await house.refresh("containers")
    await house.refresh("usage")
    assert house.value(house.container("two"), "container_state") == "paused"
    assert not [record for record in caplog.records if record.exc_info and record.levelno > 10]


# --- 3: devices -----------------------------------------------------------------------------------


async def test_device_of_a_live_container_cannot_be_removed(
    hass: HomeAssistant, house: House, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)

    async def remove(device_id: str) -> bool:
        answer = await client.remove_device(device_id)
        return bool(answer["success"])

    for path in (house.container("one"), house.container("asleep"), house.host):
        device = house.device(path)
        assert device is not None
        assert not await remove(device.id)
        assert house.device(path) is not None
    left = dr.async_get(hass).async_get_or_create(
        config_entry_id=house.entry.entry_id,
        identifiers={("home_server_monitor", f"{house.entry.entry_id}|environment:9")},
        name="of long ago",
    )
    assert await remove(left.id)


async def test_devices_of_removed_containers_leave_by_themselves(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    docker_engine.remove("two")
    await house.until(house.container("two"), "container_state", "removing")
    for _ in range(3):
        await clock.forward(11)
    await until(lambda: house.device(house.container("two")) is None)
    assert house.entity_id(house.container("two"), "container_state") is None
    assert house.device(house.container("one")) is not None


# --- 4: the dear disk usage -----------------------------------------------------------------------


@pytest.mark.usefixtures("all_entities_enabled")
async def test_disk_usage_is_asked_seldom_and_alone(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    await until(lambda: house.find(house.host, "disk_images") is not None)
    docker_engine.reset_counts()
    with docker_engine.faults.hang("/system/df"):
        for _ in range(20):
            await clock.forward(61)
        assert docker_engine.count("/system/df") == 0, "not with what is polled"
        await clock.forward(3600)
        assert docker_engine.count("/system/df") == 1
        # While it hangs, the others go on.
        docker_engine.die("one", 3)
        await house.until(house.container("one"), "container_exit_code", "3")
        await house.refresh("usage")
        assert float(house.value(house.container("two"), "container_memory")) > 0
        # Given up, it is tried again, but no three times over and not at once.
        await clock.forward(151)
        assert house.value(house.host, "host_running") == "4"
    assert docker_engine.count("/system/df") <= 2


# --- 5: events ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("all_entities_enabled")
async def test_health_is_shown_with_its_event(house: House, docker_engine: SimulatedEngine) -> None:
    path = house.container("sick")
    listener = Listener(house, path)
    for word, times in (("unhealthy", 1), ("healthy", 1), ("unhealthy", 2)):
        docker_engine.set_health("sick", word)
        await listener.until(word, times)
        assert house.value(path, "container_health") == word
    assert house.value(path, "container_problem") == "on"
    assert house.value(house.host, "host_unhealthy") == "1"


async def test_creation_and_removal_are_obeyed_without_a_poll(
    house: House, docker_engine: SimulatedEngine
) -> None:
    docker_engine.reset_counts()
    docker_engine.add(name="new", project="fresh", announce=True)
    path = house.container("fresh/new")
    await house.until(path, "container_state", "running")
    assert house.value(house.stack("fresh"), "stack_state") == "running"
    assert house.value(house.host, "host_running") == "6"
    docker_engine.stop("new")
    await house.until(path, "container_state", "exited")
    docker_engine.remove("new")
    await house.until(path, "container_state", "removing")
    assert docker_engine.count("/containers/json") == 0


async def test_rename_is_obeyed(house: House, docker_engine: SimulatedEngine, clock: Clock) -> None:
    docker_engine.rename("one", "uno")
    await until(lambda: house.device(house.container("uno")) is not None)
    for _ in range(3):
        await clock.forward(tree.RECREATION.total_seconds() + 2)
    await until(lambda: house.device(house.container("one")) is None)
    assert house.value(house.container("uno"), "container_state") == "running"


# --- 6: numbers -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("cgroup", [1, 2])
async def test_memory_and_cpu(cgroup: int, house: House, docker_engine: SimulatedEngine) -> None:
    """Memory without the page cache; CPU of the whole host, and of one core beside it."""
    docker_engine.cgroup = cgroup
    path = house.container("one")
    container = docker_engine.find("one")
    container.memory_limit = 400 * _MIB
    container.usage.cache = 200 * _MIB
    container.usage.set(cpu=0, memory=100 * _MIB, system=0)
    await house.refresh("usage")
    assert float(house.value(path, "container_memory")) == 100
    assert float(house.value(path, "container_memory_percent")) == 25
    # 30 of 40 core seconds on four cores: three of them were busy.
    container.usage.set(cpu=30 * 10**9, system=40 * 10**9)
    await house.refresh("usage")
    assert float(house.value(path, "container_cpu")) == 75
    assert float(house.value(path, "container_cpu_cores")) == 300


@pytest.mark.usefixtures("all_entities_enabled")
async def test_stopped_container_uses_nothing_known(
    house: House, docker_engine: SimulatedEngine
) -> None:
    keys = (
        "container_memory",
        "container_memory_percent",
        "container_cpu",
        "container_cpu_cores",
        "container_network_received",
        "container_block_read",
    )
    await house.refresh("usage")
    assert [house.value(house.container("asleep"), key) for key in keys] == ["unknown"] * 6
    assert "unknown" not in [house.value(house.container("one"), key) for key in keys]
    docker_engine.stop("one")
    await until(lambda: {house.value(house.container("one"), key) for key in keys} == {"unknown"})
    docker_engine.start("one")
    await house.until(house.container("one"), "container_state", "running")
    # Not the difference to the counters of its former life.
    assert house.value(house.container("one"), "container_cpu") == "unknown"


# --- And what was seen beside those ---------------------------------------------------------------


async def test_state_is_there_although_it_was_stopped_at_discovery(
    house: House, docker_engine: SimulatedEngine
) -> None:
    path = house.container("asleep")
    entity_id = house.entity_id(path, "container_state")
    assert house.value(path, "container_state") == "exited"
    assert house.value(path, "container_power") == "off"
    docker_engine.start("asleep")
    await house.until(path, "container_state", "running")
    assert house.value(path, "container_power") == "on"
    assert house.entity_id(path, "container_state") == entity_id


async def test_paused_container_is_not_on(house: House, docker_engine: SimulatedEngine) -> None:
    path = house.container("one")
    docker_engine.pause("one")
    await house.until(path, "container_state", "paused")
    assert house.value(path, "container_power") == "off"
    await house.switch(path, "container_power", on=True)
    await house.until(path, "container_state", "running")


async def test_few_entities_are_enabled(hass: HomeAssistant, house: House) -> None:
    """At most six for a container, where others make seventeen and more."""
    device = house.device(house.container("sick"))
    assert device is not None
    states = [
        state
        for state in hass.states.async_all()
        if state.entity_id.split(".")[1].startswith("sick")
    ]
    assert 1 <= len(states) <= 6, states


def _at_work(entry: ConfigEntry) -> bool:
    return any(not task.done() for task in entry._background_tasks)


async def test_nothing_is_left_after_unloading(
    hass: HomeAssistant, house: House, front: Portainer, caplog: pytest.LogCaptureFixture
) -> None:
    assert _at_work(house.entry)
    assert await hass.config_entries.async_unload(house.entry.entry_id)
    await asyncio.sleep(0.05)
    front.reset_counts()
    assert not _at_work(house.entry)
    assert front.requests == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

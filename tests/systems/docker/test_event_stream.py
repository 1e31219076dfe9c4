"""Events across reconnections: none is lost, none told twice, and a broken one costs itself."""

import asyncio
from collections.abc import AsyncGenerator
import logging
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.systems.docker.events import EVENT_TYPES
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine, server
from tests.lab.docker.events import matches
from tests.lab.portainer import Portainer

from .conftest import House
from .listening import ONE, Listener, streaming, three_containers

pytest_plugins = ["tests.harness"]
pytestmark = pytest.mark.usefixtures("all_entities_enabled")


@pytest.fixture
async def house(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> AsyncGenerator[House]:
    """Give a loaded engine with three containers whose stream stands."""
    async with three_containers(hass, docker_engine, set_up) as house:
        yield house


def _expected(engine: SimulatedEngine, name: str, since: int) -> list[str]:
    """Return what the engine told of a container since then, as our words."""
    return [
        event["Action"]
        for event in engine.bus.recent
        if event["Type"] == "container"
        and event["timeNano"] >= since
        and event["Actor"]["Attributes"]["name"] == name
        and event["Action"] in EVENT_TYPES
    ]


async def test_cuts_lose_and_double_nothing(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    """The stream is cut in the middle of activity, again and again, at times before it stands."""
    since = docker_engine.clock.stamp()
    listener = Listener(house, house.container(ONE))
    other = Listener(house, house.container("sick"))
    for number in range(24):
        docker_engine.restart(ONE)
        if number % 3 == 0:
            docker_engine.cut()
        docker_engine.pause("sick")
        docker_engine.unpause("sick")
        if number % 4 == 0:
            await clock.forward(1.2)
        elif number % 4 == 2:
            await asyncio.sleep(0.02)
    await clock.forward(1.2)
    await streaming(house)
    docker_engine.die(ONE, 42)
    docker_engine.die("sick", 42)
    await listener.until("die", 25)
    await other.until("die")
    assert listener.types == _expected(docker_engine, ONE, since)
    assert other.types == _expected(docker_engine, "sick", since)
    assert len(listener.types) == 24 * 5 + 1
    assert house.value(house.container(ONE), "container_exit_code") == "42"


async def test_events_while_the_engine_was_away(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    since = docker_engine.clock.stamp()
    listener = Listener(house, house.container(ONE))
    await docker_engine.refuse()
    docker_engine.restart(ONE)
    await asyncio.sleep(0.05)
    await clock.forward(5)
    docker_engine.stop(ONE)
    await docker_engine.accept()
    for _ in range(4):
        await clock.forward(10)
    await listener.until("die", 2)
    assert listener.types == _expected(docker_engine, ONE, since)


async def test_stream_that_is_closed_for_age_loses_nothing(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    """Every ten minutes the stream is opened anew, in case it died silently."""
    since = docker_engine.clock.stamp()
    listener = Listener(house, house.container(ONE))
    docker_engine.restart(ONE)
    await listener.until("restart")
    docker_engine.reset_counts()
    await clock.forward(601)
    docker_engine.restart(ONE)
    await clock.forward(1.2)
    await streaming(house)
    await listener.until("restart", 2)
    assert docker_engine.count("/events") == 1
    assert listener.types == _expected(docker_engine, ONE, since)


@pytest.mark.parametrize(
    "broken",
    [
        {"Type": "container", "Action": "die", "Actor": None, "timeNano": 1},
        {"Action": "die", "Actor": {"ID": "x", "Attributes": []}},
        {"Action": "die", "Actor": {"ID": "x", "Attributes": None}, "timeNano": 10**40},
        {"Action": "die", "Actor": {"ID": "x"}, "timeNano": -5},
        {"Action": 7, "Actor": 7, "time": "x"},
        {},
    ],
)
async def test_broken_event_costs_itself(
    broken: dict[str, Any],
    house: House,
    docker_engine: SimulatedEngine,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    listener = Listener(house, house.container(ONE))
    monkeypatch.setattr(
        server, "matches", lambda filters, event: event is broken or matches(filters, event)
    )
    for queue in docker_engine.bus._subscribers:
        queue.put_nowait(broken)
    docker_engine.pause(ONE)
    await listener.until("pause")
    assert listener.told == [("pause", {})]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    docker_engine.cut()
    await asyncio.sleep(0.02)
    docker_engine.unpause(ONE)
    await clock.forward(1.2)
    await listener.until("unpause")
    assert listener.types == ["pause", "unpause"]


async def test_several_engines_behind_portainer(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
) -> None:
    """Containers of one name on two hosts have their own events, whichever stream is cut."""
    async with SimulatedEngine() as second:
        engines = {1: docker_engine, 2: second}
        for engine in engines.values():
            engine.restart_delay = None
            engine.add(name=ONE)
        portainer.add_environment("second", second.url)
        entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
        houses = {number: House(hass, entry, (f"environment:{number}",)) for number in engines}
        await streaming(houses[1], 2)
        since = {number: engine.clock.stamp() for number, engine in engines.items()}
        listeners = {
            number: Listener(house, house.container(ONE)) for number, house in houses.items()
        }
        docker_engine.restart(ONE)
        second.cut()
        second.die(ONE, 9)
        portainer.cut()
        docker_engine.pause(ONE)
        await clock.forward(1.2)
        await streaming(houses[1], 2)
        docker_engine.unpause(ONE)
        second.start(ONE)
        await listeners[1].until("unpause")
        await listeners[2].until("start")
        for number, listener in listeners.items():
            assert listener.types == _expected(engines[number], ONE, since[number])
        assert ("die", {"exit_code": 9}) in listeners[2].told
        await hass.config_entries.async_unload(entry.entry_id)

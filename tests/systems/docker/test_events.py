"""The event entity: everything that happens to a container, once, in order, with its details."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import logging
from typing import Any

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
import pytest

from custom_components.home_server_monitor.systems.docker.events import EVENT_TYPES
from custom_components.home_server_monitor.systems.paths import Path
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine, server
from tests.lab.docker.events import matches
from tests.lab.portainer import Portainer

from .conftest import House, until

pytest_plugins = ["tests.harness"]
pytestmark = pytest.mark.usefixtures("all_entities_enabled")

_OWN = ("event_type", "event_types", "friendly_name", "device_class", "icon")
_ONE = "one"

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


@pytest.fixture
async def house(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> AsyncGenerator[House]:
    """Give a loaded engine with three containers whose stream stands."""
    docker_engine.restart_delay = None
    docker_engine.health_delay = 1000
    docker_engine.add(name=_ONE)
    docker_engine.add(name="sick", health="healthy")
    docker_engine.add(name="app-web-1", project="app", service="web")
    entry = await set_up("docker", url=docker_engine.url)
    house = House(hass, entry)
    await streaming(house)
    yield house
    await hass.config_entries.async_unload(entry.entry_id)


async def streaming(house: House, count: int = 1) -> None:
    """Wait until the streams stand, and what is read then was read."""
    watcher = house.entry.runtime_data.coordinators["containers"].watcher
    await until(lambda: watcher.open_count == count)
    await asyncio.sleep(0.05)


def _kill(engine: SimulatedEngine, signal: str) -> Callable[[], None]:
    return lambda: engine.kill(_ONE, signal)


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        ("pause", [("pause", {})]),
        ("stop", [("kill", {"signal": "15"}), ("stop", {}), ("die", {"exit_code": 0})]),
        (
            "restart",
            [
                ("kill", {"signal": "15"}),
                ("stop", {}),
                ("die", {"exit_code": 0}),
                ("start", {}),
                ("restart", {}),
            ],
        ),
        ("kill", [("kill", {"signal": "9"}), ("die", {"exit_code": 137})]),
        ("die", [("die", {"exit_code": 1})]),
        ("oom", [("oom", {}), ("die", {"exit_code": 137})]),
        (
            "remove",
            [("kill", {"signal": "9"}), ("die", {"exit_code": 137}), ("destroy", {})],
        ),
    ],
)
async def test_what_happens_is_told(
    happens: str, told: list[Told], house: House, docker_engine: SimulatedEngine
) -> None:
    listener = Listener(house, house.container(_ONE))
    getattr(docker_engine, happens)(_ONE)
    await listener.until(told[-1][0])
    await asyncio.sleep(0.2)  # time enough to tell something twice
    assert listener.told == told


async def test_pause_ends(house: House, docker_engine: SimulatedEngine) -> None:
    docker_engine.pause(_ONE)
    path = house.container(_ONE)
    await house.until(path, "container_state", "paused")
    listener = Listener(house, path)
    docker_engine.unpause(_ONE)
    await house.until(path, "container_state", "running")
    assert listener.told == [("unpause", {})]


async def test_changed_configuration_is_told(house: House, docker_engine: SimulatedEngine) -> None:
    listener = Listener(house, house.container(_ONE))
    docker_engine.emit(docker_engine.find(_ONE), "update")
    await listener.until("update")
    assert listener.told == [("update", {})]


@pytest.mark.parametrize("word", ["unhealthy", "starting"])
async def test_health_is_told_and_shown_at_once(
    word: str, house: House, docker_engine: SimulatedEngine
) -> None:
    """Probes, of which the engine tells three events each, are not told."""
    path = house.container("sick")
    listener = Listener(house, path)
    docker_engine.reset_counts()
    docker_engine.set_health("sick", word)
    await listener.until(word)
    # The event says it: nothing had to be asked for.
    assert house.value(path, "container_health") == word
    assert docker_engine.count("/json") == 0
    docker_engine.set_health("sick", "healthy")
    await listener.until("healthy")
    assert listener.told == [(word, {}), ("healthy", {})]


async def test_recreation_is_told_by_one_entity(
    house: House, docker_engine: SimulatedEngine
) -> None:
    """The new container's creation, the old one's end, the new name: all of it is "app/web"."""
    listener = Listener(house, house.container("app/web"))
    new = docker_engine.recreate("app-web-1")
    await listener.until("start")
    assert listener.told == [
        ("create", {}),
        ("kill", {"signal": "15"}),
        ("stop", {}),
        ("die", {"exit_code": 0}),
        ("destroy", {}),
        ("rename", {"old_name": f"{_before(docker_engine, 'destroy')[:12]}_app-web-1"}),
        ("start", {}),
    ]
    await until(
        lambda: (
            house.entry.runtime_data.items("containers")[house.container("app/web")].id == new.id
        )
    )
    await house.until(house.container("app/web"), "container_state", "running")


def _before(engine: SimulatedEngine, action: str) -> str:
    """Return the id of the container to which that happened last."""
    found: str = next(
        event["Actor"]["ID"] for event in reversed(engine.bus.recent) if event["Action"] == action
    )
    return found


async def test_restart_loop_is_told_once(house: House, docker_engine: SimulatedEngine) -> None:
    path = house.container(_ONE)
    listener = Listener(house, path)
    docker_engine.find(_ONE).restart_policy = "always"
    for times in range(1, 6):
        docker_engine.die(_ONE, 7)
        await listener.until("die", times)
        docker_engine.come_back(_ONE)
        await listener.until("start", times)
        await asyncio.sleep(0.15)  # until it was inspected
    assert [told for told in listener.told if told[0] == "restart_loop"] == [
        ("restart_loop", {"restarts": 3})
    ]
    assert house.value(path, "container_restart_loop") == "on"
    assert house.value(path, "container_restart_count") == "5"


async def test_every_type_is_declared(house: House) -> None:
    state = house.find(house.container(_ONE), "container_event")
    assert state is not None
    assert state.attributes["event_types"] == EVENT_TYPES


# --- What is no event, or only one ----------------------------------------------------------------


async def test_polls_never_tell_it_again(
    hass: HomeAssistant, house: House, docker_engine: SimulatedEngine
) -> None:
    listener = Listener(house, house.container(_ONE))
    docker_engine.stop(_ONE)
    await listener.until("die")
    before = house.find(house.container(_ONE), "container_event")
    told = list(listener.told)
    for group in ("containers", "usage", "engine") * 2:
        await house.refresh(group)
    assert listener.told == told
    # Nor does loading the entry again, although the engine still has them.
    await hass.config_entries.async_reload(house.entry.entry_id)
    await streaming(house)
    docker_engine.cut()
    await streaming(house)
    assert listener.types == [*(word for word, _ in told), *listener.types[len(told) :]]
    after = house.find(house.container(_ONE), "container_event")
    assert before is not None
    assert after is not None
    assert after.state == before.state


async def test_out_of_memory_once_in_a_life(house: House, docker_engine: SimulatedEngine) -> None:
    """The kernel tells of every process that it killed; the container ran out of memory once."""
    path = house.container(_ONE)
    listener = Listener(house, path)
    docker_engine.oom(_ONE, times=5)
    await house.until(path, "container_out_of_memory", "on")
    docker_engine.start(_ONE)
    await house.until(path, "container_out_of_memory", "off")
    docker_engine.oom(_ONE, times=2)
    await listener.until("die", 2)
    assert listener.types == ["oom", "die", "start", "oom", "die"]


async def test_out_of_memory_right_after_a_start(
    house: House, docker_engine: SimulatedEngine
) -> None:
    """A container that runs out of memory again before anybody looked has a new life too."""
    listener = Listener(house, house.container(_ONE))
    docker_engine.oom(_ONE)
    docker_engine.start(_ONE)
    docker_engine.oom(_ONE)
    await listener.until("die", 2)
    assert listener.types == ["oom", "die", "start", "oom", "die"]


async def test_hangup_is_no_stop(house: House, docker_engine: SimulatedEngine) -> None:
    path = house.container(_ONE)
    listener = Listener(house, path)
    docker_engine.kill(_ONE, "HUP")
    await listener.until("kill")
    await asyncio.sleep(0.2)
    assert listener.told == [("kill", {"signal": "1"})]
    assert house.value(path, "container_state") == "running"
    assert house.value(path, "container_power") == "on"


@pytest.mark.parametrize(("signal", "loop"), [("HUP", "on"), ("TERM", "off")])
async def test_crash_after_a_signal(
    signal: str, loop: str, house: House, docker_engine: SimulatedEngine
) -> None:
    """Who dies of reading its configuration again has crashed; who was told to end has not."""
    path = house.container(_ONE)
    listener = Listener(house, path)
    for times in range(1, 4):
        docker_engine.kill(_ONE, signal)
        if signal == "HUP":
            docker_engine.die(_ONE, 1)
        await listener.until("die", times)
        docker_engine.start(_ONE)
        await listener.until("start", times)
        await asyncio.sleep(0.15)
    assert house.value(path, "container_restart_loop") == loop


@pytest.mark.parametrize("fault", ["server_error", "not_found", "half_body"])
async def test_container_that_could_not_be_inspected_is_looked_at_again(
    fault: str, house: House, docker_engine: SimulatedEngine
) -> None:
    """An event tells that it runs again; how often it was restarted has to be asked for."""
    path = house.container(_ONE)
    listener = Listener(house, path)
    one = docker_engine.find(_ONE)
    one.restart_policy = "always"
    with getattr(docker_engine.faults, fault)(rf"/containers/{one.id}/json"):
        docker_engine.die(_ONE, 1)
        docker_engine.come_back(_ONE)
        await listener.until("start")
        await asyncio.sleep(0.2)
        assert house.value(path, "container_state") == "running"
        assert house.value(path, "container_restart_count") == "0"
    await house.refresh("containers")
    assert house.value(path, "container_restart_count") == "1"
    docker_engine.reset_counts()
    await house.refresh("containers")
    assert docker_engine.count("/json") == 1, "the list alone"


async def test_rename_moves_what_is_known_by_name(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    """Who has no compose label is its name: the new one comes at once, and the old one goes.

    Not at once: whoever sets a container aside for another gives that one its name.
    """
    docker_engine.rename(_ONE, "uno")
    uno = house.container("uno")
    await until(lambda: house.device(uno) is not None)
    assert house.value(uno, "container_state") == "running"
    assert house.device(house.container(_ONE)) is not None
    await clock.forward(10.5)
    await house.until(house.container(_ONE), "container_state", "removing")
    await clock.forward(12)
    await until(lambda: house.device(house.container(_ONE)) is None)
    listener = Listener(house, uno)
    docker_engine.pause("uno")
    await listener.until("pause")


# --- The stream -----------------------------------------------------------------------------------


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
    listener = Listener(house, house.container(_ONE))
    other = Listener(house, house.container("sick"))
    for number in range(24):
        docker_engine.restart(_ONE)
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
    docker_engine.die(_ONE, 42)
    docker_engine.die("sick", 42)
    await listener.until("die", 25)
    await other.until("die")
    assert listener.types == _expected(docker_engine, _ONE, since)
    assert other.types == _expected(docker_engine, "sick", since)
    assert len(listener.types) == 24 * 5 + 1
    assert house.value(house.container(_ONE), "container_exit_code") == "42"


async def test_events_while_the_engine_was_away(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    since = docker_engine.clock.stamp()
    listener = Listener(house, house.container(_ONE))
    await docker_engine.refuse()
    docker_engine.restart(_ONE)
    await asyncio.sleep(0.05)
    await clock.forward(5)
    docker_engine.stop(_ONE)
    await docker_engine.accept()
    for _ in range(4):
        await clock.forward(10)
    await listener.until("die", 2)
    assert listener.types == _expected(docker_engine, _ONE, since)


async def test_stream_that_is_closed_for_age_loses_nothing(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    """Every ten minutes the stream is opened anew, in case it died silently."""
    since = docker_engine.clock.stamp()
    listener = Listener(house, house.container(_ONE))
    docker_engine.restart(_ONE)
    await listener.until("restart")
    docker_engine.reset_counts()
    await clock.forward(601)
    docker_engine.restart(_ONE)
    await clock.forward(1.2)
    await streaming(house)
    await listener.until("restart", 2)
    assert docker_engine.count("/events") == 1
    assert listener.types == _expected(docker_engine, _ONE, since)


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
    listener = Listener(house, house.container(_ONE))
    monkeypatch.setattr(
        server, "matches", lambda filters, event: event is broken or matches(filters, event)
    )
    for queue in docker_engine.bus._subscribers:
        queue.put_nowait(broken)
    docker_engine.pause(_ONE)
    await listener.until("pause")
    assert listener.told == [("pause", {})]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    docker_engine.cut()
    await asyncio.sleep(0.02)
    docker_engine.unpause(_ONE)
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
            engine.add(name=_ONE)
        portainer.add_environment("second", second.url)
        entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
        houses = {number: House(hass, entry, (f"environment:{number}",)) for number in engines}
        await streaming(houses[1], 2)
        since = {number: engine.clock.stamp() for number, engine in engines.items()}
        listeners = {
            number: Listener(house, house.container(_ONE)) for number, house in houses.items()
        }
        docker_engine.restart(_ONE)
        second.cut()
        second.die(_ONE, 9)
        portainer.cut()
        docker_engine.pause(_ONE)
        await clock.forward(1.2)
        await streaming(houses[1], 2)
        docker_engine.unpause(_ONE)
        second.start(_ONE)
        await listeners[1].until("unpause")
        await listeners[2].until("start")
        for number, listener in listeners.items():
            assert listener.types == _expected(engines[number], _ONE, since[number])
        assert ("die", {"exit_code": 9}) in listeners[2].told
        await hass.config_entries.async_unload(entry.entry_id)

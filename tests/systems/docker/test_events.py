"""The event entity: everything that happens to a container, once, in order, with its details."""

import asyncio
from collections.abc import AsyncGenerator

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.systems.docker.events import EVENT_TYPES
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine

from .conftest import House, until
from .listening import ONE, Listener, Told, streaming, three_containers

pytest_plugins = ["tests.harness"]
pytestmark = pytest.mark.usefixtures("all_entities_enabled")


@pytest.fixture
async def house(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> AsyncGenerator[House]:
    """Give a loaded engine with three containers whose stream stands."""
    async with three_containers(hass, docker_engine, set_up) as house:
        yield house


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
    listener = Listener(house, house.container(ONE))
    getattr(docker_engine, happens)(ONE)
    await listener.until(told[-1][0])
    await asyncio.sleep(0.2)  # time enough to tell something twice
    assert listener.told == told


async def test_pause_ends(house: House, docker_engine: SimulatedEngine) -> None:
    docker_engine.pause(ONE)
    path = house.container(ONE)
    await house.until(path, "container_state", "paused")
    listener = Listener(house, path)
    docker_engine.unpause(ONE)
    await house.until(path, "container_state", "running")
    assert listener.told == [("unpause", {})]


async def test_changed_configuration_is_told(house: House, docker_engine: SimulatedEngine) -> None:
    listener = Listener(house, house.container(ONE))
    docker_engine.emit(docker_engine.find(ONE), "update")
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
    path = house.container(ONE)
    listener = Listener(house, path)
    docker_engine.find(ONE).restart_policy = "always"
    for times in range(1, 6):
        docker_engine.die(ONE, 7)
        await listener.until("die", times)
        docker_engine.come_back(ONE)
        await listener.until("start", times)
        await asyncio.sleep(0.15)  # until it was inspected
    assert [told for told in listener.told if told[0] == "restart_loop"] == [
        ("restart_loop", {"restarts": 3})
    ]
    assert house.value(path, "container_restart_loop") == "on"
    assert house.value(path, "container_restart_count") == "5"


async def test_every_type_is_declared(house: House) -> None:
    state = house.find(house.container(ONE), "container_event")
    assert state is not None
    assert state.attributes["event_types"] == EVENT_TYPES


# --- What is no event, or only one ----------------------------------------------------------------


async def test_polls_never_tell_it_again(
    hass: HomeAssistant, house: House, docker_engine: SimulatedEngine
) -> None:
    listener = Listener(house, house.container(ONE))
    docker_engine.stop(ONE)
    await listener.until("die")
    before = house.find(house.container(ONE), "container_event")
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
    after = house.find(house.container(ONE), "container_event")
    assert before is not None
    assert after is not None
    assert after.state == before.state


async def test_out_of_memory_once_in_a_life(house: House, docker_engine: SimulatedEngine) -> None:
    """The kernel tells of every process that it killed; the container ran out of memory once."""
    path = house.container(ONE)
    listener = Listener(house, path)
    docker_engine.oom(ONE, times=5)
    await house.until(path, "container_out_of_memory", "on")
    docker_engine.start(ONE)
    await house.until(path, "container_out_of_memory", "off")
    docker_engine.oom(ONE, times=2)
    await listener.until("die", 2)
    assert listener.types == ["oom", "die", "start", "oom", "die"]


async def test_out_of_memory_right_after_a_start(
    house: House, docker_engine: SimulatedEngine
) -> None:
    """A container that runs out of memory again before anybody looked has a new life too."""
    listener = Listener(house, house.container(ONE))
    docker_engine.oom(ONE)
    docker_engine.start(ONE)
    docker_engine.oom(ONE)
    await listener.until("die", 2)
    assert listener.types == ["oom", "die", "start", "oom", "die"]


async def test_hangup_is_no_stop(house: House, docker_engine: SimulatedEngine) -> None:
    path = house.container(ONE)
    listener = Listener(house, path)
    docker_engine.kill(ONE, "HUP")
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
    path = house.container(ONE)
    listener = Listener(house, path)
    for times in range(1, 4):
        docker_engine.kill(ONE, signal)
        if signal == "HUP":
            docker_engine.die(ONE, 1)
        await listener.until("die", times)
        docker_engine.start(ONE)
        await listener.until("start", times)
        await asyncio.sleep(0.15)
    assert house.value(path, "container_restart_loop") == loop


@pytest.mark.parametrize("fault", ["server_error", "not_found", "half_body"])
async def test_container_that_could_not_be_inspected_is_looked_at_again(
    fault: str, house: House, docker_engine: SimulatedEngine
) -> None:
    """An event tells that it runs again; how often it was restarted has to be asked for."""
    path = house.container(ONE)
    listener = Listener(house, path)
    one = docker_engine.find(ONE)
    one.restart_policy = "always"
    with getattr(docker_engine.faults, fault)(rf"/containers/{one.id}/json"):
        docker_engine.die(ONE, 1)
        docker_engine.come_back(ONE)
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
    docker_engine.rename(ONE, "uno")
    uno = house.container("uno")
    await until(lambda: house.device(uno) is not None)
    assert house.value(uno, "container_state") == "running"
    assert house.device(house.container(ONE)) is not None
    await clock.forward(10.5)
    await house.until(house.container(ONE), "container_state", "removing")
    await clock.forward(12)
    await until(lambda: house.device(house.container(ONE)) is None)
    listener = Listener(house, uno)
    docker_engine.pause("uno")
    await listener.until("pause")

"""The restart: what is restarted, what is left alone, and when it is given up."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    ServiceCall,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests import harness
from tests.conftest import SetUp
from tests.lab.docker import SimulatedEngine

from .conftest import QUIET, RESTART, Automate, Docker, connect, settled

WAIT = {"seconds": 0.3}
WORDS = "{{ verdict }}: {{ title }}. {{ message }}"
TELL = [{"action": "test.tell", "data": {"text": WORDS}}]

type Happening = Callable[[SimulatedEngine], Any]


@pytest.fixture
async def docker(hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp) -> Docker:
    """Give a host with two containers."""
    docker_engine.add("web", health="healthy")
    docker_engine.add("db")
    return await connect(hass, set_up, docker_engine.url)


@pytest.fixture
def told(hass: HomeAssistant) -> list[ServiceCall]:
    """Give what the automation tells by its actions."""
    calls: list[ServiceCall] = async_mock_service(hass, "test", "tell")
    return calls


@pytest.fixture
def restarts(hass: HomeAssistant, docker: Docker) -> list[str]:
    """Give the names of the containers that were started, as the engine is asked to."""
    seen: list[str] = []
    for name in ("web", "db"):

        @callback
        def note(change: Event[EventStateChangedData], name: str = name) -> None:
            new = change.data["new_state"]
            if new is not None and new.attributes.get("event_type") == "restart":
                seen.append(name)

        async_track_state_change_event(hass, docker.event(name), note)
    return seen


def _has(found: list[str], count: int) -> bool:
    return len(found) == count


async def _running(engine: SimulatedEngine, name: str = "web") -> None:
    await harness.until(lambda: engine.find(name).running)


@pytest.mark.parametrize(
    "happen",
    [
        lambda engine: engine.die("web", 1),
        lambda engine: engine.oom("web"),
        lambda engine: engine.set_health("web", "unhealthy"),
    ],
)
async def test_it_restarts_what_failed(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    told: list[ServiceCall],
    restarts: list[str],
    happen: Happening,
) -> None:
    await automate(RESTART, container=docker.event("web"), wait=WAIT, actions=TELL)
    happen(docker_engine)
    docker_engine.find("web").health_goal = "healthy"
    await harness.until(lambda: restarts)
    await _running(docker_engine)
    await asyncio.sleep(QUIET)
    assert restarts == ["web"]
    assert not told


async def test_the_kernels_word_may_come_after_the_death(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, restarts: list[str]
) -> None:
    await automate(RESTART, container=docker.event("web"), wait=WAIT)
    docker_engine.die("web", 137)
    docker_engine.emit(docker_engine.find("web"), "oom")
    await harness.until(lambda: restarts)
    assert docker_engine.find("web").running


def _crash_and_return(engine: SimulatedEngine) -> None:
    engine.die("web", 1)
    engine.start("web")


def _fail_and_recover(engine: SimulatedEngine) -> None:
    engine.set_health("web", "unhealthy")
    engine.set_health("web", "healthy")


def _fail_and_be_stopped(engine: SimulatedEngine) -> None:
    engine.set_health("web", "unhealthy")
    engine.stop("web")


def _fail_and_be_killed(engine: SimulatedEngine) -> None:
    engine.set_health("web", "unhealthy")
    engine.kill("web")


def _crash_under_a_policy(engine: SimulatedEngine) -> None:
    engine.restart_delay = None
    engine.find("web").restart_policy = "always"
    engine.die("web", 1)


def _stop_as_engine_20_does(engine: SimulatedEngine) -> None:
    container = engine.find("web")
    engine.emit(container, "kill", signal="15")
    engine.emit(container, "die", exitCode="143")
    engine.emit(container, "stop")


@pytest.mark.parametrize(
    "happen",
    [
        lambda engine: engine.stop("web"),
        lambda engine: engine.kill("web"),
        lambda engine: engine.recreate("web"),
        lambda engine: engine.remove("web"),
        lambda engine: engine.die("web", 0),
        lambda engine: engine.die("db", 1),
        _crash_and_return,
        _fail_and_recover,
        _fail_and_be_stopped,
        _fail_and_be_killed,
        _crash_under_a_policy,
        _stop_as_engine_20_does,
    ],
)
async def test_it_leaves_alone(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    told: list[ServiceCall],
    restarts: list[str],
    happen: Happening,
) -> None:
    await automate(RESTART, container=docker.event("web"), wait=WAIT, tell_each=True, actions=TELL)
    happen(docker_engine)
    await settled(docker.hass)
    assert not restarts
    assert not told


@pytest.mark.parametrize("reason", ["died", "unhealthy"])
async def test_a_reason_that_is_not_chosen_restarts_nothing(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    restarts: list[str],
    reason: str,
) -> None:
    await automate(RESTART, container=docker.event("web"), wait=WAIT, reasons=[reason])
    if reason == "died":
        docker_engine.set_health("web", "unhealthy")
    else:
        docker_engine.die("web", 1)
    await settled(docker.hass)
    assert not restarts


async def test_after_the_limit_it_gives_up_and_tells_until_the_time_is_over(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    told: list[ServiceCall],
    restarts: list[str],
) -> None:
    automation = await automate(
        RESTART,
        container=docker.event("web"),
        wait=WAIT,
        limit=2,
        window={"seconds": 12},
        actions=TELL,
    )
    for count in (1, 2):
        docker_engine.die("web", 3)
        await harness.until(partial(_has, restarts, count))
    assert not told
    docker_engine.die("web", 3)
    await harness.until(lambda: told)
    assert told[0].data["text"] == (
        "gave_up: web is left alone now. It died with exit code 3. "
        "It has been restarted 2 times already; please have a look."
    )
    assert restarts == ["web", "web"]
    assert not docker_engine.find("web").running

    def no_restart_counts() -> bool:
        state = docker.hass.states.get(automation)
        return state is not None and state.attributes["current"] == 0

    await harness.until(no_restart_counts, 20)
    docker_engine.start("web")
    docker_engine.die("web", 3)
    await harness.until(lambda: len(restarts) == 3)
    assert len(told) == 1


async def test_what_came_back_by_itself_does_not_count(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    told: list[ServiceCall],
    restarts: list[str],
) -> None:
    await automate(
        RESTART, container=docker.event("web"), wait={"seconds": 1}, limit=1, actions=TELL
    )
    for _ in range(5):
        docker_engine.die("web", 1)
        docker_engine.start("web")
        await asyncio.sleep(0.05)
    docker_engine.die("web", 1)
    await harness.until(lambda: restarts)
    await asyncio.sleep(QUIET)
    assert restarts == ["web"]
    assert not told


async def test_every_restart_is_told_where_that_is_wanted(
    hass: HomeAssistant, docker: Docker, docker_engine: SimulatedEngine, automate: Automate
) -> None:
    sent = async_mock_service(hass, "notify", "send_message")
    await automate(
        RESTART,
        container=docker.event("web"),
        wait=WAIT,
        tell_each=True,
        notify_entities=["notify.family"],
    )
    docker_engine.set_health("web", "unhealthy")
    await harness.until(lambda: sent)
    assert sent[0].data["title"] == "web was restarted"
    assert sent[0].data["message"] == "It became unhealthy. Restart 1 of 3."
    assert sent[0].data["entity_id"] == ["notify.family"]


async def test_a_restart_that_fails_is_told(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    told: list[ServiceCall],
) -> None:
    await automate(RESTART, container=docker.event("web"), wait=WAIT, actions=TELL)
    docker_engine.die("web", 1)
    docker_engine.find("web").start_error = "exec: not found"
    await harness.until(lambda: told, 10)
    assert told[0].data["text"].startswith("failed: web could not be restarted.")

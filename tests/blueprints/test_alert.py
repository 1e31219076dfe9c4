"""The alert: what is told of, what is not, how often, and the buttons on the phone."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, label_registry as lr
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests import harness
from tests.conftest import SetUp
from tests.lab.docker import SimulatedEngine

from .conftest import ALERT, Automate, Docker, Phone, connect

WAIT = {"seconds": 0.3}
EVERYTHING = ["died", "out_of_memory", "unhealthy", "restart_loop", "stopped", "finished"]

type Happening = Callable[[SimulatedEngine], Any]


@pytest.fixture
async def docker(hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp) -> Docker:
    """Give a host with two containers, of which one belongs to a stack."""
    docker_engine.add("web", health="healthy", logs=["first line", "last line"])
    docker_engine.add("db", project="site")
    return await connect(hass, set_up, docker_engine.url)


@pytest.mark.parametrize(
    ("kind", "happen", "title", "message"),
    [
        ("died", lambda engine: engine.die("web", 7), "web died", "exit code 7"),
        ("out_of_memory", lambda engine: engine.oom("web"), "web ran out of memory", "kernel"),
        (
            "unhealthy",
            lambda engine: engine.set_health("web", "unhealthy"),
            "web is unhealthy",
            "health check",
        ),
        (
            "restart_loop",
            lambda engine: engine.loop("web"),
            "web is restarted over and over",
            "3 times",
        ),
        ("stopped", lambda engine: engine.stop("web"), "web was stopped", "Somebody"),
        ("stopped", lambda engine: engine.kill("web"), "web was stopped", "Somebody"),
        ("finished", lambda engine: engine.die("web", 0), "web has ended", "without an error"),
    ],
)
async def test_each_kind_is_told_where_it_is_wanted(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    phone: Phone,
    kind: str,
    happen: Happening,
    title: str,
    message: str,
) -> None:
    inputs = {"containers": docker.targets("web"), "wait": WAIT, "phones": [phone.device_id]}
    await automate(ALERT, kinds=[kind], **inputs)
    happen(docker_engine)
    told = await phone.gets(1)
    assert told.data["title"] == title
    assert message in told.data["message"]
    await phone.gets_nothing_more(1)


@pytest.mark.parametrize(
    ("kind", "happen"),
    [
        ("died", lambda engine: engine.die("web", 7)),
        ("out_of_memory", lambda engine: engine.oom("web")),
        ("unhealthy", lambda engine: engine.set_health("web", "unhealthy")),
        ("stopped", lambda engine: engine.stop("web")),
        ("finished", lambda engine: engine.die("web", 0)),
    ],
)
async def test_a_kind_that_is_not_wanted_is_not_told(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    phone: Phone,
    kind: str,
    happen: Happening,
) -> None:
    others = [one for one in EVERYTHING if one != kind]
    inputs = {"containers": docker.targets("web"), "wait": WAIT, "phones": [phone.device_id]}
    await automate(ALERT, kinds=others, **inputs)
    happen(docker_engine)
    await phone.gets_nothing_more()


def _crash_and_return(engine: SimulatedEngine) -> None:
    engine.die("web", 1)
    engine.start("web")


def _fail_and_recover(engine: SimulatedEngine) -> None:
    engine.set_health("web", "unhealthy")
    engine.set_health("web", "healthy")


def _run_out_of_memory_and_return(engine: SimulatedEngine) -> None:
    engine.oom("web")
    engine.start("web")


def _stop_as_engine_20_does(engine: SimulatedEngine) -> None:
    container = engine.find("web")
    engine.emit(container, "kill", signal="15")
    engine.emit(container, "die", exitCode="143")
    engine.emit(container, "stop")


def _stop_a_paused_one_as_engine_20_does(engine: SimulatedEngine) -> None:
    container = engine.find("web")
    engine.emit(container, "kill", signal="15")
    engine.emit(container, "unpause")
    engine.emit(container, "die", exitCode="143")
    engine.emit(container, "stop")


@pytest.mark.parametrize(
    "happen",
    [
        lambda engine: engine.stop("web"),
        lambda engine: engine.kill("web"),
        lambda engine: engine.restart("web"),
        lambda engine: engine.recreate("web"),
        lambda engine: engine.remove("web"),
        lambda engine: engine.pause("web"),
        lambda engine: engine.die("web", 0),
        lambda engine: engine.die("db", 1),
        _crash_and_return,
        _fail_and_recover,
        _run_out_of_memory_and_return,
        _stop_as_engine_20_does,
        _stop_a_paused_one_as_engine_20_does,
    ],
)
async def test_what_is_no_trouble_is_not_told(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    phone: Phone,
    happen: Happening,
) -> None:
    inputs = {"containers": docker.targets("web"), "wait": WAIT, "phones": [phone.device_id]}
    await automate(ALERT, **inputs)
    happen(docker_engine)
    await phone.gets_nothing_more()


async def test_a_signal_to_reload_excuses_no_death(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, phone: Phone
) -> None:
    inputs = {"containers": docker.targets("web"), "wait": WAIT, "phones": [phone.device_id]}
    await automate(ALERT, **inputs)
    docker_engine.kill("web", "HUP")
    docker_engine.die("web", 2)
    await phone.gets(1)
    assert phone.titles == ["web died"]


@pytest.mark.parametrize("kinds", [["died"], ["died", "restart_loop"]])
async def test_a_death_that_is_one_too_many_is_told_once(
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    phone: Phone,
    kinds: list[str],
) -> None:
    inputs = {"containers": docker.targets("web"), "wait": WAIT, "phones": [phone.device_id]}
    for _ in range(2):
        docker_engine.die("web", 1)
        docker_engine.start("web")
        await asyncio.sleep(0.5)
    docker_engine.die("web", 1)
    await docker.sees("web", "die")
    await automate(ALERT, kinds=kinds, **inputs)
    docker_engine.start("web")
    docker_engine.die("web", 1)
    await phone.gets(1)
    looping = "restart_loop" in kinds
    assert phone.titles == ["web is restarted over and over" if looping else "web died"]
    await phone.gets_nothing_more(1)


async def test_a_death_for_want_of_memory_is_told_once_in_either_order(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, phone: Phone
) -> None:
    both = docker.targets("web", "site/db")
    await automate(ALERT, containers=both, wait=WAIT, phones=[phone.device_id])
    docker_engine.oom("web")
    database = docker_engine.find("db")
    docker_engine.emit(database, "die", exitCode="137")
    docker_engine.emit(database, "oom")
    await phone.gets(2)
    assert sorted(phone.titles) == ["db ran out of memory", "web ran out of memory"]
    assert any("Part of site." in call.data["message"] for call in phone.messages)
    await phone.gets_nothing_more(2)


async def test_quiet_time_is_each_containers_own(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, phone: Phone
) -> None:
    await automate(
        ALERT,
        containers=docker.targets("web", "site/db"),
        wait=WAIT,
        cooldown={"seconds": 6},
        phones=[phone.device_id],
    )
    docker_engine.die("web", 1)
    await phone.gets(1)
    docker_engine.start("web")
    docker_engine.die("web", 2)
    docker_engine.die("db", 3)
    await phone.gets(2)
    assert phone.titles == ["web died", "db died"]
    await phone.gets_nothing_more(2)
    await asyncio.sleep(5)
    docker_engine.start("web")
    docker_engine.die("web", 4)
    told = await phone.gets(3)
    assert "exit code 4" in told.data["message"]


async def test_a_label_brings_in_containers_that_get_it_later(
    hass: HomeAssistant,
    docker: Docker,
    docker_engine: SimulatedEngine,
    automate: Automate,
    phone: Phone,
) -> None:
    label = lr.async_get(hass).async_create("Watched")
    target = {"label_id": [label.label_id]}
    await automate(ALERT, containers=target, wait=WAIT, phones=[phone.device_id])
    dr.async_get(hass).async_update_device(docker.device("web"), labels={label.label_id})
    await hass.async_block_till_done()
    docker_engine.die("web", 1)
    docker_engine.die("db", 1)
    await phone.gets(1)
    assert phone.titles == ["web died"]
    await phone.gets_nothing_more(1)


async def test_other_receivers_and_actions_get_it_too(
    hass: HomeAssistant, docker: Docker, docker_engine: SimulatedEngine, automate: Automate
) -> None:
    sent = async_mock_service(hass, "notify", "send_message")
    others = async_mock_service(hass, "test", "tell")
    words = "{{ kind }} {{ container }} {{ title }} {{ device_id }} {{ event_entity }}"
    await automate(
        ALERT,
        containers=docker.targets("web"),
        wait=WAIT,
        notify_entities=["notify.family"],
        actions=[{"action": "test.tell", "data": {"text": words}}],
    )
    docker_engine.die("web", 5)
    await harness.until(lambda: sent and others)
    assert sent[0].data["entity_id"] == ["notify.family"]
    assert sent[0].data["title"] == "web died"
    assert "exit code 5" in sent[0].data["message"]
    device_id, event = docker.device("web"), docker.event("web")
    assert others[0].data["text"] == f"died web web died {device_id} {event}"


async def test_restart_restarts_the_right_container(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, phone: Phone
) -> None:
    both = docker.targets("web", "site/db")
    await automate(ALERT, containers=both, wait=WAIT, phones=[phone.device_id])
    docker_engine.die("db", 1)
    docker_engine.die("web", 1)
    await phone.gets(2)
    web = next(call for call in phone.messages if call.data["title"] == "web died")
    phone.messages.remove(web)
    phone.messages.append(web)
    phone.press(phone.buttons()["Restart"])
    answer = await phone.gets(3)
    assert (answer.data["title"], answer.data["message"]) == ("web", "Was restarted.")
    assert docker_engine.find("web").running
    assert not docker_engine.find("db").running


async def test_show_log_sends_the_last_lines(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, phone: Phone
) -> None:
    await automate(
        ALERT,
        containers=docker.targets("web"),
        wait=WAIT,
        log_lines=2,
        phones=[phone.device_id],
    )
    docker_engine.write_log("web", "a cry")
    docker_engine.die("web", 1)
    await phone.gets(1)
    phone.press(phone.buttons()["Show log"])
    answer = await phone.gets(2)
    assert answer.data["title"] == "web: log"
    assert answer.data["message"] == "last line\na cry"


async def test_only_the_automation_that_sent_a_button_answers_to_it(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, phone: Phone
) -> None:
    inputs = {"wait": WAIT, "phones": [phone.device_id]}
    await automate(ALERT, containers=docker.targets("web"), **inputs)
    await automate(ALERT, containers=docker.targets("site/db"), **inputs)
    docker_engine.die("web", 1)
    await phone.gets(1)
    phone.press("HSM_RESTART")
    phone.press("SOMETHING_ELSE")
    phone.press(phone.buttons()["Show log"])
    await phone.gets(2)
    await phone.gets_nothing_more(2)
    assert not docker_engine.find("web").running


async def test_without_control_there_is_no_restart_button(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    automate: Automate,
    phone: Phone,
) -> None:
    docker_engine.add("web")
    docker = await connect(hass, set_up, docker_engine.url, allow_control=False)
    await automate(ALERT, containers=docker.targets("web"), wait=WAIT, phones=[phone.device_id])
    docker_engine.die("web", 1)
    await phone.gets(1)
    assert list(phone.buttons()) == ["Show log"]


async def test_a_restart_that_is_refused_is_said_to_be(
    docker: Docker, docker_engine: SimulatedEngine, automate: Automate, phone: Phone
) -> None:
    await automate(ALERT, containers=docker.targets("web"), wait=WAIT, phones=[phone.device_id])
    docker_engine.die("web", 1)
    await phone.gets(1)
    docker_engine.find("web").start_error = "exec: not found"
    phone.press(phone.buttons()["Restart"])
    answer = await phone.gets(2, 15)
    assert "Could not be restarted" in answer.data["message"]

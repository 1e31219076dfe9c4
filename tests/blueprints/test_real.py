"""Both blueprints against a real Docker Engine, whose containers really die."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests import harness
from tests.conftest import SetUp
from tests.lab.real import RealEngine
from tests.lab.real.engine import STAY

from .conftest import ALERT, RESTART, Automate, Phone, connect

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

WAIT = {"seconds": 1}
# Dies with 7 as soon as the file is there, and says so.
DIES = "echo alive; while [ ! -e /die ]; do sleep 0.1; done; echo dying; exit 7"


async def _ask(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call the engine's own API from a thread, as somebody at a terminal would."""
    return await asyncio.to_thread(function, *arguments, **options)


async def _end(engine: RealEngine, name: str) -> None:
    """Let a container end that waits for the file."""
    body = {"Cmd": ["touch", "/die"]}
    job = (await _ask(engine.call, "POST", f"/containers/{name}/exec", body))["Id"]
    await _ask(engine.request, "POST", f"/exec/{job}/start", {"Detach": True})


async def test_a_death_is_told_and_the_buttons_work(
    hass: HomeAssistant, real_docker: RealEngine, set_up: SetUp, automate: Automate, phone: Phone
) -> None:
    await _ask(real_docker.run, "web", f"if [ -e /die ]; then {STAY}; fi; {DIES}")
    await _ask(real_docker.run, "other")
    docker = await connect(hass, set_up, real_docker.tcp_url)
    both = docker.targets("web", "other")
    await automate(ALERT, containers=both, wait=WAIT, phones=[phone.device_id])
    await _end(real_docker, "web")
    told = await phone.gets(1)
    assert told.data["title"] == "web died"
    assert "exit code 7" in told.data["message"]
    buttons = phone.buttons()

    phone.press(buttons["Show log"])
    log = await phone.gets(2)
    assert log.data["message"] == "alive\ndying"

    phone.press(buttons["Restart"])
    answer = await phone.gets(3, 20)
    assert answer.data["message"] == "Was restarted."
    assert (await _ask(real_docker.state, "web"))["Running"]
    assert (await _ask(real_docker.inspect, "other"))["RestartCount"] == 0


async def _check_stops(
    hass: HomeAssistant, engine: RealEngine, set_up: SetUp, automate: Automate, phone: Phone
) -> None:
    names = ["stopped", "killed", "restarted", "paused"]
    for name in names:
        await _ask(engine.run, name)
    docker = await connect(hass, set_up, engine.tcp_url)
    inputs = {"containers": docker.targets(*names), "phones": [phone.device_id]}
    await automate(ALERT, wait=WAIT, **inputs)
    told = async_mock_service(hass, "test", "tell")
    for name in names:
        tell = [{"action": "test.tell", "data": {}}]
        event = docker.event(name)
        await automate(RESTART, container=event, wait=WAIT, tell_each=True, actions=tell)
    await _ask(engine.act, "stop", "stopped")
    await _ask(engine.act, "kill", "killed")
    await _ask(engine.act, "restart", "restarted")
    await _ask(engine.act, "pause", "paused")
    await _ask(engine.act, "stop", "paused")
    await docker.sees("paused", "die" if engine.version == "28.5" else "stop")
    await phone.gets_nothing_more()
    assert not told
    for name in ("stopped", "killed", "paused"):
        assert not (await _ask(engine.state, name))["Running"]


async def test_what_a_person_stops_is_neither_told_nor_restarted(
    hass: HomeAssistant, real_docker: RealEngine, set_up: SetUp, automate: Automate, phone: Phone
) -> None:
    await _check_stops(hass, real_docker, set_up, automate, phone)


async def test_the_same_with_the_order_of_older_engines(
    hass: HomeAssistant,
    real_docker_old: RealEngine,
    set_up: SetUp,
    automate: Automate,
    phone: Phone,
) -> None:
    await _check_stops(hass, real_docker_old, set_up, automate, phone)


async def test_sickness_loops_and_want_of_memory_are_told(
    hass: HomeAssistant, real_docker: RealEngine, set_up: SetUp, automate: Automate, phone: Phone
) -> None:
    # Waits for the file, so that Home Assistant sees what follows from its beginning.
    hold = "while [ ! -e /die ]; do sleep 0.1; done"
    await _ask(real_docker.run, "sick", healthcheck=True)
    await _ask(real_docker.run, "loop", f"{hold}; exit 3", restart="always")
    await _ask(real_docker.run, "greedy", f"{hold}; tail /dev/zero", memory=1 << 24)
    await _ask(real_docker.wait_for, "sick", lambda s: s["Health"]["Status"] == "healthy")
    docker = await connect(hass, set_up, real_docker.tcp_url)
    names = docker.targets("sick", "loop", "greedy")
    await automate(ALERT, containers=names, wait=WAIT, phones=[phone.device_id])
    await _ask(real_docker.set_healthy, "sick", False)
    await phone.gets(1, 20)
    await _end(real_docker, "loop")
    await phone.gets(2, 20)
    await _end(real_docker, "greedy")
    await phone.gets(3, 20)
    await phone.gets_nothing_more(3)
    assert phone.titles == [
        "sick is unhealthy",
        "loop is restarted over and over",
        "greedy ran out of memory",
    ]


async def test_it_restarts_up_to_the_limit_and_then_tells(
    hass: HomeAssistant, real_docker: RealEngine, set_up: SetUp, automate: Automate
) -> None:
    told: list[ServiceCall] = async_mock_service(hass, "test", "tell")
    await _ask(real_docker.run, "web", DIES)
    docker = await connect(hass, set_up, real_docker.tcp_url)
    await automate(
        RESTART,
        container=docker.event("web"),
        wait=WAIT,
        limit=2,
        actions=[{"action": "test.tell", "data": {"text": "{{ verdict }} {{ message }}"}}],
    )
    # The file stays, so that every later start ends at once.
    await _end(real_docker, "web")
    await harness.until(lambda: told, 30)
    assert told[0].data["text"] == (
        "gave_up It died with exit code 7. "
        "It has been restarted 2 times already; please have a look."
    )
    log = await _ask(real_docker.request, "GET", "/containers/web/logs?stdout=1")
    assert log.body.count(b"alive") == 3
    assert not (await _ask(real_docker.state, "web"))["Running"]


async def test_it_restarts_what_became_unhealthy(
    hass: HomeAssistant, real_docker: RealEngine, set_up: SetUp, automate: Automate
) -> None:
    await _ask(real_docker.run, "sick", healthcheck=True)
    await _ask(real_docker.wait_for, "sick", lambda s: s["Health"]["Status"] == "healthy")
    docker = await connect(hass, set_up, real_docker.tcp_url)
    await automate(RESTART, container=docker.event("sick"), wait=WAIT)
    before = await _ask(real_docker.state, "sick")
    await _ask(real_docker.set_healthy, "sick", False)
    await docker.sees("sick", "unhealthy")
    await docker.sees("sick", "restart", 20)
    await _ask(real_docker.set_healthy, "sick", True)
    await docker.sees("sick", "healthy")
    after = await _ask(real_docker.state, "sick")
    assert after["StartedAt"] != before["StartedAt"]
    assert after["Running"]

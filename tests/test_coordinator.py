"""The base coordinator: ok, failed or gone; fresh, ageing or silent; and never twice in the log."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest

from tests.conftest import SetUp
from tests.harness import ROOT, Clock, container, coordinator, device, entity_id, until, value
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer
from tests.one_engine import ignore, shows, told

ENVIRONMENT = ("environment:1",)
WEB = container("web")
LIST = r"/containers/json"


# --- Failed -------------------------------------------------------------------------------------


async def test_grace_period_and_one_line_each_way(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    entry: ConfigEntry,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    await docker_engine.refuse()
    await until(lambda: coordinator(entry, "containers").failures)
    await clock.forward(28)
    assert shows(hass, entry, web="running", db="running")()
    assert value(hass, entry, ROOT, "host_running") == "2"
    await clock.forward(3)
    await until(shows(hass, entry, web="unavailable", db="unavailable"))
    assert value(hass, entry, ROOT, "host_running") == "unavailable"
    assert value(hass, entry, WEB, "container_memory") == "unavailable"
    for _ in range(20):
        await clock.forward(61)
    assert len(told(caplog)) == 1, told(caplog)
    assert "connection_refused" in told(caplog)[0]

    await docker_engine.accept()
    await clock.forward(61)
    await until(shows(hass, entry, web="running", db="running"))
    await clock.forward(61)
    assert value(hass, entry, WEB, "container_memory") not in ("unavailable", "unknown")
    assert len(told(caplog)) == 2, told(caplog)
    assert "can be read again" in told(caplog)[1]
    assert device(hass, entry, WEB)


async def test_tries_again_soon_and_then_less_often(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry, clock: Clock
) -> None:
    fault = docker_engine.faults.server_error(LIST)
    await coordinator(entry, "containers").async_refresh()
    assert fault.hits == 1
    for pause in (5, 10, 20, 40, 60, 60):
        hits = fault.hits
        await clock.forward(pause - 2)
        assert fault.hits == hits, pause
        await clock.forward(3)
        assert fault.hits == hits + 1, pause
    fault.remove()
    await clock.forward(61)
    docker_engine.reset_counts()
    await clock.forward(55)
    assert docker_engine.count(LIST) == 0
    await clock.forward(10)
    assert docker_engine.count(LIST) == 1


@pytest.mark.parametrize("fault", ["not_found", "forbidden", "garbage", "half_body"])
async def test_one_container_fails_amid_a_refresh(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    entry: ConfigEntry,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    """It costs that container, after its grace period; the others go on, none is removed."""
    caplog.clear()
    with docker_engine.bus.silence():
        docker_engine.stop("web")
        docker_engine.stop("db")
    getattr(docker_engine.faults, fault)(rf"{docker_engine.find('web').id}/json")
    await coordinator(entry, "containers").async_refresh()
    await until(shows(hass, entry, web="running", db="exited"))
    await clock.forward(31)
    await until(shows(hass, entry, web="unavailable", db="exited"))
    assert value(hass, entry, ROOT, "host_stopped") == "1"
    assert device(hass, entry, WEB)
    docker_engine.faults.clear()
    await clock.forward(61)
    await until(shows(hass, entry, web="exited", db="exited"))
    lines = told(caplog)
    assert len(lines) == 2, lines
    assert "cannot read container:web" in lines[0]
    assert "can read container:web again" in lines[1]


async def test_grace_periods_end_each_in_its_own_time(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry, clock: Clock
) -> None:
    """A second failure does not lengthen the first one's grace period."""
    containers = coordinator(entry, "containers")
    for name in ("web", "db"):
        with docker_engine.bus.silence():
            docker_engine.pause(name)
        docker_engine.faults.not_found(rf"{docker_engine.find(name).id}/json")
        await containers.async_refresh()
        await clock.forward(20)
    # The first failed 40 s ago, the second 20 s.
    await until(shows(hass, entry, web="unavailable", db="running"))
    await clock.forward(11)
    await until(shows(hass, entry, web="unavailable", db="unavailable"))

    # When all fails, what was old already does not become fresh again, nor when all but it heals.
    whole = docker_engine.faults.server_error(LIST)
    await containers.async_refresh()
    await clock.forward(1)
    assert shows(hass, entry, web="unavailable", db="unavailable")()
    whole.remove()
    await containers.async_refresh()
    await clock.forward(1)
    assert shows(hass, entry, web="unavailable", db="unavailable")()


async def test_a_part_that_still_fails_after_the_whole_healed(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry, clock: Clock
) -> None:
    containers = coordinator(entry, "containers")
    whole = docker_engine.faults.server_error(LIST)
    with docker_engine.bus.silence():
        docker_engine.pause("web")
    docker_engine.faults.not_found(rf"{docker_engine.find('web').id}/json")
    await containers.async_refresh()
    await clock.forward(31)
    await until(shows(hass, entry, web="unavailable", db="unavailable"))
    whole.remove()
    await containers.async_refresh()
    await until(shows(hass, entry, web="unavailable", db="running"))


# --- Gone ---------------------------------------------------------------------------------------


async def test_gone_from_a_full_list(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry, clock: Clock
) -> None:
    assert device(hass, entry, WEB)
    with docker_engine.bus.silence():
        docker_engine.remove("web")
    await coordinator(entry, "containers").async_refresh()
    # It gets a moment to come back, in case that it is being recreated.
    assert device(hass, entry, WEB)
    await clock.forward(12)
    assert device(hass, entry, WEB) is None
    registry = er.async_get(hass)
    left = er.async_entries_for_config_entry(registry, entry.entry_id)
    assert not [one for one in left if "container:web" in one.unique_id]
    assert value(hass, entry, container("db"), "container_state") == "running"
    # One of the same name comes back as the same.
    docker_engine.add("web", announce=True)
    await until(shows(hass, entry, web="running"))
    assert device(hass, entry, WEB)


@pytest.mark.parametrize("fault", ["server_error", "garbage", "half_body", "not_found", "reset"])
async def test_nothing_is_removed_after_a_failure(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    entry: ConfigEntry,
    clock: Clock,
    fault: str,
) -> None:
    devices = [device(hass, entry, container(name)) for name in ("web", "db")]
    with docker_engine.bus.silence():
        docker_engine.remove("web")
    getattr(docker_engine.faults, fault)(LIST)
    for _ in range(5):
        await clock.forward(61)
    assert [device(hass, entry, container(name)) for name in ("web", "db")] == devices
    docker_engine.faults.clear()
    await clock.forward(61)
    await clock.forward(12)
    await until(lambda: device(hass, entry, WEB) is None)
    assert device(hass, entry, container("db"))


async def test_environment_that_is_asked_for_its_version_is_not_gone(
    hass: HomeAssistant, portainer: Portainer, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    """While one group looks at the environments, another must not take them for removed."""
    docker_engine.add("web")
    async with SimulatedEngine() as other:
        other.add("app")
        second = portainer.add_environment("other", other.url)
        entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
        host = (f"environment:{second.id}",)
        devices = [device(hass, entry, container("app", host)), device(hass, entry, host)]
        assert all(devices)
        second.up = False
        await coordinator(entry, "environments").async_refresh()
        # It comes back, and takes its time over the first question.
        second.up = True
        fault = portainer.faults.hang(rf"/endpoints/{second.id}/docker/version")
        looking = asyncio.create_task(coordinator(entry, "environments").async_refresh())
        await until(lambda: fault.hits)
        await coordinator(entry, "containers").async_refresh()
        assert value(hass, entry, container("web", ENVIRONMENT), "container_state") == "running"
        assert [
            device(hass, entry, container("app", host)),
            device(hass, entry, host),
        ] == devices
        fault.remove()
        await looking
        await hass.config_entries.async_unload(entry.entry_id)


# --- Pushed and unchanged -----------------------------------------------------------------------


async def test_push_during_a_refresh_is_not_overwritten(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry
) -> None:
    with docker_engine.bus.silence():
        late = docker_engine.add("late")
    slow = docker_engine.faults.slow(0.3, rf"{late.id}/json")
    reading = asyncio.create_task(coordinator(entry, "containers").async_refresh())
    # The list has been read, in which "web" still ran.
    await until(lambda: slow.hits)
    docker_engine.stop("web")
    await until(shows(hass, entry, web="exited"))
    shown: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new and event.data["entity_id"] == entity_id(hass, entry, WEB, "container_state"):
            shown.append(new.state)

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await reading
    await until(shows(hass, entry, web="exited", late="running"))
    assert shown == []
    # What sums up the pushed and the read is right at the latest after another look.
    await until(lambda: value(hass, entry, ROOT, "host_running") == "2")


async def test_refresh_without_change_writes_nothing(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry
) -> None:
    await asyncio.sleep(0.2)
    written: list[str] = []

    @callback
    def note(data: Mapping[str, Any]) -> bool:
        written.append(data["entity_id"])
        return False

    for event_type in (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED):
        # Home Assistant tells of states that stayed as they were to filters only.
        hass.bus.async_listen(str(event_type), ignore, event_filter=note)
    for group in ("containers", "engine", "disk_usage"):
        await coordinator(entry, group).async_refresh()
    await hass.async_block_till_done()
    assert written == []

    # Of a change, only what shows it is written.
    docker_engine.pause("web")
    await until(shows(hass, entry, web="paused"))
    await hass.async_block_till_done()
    assert written
    assert not [one for one in written if "db" in one]

    # The same where the poll finds it.
    written.clear()
    with docker_engine.bus.silence():
        docker_engine.unpause("web")
    await coordinator(entry, "containers").async_refresh()
    await until(shows(hass, entry, web="running"))
    assert written
    assert not [one for one in written if "db" in one]

"""The base coordinator: what comes late, a credential that is rejected, and the pace of polling."""

import asyncio
from datetime import timedelta

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.errors import InvalidAuth
from custom_components.home_server_monitor.systems.paths import Path
from tests.conftest import SetUp
from tests.harness import ROOT, Clock, container, coordinator, device, entity_id, until, value
from tests.lab.docker import SimulatedEngine, SocketProxy
from tests.lab.portainer import Portainer
from tests.one_engine import shows, told

ENVIRONMENT = ("environment:1",)
WEB = container("web")
LIST = r"/containers/json"


# --- Late ---------------------------------------------------------------------------------------


async def test_optional_group_that_fails_at_first_comes_later(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, clock: Clock
) -> None:
    # Only the details of the engine are asked for under a version.
    docker_engine.faults.server_error(r"/v[\d.]+/version")
    docker_engine.faults.server_error(r"/system/df")
    entry = await set_up("docker", url=docker_engine.url)
    assert value(hass, entry, ROOT, "host_running") == "0"
    assert entity_id(hass, entry, ROOT, "engine_images") is None
    assert entity_id(hass, entry, ROOT, "disk_images") is None
    docker_engine.faults.clear()
    await clock.forward(20)
    await until(lambda: entity_id(hass, entry, ROOT, "engine_images"))
    await until(lambda: entity_id(hass, entry, ROOT, "disk_images"))


# --- Rejected -----------------------------------------------------------------------------------


async def test_rejected_credential_stops_everything(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    docker_engine.add("web")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    hass.config_entries.async_update_entry(entry, unique_id=portainer.instance_id)
    web = container("web", ENVIRONMENT)
    await until(lambda: coordinator(entry, "containers").watcher.open_count)
    await clock.forward(61)
    caplog.clear()
    portainer.api_key = "ptr_new"
    await coordinator(entry, "containers").async_refresh()
    await hass.async_block_till_done()

    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    portainer.cut()
    docker_engine.reset_counts()
    portainer.reset_counts()
    for seconds in (10, 61, 130, 900, 3700):
        await clock.forward(seconds)
    # Neither an automation's wish nor an action asks again.
    await coordinator(entry, "usage").async_refresh()
    coordinator(entry, "containers").refresh_soon()
    await clock.forward(61)
    assert portainer.requests == []
    assert docker_engine.requests == []
    assert value(hass, entry, web, "container_state") == "unavailable"
    assert value(hass, entry, ENVIRONMENT, "host_running") == "unavailable"
    assert value(hass, entry, ROOT, "portainer_version") == "unavailable"
    assert len(told(caplog)) == 1, told(caplog)
    assert device(hass, entry, web)

    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": "ptr_new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    await until(lambda: value(hass, entry, web, "container_state") == "running")


async def test_answer_under_way_does_not_undo_a_rejection(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry, clock: Clock
) -> None:
    """An old answer that comes in after the rejection does not start the polling again."""
    slow = docker_engine.faults.slow(0.2, LIST)
    reading = asyncio.create_task(coordinator(entry, "containers").async_refresh())
    await until(lambda: slow.hits)
    entry.runtime_data.async_stop_polling(InvalidAuth())
    await reading
    assert ROOT in coordinator(entry, "containers").failures
    docker_engine.reset_counts()
    await clock.forward(61)
    await clock.forward(3700)
    assert docker_engine.requests == []
    assert value(hass, entry, WEB, "container_state") == "unavailable"


async def test_interval_that_the_user_chose(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, clock: Clock
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url, options={"scan_interval": 200})
    assert coordinator(entry, "containers").interval == timedelta(seconds=200)
    await clock.forward(201)
    docker_engine.reset_counts()
    await clock.forward(180)
    assert docker_engine.count(LIST) == 0
    await clock.forward(21)
    assert docker_engine.count(LIST) == 1


async def test_wishes_become_one(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, clock: Clock
) -> None:
    """Through a proxy without events, an action is followed by a look; several by one."""
    docker_engine.add("web")
    allow = {"CONTAINERS", "INFO", "POST"}
    async with SocketProxy(docker_engine.url, allow=allow, deny={"EVENTS"}) as proxy:
        entry = await set_up("docker", url=proxy.url, options={"include": []})
        await clock.forward(1)
        proxy.reset_counts()
        for service in ("turn_off", "turn_on", "turn_off"):
            target = {"entity_id": entity_id(hass, entry, WEB, "container_power")}
            await hass.services.async_call("switch", service, target, blocking=True)
        assert proxy.count(LIST) == 0
        await clock.forward(0.6)
        await until(shows(hass, entry, web="exited"))
        assert proxy.count(LIST) == 1
        await hass.config_entries.async_unload(entry.entry_id)


async def test_refresh_without_change_announces_nothing(entry: ConfigEntry) -> None:
    """Devices, entities and issues are looked through only where something is new."""
    containers = coordinator(entry, "containers")
    announced: list[tuple[set[Path], set[Path]]] = []
    stop = containers.async_on_change(lambda changed, gone: announced.append((changed, gone)))
    await containers.async_refresh()
    stop()
    assert announced == []

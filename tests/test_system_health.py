"""The integration's lines on the page of system health."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import coordinator, sentence, until
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer


async def test_system_health(
    hass: HomeAssistant, portainer: Portainer, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    docker_engine.add("web")
    straight = await set_up("docker", url=docker_engine.url, options={"include": ["usage"]})
    await set_up("portainer", url=portainer.url, token=portainer.api_key, options={"include": []})
    await until(lambda: docker_engine.bus.listeners == 2)
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert info == {"systems": 2, "groups": 4, "groups_failing": 0, "streams_open": 2}
    for key in info:
        assert await sentence(hass, "system_health", f"system_health.info.{key}", None)

    docker_engine.faults.server_error("/containers/json")
    docker_engine.faults.server_error("/events")
    docker_engine.cut()
    await coordinator(straight, "containers").async_refresh()
    await until(lambda: docker_engine.bus.listeners == 0)
    info = await get_system_health_info(hass, DOMAIN)
    assert info["systems"] == 2
    assert info["groups_failing"] >= 1
    await until(lambda: not coordinator(straight, "containers").watcher.open_count)

    await hass.config_entries.async_unload(straight.entry_id)
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["systems"], info["groups"]) == (1, 2)

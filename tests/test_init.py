"""Setting up, unloading and removing an entry, and what users may remove by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.paths import Path, to_identifier
from tests.conftest import SetUp
from tests.harness import ROOT, Clock, container, coordinator, device, until, value
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer

ENVIRONMENT = ("environment:1",)


def _old(engine: SimulatedEngine) -> None:
    engine.dialect = replace(engine.dialect, version="19.03.15", api_version="1.40")


@pytest.mark.parametrize(
    ("trouble", "state", "key"),
    [
        (lambda engine: engine.faults.server_error(), ConfigEntryState.SETUP_RETRY, "rejected"),
        (lambda engine: engine.faults.reset(), ConfigEntryState.SETUP_RETRY, "cannot_connect"),
        # A reverse proxy answers so while the engine restarts.
        (lambda engine: engine.faults.not_found(), ConfigEntryState.SETUP_RETRY, "wrong_server"),
        (
            lambda engine: engine.faults.server_error("/containers/json"),
            ConfigEntryState.SETUP_RETRY,
            "rejected",
        ),
        (
            lambda engine: engine.faults.unauthorized(),
            ConfigEntryState.SETUP_ERROR,
            "invalid_auth",
        ),
        (
            lambda engine: engine.faults.unauthorized("/containers/json"),
            ConfigEntryState.SETUP_ERROR,
            "invalid_auth",
        ),
        (_old, ConfigEntryState.SETUP_ERROR, "unsupported_version"),
    ],
)
async def test_setup_fails(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
    trouble: Callable[[SimulatedEngine], Any],
    state: ConfigEntryState,
    key: str,
) -> None:
    trouble(docker_engine)
    entry = await set_up("docker", url=docker_engine.url)
    assert entry.state is state
    assert entry.error_reason_translation_key == key
    assert entry.reason
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    asked = [flow["context"]["source"] for flow in flows]
    assert asked == ([SOURCE_REAUTH] if key == "invalid_auth" else [])
    docker_engine.faults.clear()
    docker_engine.reset_counts()
    await clock.forward(30)
    if state is ConfigEntryState.SETUP_RETRY:
        await until(lambda: entry.state is ConfigEntryState.LOADED)
    else:
        assert docker_engine.requests == []


async def test_setup_that_fails_leaves_no_session_open(
    hass: HomeAssistant, portainer: Portainer, set_up: SetUp
) -> None:
    portainer.faults.server_error("/api/endpoints$", count=2)
    portainer.faults.status(200, "/api/endpoints", count=1, body=b"[]")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.runtime_data.client._session.closed


async def test_unload_and_load_again(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
) -> None:
    docker_engine.add("web")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    web = container("web", ENVIRONMENT)
    await until(lambda: docker_engine.bus.listeners == 1)
    await clock.forward(1)
    client = entry.runtime_data.client
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state.value == "not_loaded"
    assert client._session.closed
    assert value(hass, entry, web, "container_state") == "unavailable"
    await until(lambda: docker_engine.bus.listeners == 0)
    portainer.reset_counts()
    await clock.forward(4000)
    assert portainer.requests == []
    # Where it is set up again it is what it was.
    before = device(hass, entry, web)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert value(hass, entry, web, "container_state") == "running"
    after = device(hass, entry, web)
    assert before
    assert after
    assert after.id == before.id


async def test_remove_entry(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    assert device(hass, entry, container("web"))
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert not hass.states.async_entity_ids("sensor")


async def test_stop_of_home_assistant(
    hass: HomeAssistant, portainer: Portainer, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    await until(lambda: docker_engine.bus.listeners == 1)
    client = entry.runtime_data.client
    await hass.async_stop(force=True)
    assert client._session.closed
    await until(lambda: docker_engine.bus.listeners == 0)


# --- Removing a device by hand ------------------------------------------------------------------


async def _remove(
    hass: HomeAssistant, ws: WebSocketGenerator, entry: ConfigEntry, path: Path
) -> bool:
    found = device(hass, entry, path)
    assert found is not None
    assert await async_setup_component(hass, "config", {})
    client = await ws(hass)
    await client.send_json_auto_id(
        {
            "type": "config/device_registry/remove_config_entry",
            "config_entry_id": entry.entry_id,
            "device_id": found.id,
        }
    )
    answer = await client.receive_json()
    if not answer["success"]:
        assert "rejected by integration" in answer["error"]["message"], answer
    assert (device(hass, entry, path) is None) == answer["success"]
    success: bool = answer["success"]
    return success


def _register(hass: HomeAssistant, entry: ConfigEntry, path: Path) -> None:
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, to_identifier(entry.entry_id, path))},
    )


async def test_live_devices_stay_and_stale_ones_may_go(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
) -> None:
    docker_engine.add("web", project="shop")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    live = [
        ROOT,
        ENVIRONMENT,
        (*ENVIRONMENT, "stack:shop"),
        container("shop/web", ENVIRONMENT),
    ]
    for path in live:
        assert not await _remove(hass, hass_ws_client, entry, path), path
    stale: list[Path] = [container("old", ENVIRONMENT), ("environment:7",), ("unknown:kind",)]
    for path in stale:
        _register(hass, entry, path)
        assert await _remove(hass, hass_ws_client, entry, path), path


async def test_what_cannot_be_read_may_not_be_removed(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
) -> None:
    """Nobody knows what is there while an environment is down, or the entry not loaded."""
    docker_engine.add("web")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    web = container("web", ENVIRONMENT)
    portainer.environments[1].up = False
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert coordinator(entry, "containers").failures
    assert not await _remove(hass, hass_ws_client, entry, web)
    await hass.config_entries.async_unload(entry.entry_id)
    assert not await _remove(hass, hass_ws_client, entry, web)

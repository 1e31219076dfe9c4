"""Changing an entry: new credentials, another address, options."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.config_entries import (
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems import SYSTEMS
from tests.flows import choose, loaded, reauth, reconfigure, submit
from tests.harness import (
    container,
    coordinator,
    suggested,
    value,
)
from tests.lab.docker import SimulatedEngine, SocketProxy
from tests.lab.portainer import Portainer

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")

OWN = dict.fromkeys(("quotas", "not_updated", "registries", "outside_ports", "pool_roots"))

# --- Reauthentication ---------------------------------------------------------------------------


async def test_reauth(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await loaded(hass, portainer)
    portainer.api_key = "ptr_new"
    await coordinator(entry, "environments").async_refresh()
    await hass.async_block_till_done()

    form = await reauth(hass)
    assert suggested(form) == {"token": None}
    assert form["description_placeholders"] == {"name": entry.title}
    form = await submit(hass, form, token="ptr_wrong")
    assert form["errors"] == {"base": "invalid_auth"}
    assert suggested(form) == {"token": None}
    result = await submit(hass, form, token="ptr_new")
    assert result["reason"] == "reauth_successful"
    assert entry.data == {
        "system": "portainer",
        "url": portainer.url,
        "token": "ptr_new",
        "verify_ssl": True,
    }
    assert entry.state is ConfigEntryState.LOADED


async def test_reauth_at_setup(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await loaded(hass, portainer)
    await hass.config_entries.async_unload(entry.entry_id)
    portainer.api_key = "ptr_new"
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state.value == "setup_error"
    result = await submit(hass, await reauth(hass), token="ptr_new")
    assert result["reason"] == "reauth_successful"
    assert entry.state.value == "loaded"


async def test_reauth_meets_another_system(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await loaded(hass, portainer)
    portainer.api_key = "ptr_new"
    portainer.instance_id = "another"
    await coordinator(entry, "environments").async_refresh()
    await hass.async_block_till_done()
    result = await submit(hass, await reauth(hass), token="ptr_new")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_system"
    assert entry.data["token"] == "ptr_lab0123456789"


# --- Reconfiguring ------------------------------------------------------------------------------


async def test_reconfigure(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await loaded(hass, portainer)
    form = await reconfigure(hass, entry)
    assert suggested(form) == {"url": portainer.url, "token": None, "verify_ssl": True}

    form = await submit(hass, form, url="http://", verify_ssl=False)
    assert form["errors"] == {"base": "invalid_address"}
    assert form["description_placeholders"] == {"name": entry.title, "detail": "http://"}
    assert suggested(form) == {"url": "http://", "token": None, "verify_ssl": False}

    # Without a token the present one stays.
    result = await submit(hass, form, url=f"{portainer.url}/", verify_ssl=False)
    assert result["reason"] == "reconfigure_successful"
    assert dict(entry.data) == {
        "system": "portainer",
        "url": f"{portainer.url}/",
        "token": portainer.api_key,
        "verify_ssl": False,
    }
    assert entry.state is ConfigEntryState.LOADED

    portainer.api_key = "ptr_new"
    result = await submit(hass, await reconfigure(hass, entry), url=portainer.url, token="ptr_new")
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["token"] == "ptr_new"
    assert entry.state is ConfigEntryState.LOADED


async def test_reconfigure_meets_another_system(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await loaded(hass, portainer)
    before = dict(entry.data)
    async with Portainer(api_key=portainer.api_key) as other:
        other.instance_id = "another"
        result = await submit(hass, await reconfigure(hass, entry), url=other.url)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_system"
    assert dict(entry.data) == before


async def test_a_system_without_an_id_may_move(
    hass: HomeAssistant, docker_engine: SimulatedEngine
) -> None:
    """A proxy that hides the engine's id is known by its address, which may change."""
    async with (
        SocketProxy(docker_engine.url, allow={"CONTAINERS"}) as one,
        SocketProxy(docker_engine.url, allow={"CONTAINERS"}) as two,
    ):
        first = await submit(hass, await choose(hass, "docker"), url=one.url)
        entry = first["result"]
        assert entry.unique_id == one.url
        for url in (two.url, f"{two.url}/"):
            result = await submit(hass, await reconfigure(hass, entry), url=url)
            assert result["reason"] == "reconfigure_successful"
            assert entry.unique_id == two.url
        assert entry.state is ConfigEntryState.LOADED

        # But not to where another entry is already.
        second = await submit(hass, await choose(hass, "docker"), url=one.url)
        assert second["type"] is FlowResultType.CREATE_ENTRY
        result = await submit(hass, await reconfigure(hass, entry), url=one.url)
        assert result["reason"] == "already_configured"
        assert entry.unique_id == two.url
        for loaded in hass.config_entries.async_entries(DOMAIN):
            await hass.config_entries.async_unload(loaded.entry_id)


# --- Options ------------------------------------------------------------------------------------


async def test_options(hass: HomeAssistant, docker_engine: SimulatedEngine) -> None:
    docker_engine.add("web")
    added = await submit(hass, await choose(hass, "docker"), url=docker_engine.url)
    entry = added["result"]
    assert not hass.states.async_entity_ids("switch")
    assert value(hass, entry, container("web"), "container_cpu") == "unknown"

    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(form) == {
        "allow_control": False,
        "scan_interval": 60,
        "include": ["usage", "engine", "disk_usage", "updates", "audit"],
        **OWN,
    }
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"allow_control": True, "scan_interval": 15.0, "include": ["engine"]}
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {
        "allow_control": True,
        "scan_interval": 15,
        "include": ["engine"],
    }
    # The entry was loaded again with them.
    assert len(hass.states.async_entity_ids("switch")) == 1
    assert coordinator(entry, "containers").interval == timedelta(seconds=15)
    assert coordinator(entry, "engine").interval == timedelta(minutes=15)
    assert set(entry.runtime_data.coordinators) == {"containers", "engine"}

    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(form) == {
        "allow_control": True,
        "scan_interval": 15,
        "include": ["engine"],
        **OWN,
    }
    await hass.config_entries.options.async_configure(
        form["flow_id"], {"allow_control": False, "scan_interval": 60, "include": []}
    )
    await hass.async_block_till_done()
    assert not hass.states.async_entity_ids("switch")
    assert set(entry.runtime_data.coordinators) == {"containers"}


async def test_options_of_a_system_that_has_but_one(
    hass: HomeAssistant, docker_engine: SimulatedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that only pushes asks for no interval, one without parts for no choice."""
    pushed = replace(SYSTEMS["docker"].groups[0], paced=False)
    monkeypatch.setitem(SYSTEMS, "docker", replace(SYSTEMS["docker"], groups=(pushed,), options=()))
    added = await submit(hass, await choose(hass, "docker"), url=docker_engine.url)
    entry = added["result"]
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(form) == {"allow_control": False}
    await hass.config_entries.options.async_configure(form["flow_id"], {"allow_control": True})
    await hass.async_block_till_done()
    assert dict(entry.options) == {"allow_control": True}

"""What the tests of the config flow share: steps of a flow as a person takes them."""

import asyncio
from typing import Any

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowContext,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.home_server_monitor.const import DOMAIN
from tests.lab.portainer import Portainer

TOKEN = "ptr_typed-by-a-person"  # what the form must not show again


async def choose(hass: HomeAssistant, system: str) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"system": system})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == system
    assert not result["errors"]
    return result


async def submit(hass: HomeAssistant, result: ConfigFlowResult, **data: Any) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_configure(result["flow_id"], data)
    await hass.async_block_till_done()
    return result


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> ConfigFlowResult:
    context = ConfigFlowContext(source=SOURCE_RECONFIGURE, entry_id=entry.entry_id)
    result = await hass.config_entries.flow.async_init(DOMAIN, context=context)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reconfigure"
    return result


async def reauth(hass: HomeAssistant) -> ConfigFlowResult:
    """Return the form of the one reauthentication that Home Assistant has started."""
    (progress,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert progress["context"]["source"] == SOURCE_REAUTH
    result = await hass.config_entries.flow.async_configure(progress["flow_id"])
    assert result["step_id"] == "reauth_confirm"
    return result


def no_debug() -> None:
    """In debug mode asyncio calls each refused handshake an uncaught exception of the server."""
    asyncio.get_running_loop().set_debug(False)


def typed(system: str, url: str) -> dict[str, Any]:
    typed: dict[str, Any] = {"url": url, "allow_control": True}
    return typed | ({"token": TOKEN} if system == "portainer" else {})


async def loaded(hass: HomeAssistant, portainer: Portainer) -> ConfigEntry:
    result = await submit(
        hass, await choose(hass, "portainer"), url=portainer.url, token=portainer.api_key
    )
    entry: ConfigEntry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    return entry

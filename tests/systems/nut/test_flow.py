"""Adding a NUT server, and changing how it is reached, as a person does it."""

import asyncio
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.nut.client import NutClient
from tests.conftest import SetUp
from tests.lab.nut import NutServer, User

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")

type Result = Any


async def _begin(hass: HomeAssistant) -> str:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"system": "nut"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "nut"
    return result["flow_id"]


async def _answer(hass: HomeAssistant, flow_id: str, **fields: object) -> Result:
    fields = {"allow_control": False, **fields}
    result = await hass.config_entries.flow.async_configure(flow_id, fields)
    await hass.async_block_till_done()
    return result


async def test_add(hass: HomeAssistant, nut_server: NutServer) -> None:
    flow_id = await _begin(hass)
    result = await _answer(hass, flow_id, host=f" {nut_server.host}", port=float(nut_server.port))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == f"NUT 127.0.0.1:{nut_server.port}"
    assert entry.unique_id == f"127.0.0.1:{nut_server.port}"
    assert isinstance(entry.data["port"], int)
    assert entry.state is ConfigEntryState.LOADED
    # One connection for the entry; the one of the flow is closed.
    assert nut_server.connections == 1


async def test_the_usual_port_is_filled_in(hass: HomeAssistant, socket_enabled: None) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"system": "nut"})
    schema = result["data_schema"]
    assert schema is not None
    assert schema({"host": "nas", "allow_control": False})["port"] == 3493


async def test_add_twice(hass: HomeAssistant, nut_server: NutServer) -> None:
    door = {"host": nut_server.host, "port": nut_server.port}
    result = await _answer(hass, await _begin(hass), **door)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await _answer(hass, await _begin(hass), **door)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_wrong_password_then_the_right_one(
    hass: HomeAssistant, nut_server: NutServer
) -> None:
    flow_id = await _begin(hass)
    door = {"host": nut_server.host, "port": nut_server.port, "username": "lab"}
    for password in (None, "wrong"):
        secret = {"password": password} if password else {}
        result = await _answer(hass, flow_id, **door, **secret)
        assert result["errors"] == {"base": "invalid_auth"}
    result = await _answer(hass, flow_id, **door, password="lab-password")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def _expect(hass: HomeAssistant, error: str, host: str, port: int) -> None:
    flow_id = await _begin(hass)
    result = await _answer(hass, flow_id, host=host, port=port)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}


async def test_refused(hass: HomeAssistant, nut_server: NutServer) -> None:
    await nut_server.refuse()
    await _expect(hass, "connection_refused", nut_server.host, nut_server.port)


async def test_unknown_name(hass: HomeAssistant, no_such_name: None) -> None:
    await _expect(hass, "cannot_resolve", "no-such-host.invalid", 3493)


async def test_not_an_address(hass: HomeAssistant) -> None:
    await _expect(hass, "invalid_address", "http://nas", 3493)


async def test_timeout(hass: HomeAssistant, nut_server: NutServer, impatient: None) -> None:
    with nut_server.faults.hang():
        await _expect(hass, "timeout", nut_server.host, nut_server.port)


async def test_garbage(hass: HomeAssistant, nut_server: NutServer) -> None:
    nut_server.faults.garbage()
    await _expect(hass, "wrong_server", nut_server.host, nut_server.port)


async def test_a_server_of_another_kind(hass: HomeAssistant, socket_enabled: None) -> None:
    async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.readline()
        writer.close()

    async with await asyncio.start_server(banner, "127.0.0.1", 0) as server:
        await _expect(hass, "wrong_server", "127.0.0.1", server.sockets[0].getsockname()[1])


async def test_the_server_closes_the_connection(hass: HomeAssistant, nut_server: NutServer) -> None:
    nut_server.faults.reset()
    await _expect(hass, "cannot_connect", nut_server.host, nut_server.port)


async def test_move_to_another_address(
    hass: HomeAssistant, nut_server: NutServer, set_up: SetUp
) -> None:
    """An address is all the identity there is, so it may change."""
    async with NutServer() as other:
        other.add("ups")
        entry = await set_up("nut", host=nut_server.host, port=nut_server.port)
        result = await entry.start_reconfigure_flow(hass)
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], {"host": other.host, "port": other.port}
        )
        await hass.async_block_till_done()
        assert result["reason"] == "reconfigure_successful"
        assert entry.unique_id == f"127.0.0.1:{other.port}"
        assert entry.state is ConfigEntryState.LOADED
        await hass.config_entries.async_unload(entry.entry_id)


async def _with_credentials(set_up: SetUp, nut: NutServer, password: str) -> MockConfigEntry:
    return await set_up(
        "nut", host=nut.host, port=nut.port, username=nut.username, password=password
    )


def _state(entry: MockConfigEntry) -> ConfigEntryState:
    """Return the state, which a comparison before does not bind."""
    state: ConfigEntryState = entry.state
    return state


async def test_a_password_that_was_changed(
    hass: HomeAssistant, nut_server: NutServer, set_up: SetUp
) -> None:
    entry = await _with_credentials(set_up, nut_server, "lab-password")
    hass.config_entries.async_update_entry(entry, unique_id=f"{nut_server.host}:{nut_server.port}")
    nut_server.users["lab"] = User("new-password", set=True)
    await hass.config_entries.async_reload(entry.entry_id)
    assert _state(entry) is ConfigEntryState.SETUP_ERROR
    flows = hass.config_entries.flow.async_progress()
    assert [flow["step_id"] for flow in flows] == ["reauth_confirm"]
    result = await hass.config_entries.flow.async_configure(
        flows[0]["flow_id"], {"username": "lab", "password": "new-password"}
    )
    await hass.async_block_till_done()
    assert result["reason"] == "reauth_successful"
    assert _state(entry) is ConfigEntryState.LOADED


async def test_the_client_is_closed_with_the_entry(
    hass: HomeAssistant, nut_server: NutServer, set_up: SetUp
) -> None:
    entry = await _with_credentials(set_up, nut_server, "lab-password")
    client = entry.runtime_data.client
    assert isinstance(client, NutClient)
    await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.sleep(0.05)
    assert nut_server.connections == 0

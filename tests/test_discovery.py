"""Systems that announce themselves in the network are offered, once."""

from ipaddress import ip_address

from homeassistant.config_entries import SOURCE_ZEROCONF
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.loader import async_get_integration

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems import SYSTEMS
from tests.conftest import SetUp
from tests.lab.nut import NutServer


def _announcement(server: NutServer) -> ZeroconfServiceInfo:
    address = ip_address("127.0.0.1")
    return ZeroconfServiceInfo(
        ip_address=address,
        ip_addresses=[address],
        port=server.port,
        hostname="rack.local.",
        type="_nut._tcp.local.",
        name="rack._nut._tcp.local.",
        properties={},
    )


async def test_nut_server_is_offered_and_set_up(
    hass: HomeAssistant, nut_server: NutServer, enable_custom_integrations: None
) -> None:
    """The form comes with the address filled in; nothing is done before it is sent."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=_announcement(nut_server)
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "nut"
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["title_placeholders"] == {"name": "NUT (Network UPS Tools): rack"}
    assert form["data_schema"] is not None
    suggested = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description and key.description["suggested_value"] is not None
    }
    assert suggested == {"host": "127.0.0.1", "port": nut_server.port}
    done = await hass.config_entries.flow.async_configure(
        form["flow_id"], {**suggested, "allow_control": False}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(done["result"].entry_id)


async def test_known_server_is_not_offered_again(
    hass: HomeAssistant, nut_server: NutServer, set_up: SetUp
) -> None:
    """A server that is set up already is left alone."""
    entry = await set_up("nut", host="127.0.0.1", port=nut_server.port)
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=_announcement(nut_server)
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_manifest_names_what_systems_announce(
    hass: HomeAssistant, enable_custom_integrations: None
) -> None:
    """Home Assistant passes on only what the manifest asks for."""
    integration = await async_get_integration(hass, DOMAIN)
    announced = {name for system in SYSTEMS.values() for name in system.announced_as}
    assert {
        part["type"] if isinstance(part, dict) else part for part in integration.zeroconf or ()
    } == announced

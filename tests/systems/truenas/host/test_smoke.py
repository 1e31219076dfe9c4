from homeassistant.helpers import entity_registry as er, device_registry as dr
from ..conftest import every_version
@every_version
async def test_smoke(hass, nas, box, all_entities_enabled):
    import asyncio
    nas.host.alerts.add("CRITICAL"); nas.host.ups.plug_in()
    await asyncio.sleep(2)
    for d in dr.async_entries_for_config_entry(dr.async_get(hass), box.entry.entry_id): print(d.name, d.manufacturer, d.model, d.sw_version, d.serial_number, d.configuration_url)
    for e in sorted(er.async_entries_for_config_entry(er.async_get(hass), box.entry.entry_id), key=lambda e: e.entity_id):
        s=hass.states.get(e.entity_id); print(e.entity_id, s and s.state)
    print(nas.calls)

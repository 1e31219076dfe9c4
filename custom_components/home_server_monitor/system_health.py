"""System health: per configured system, whether it answers and how it is kept up to date."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .runtime import HomeServerConfigEntry


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the one page of the integration."""
    register.async_register_info(_info)


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    entries: list[HomeServerConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    coordinators = [part for entry in entries for part in entry.runtime_data.coordinators.values()]
    return {
        "systems": len(entries),
        "groups": len(coordinators),
        "groups_failing": sum(bool(part.failures) for part in coordinators),
        "streams_open": sum(part.watcher.open_count for part in coordinators if part.watcher),
    }

"""A bare Home Assistant whose clock can be put forward: core alone, without frontend or recorder."""

import asyncio
from pathlib import Path
from types import MappingProxyType
from typing import Any, override

from aiohttp import DefaultResolver
from homeassistant import bootstrap, loader
from homeassistant.config_entries import ConfigEntries, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import DATA_RESOLVER
from homeassistant.setup import async_setup_component

_SCHEDULED = "_scheduled"  # the loop's timers, which it shows to nobody else


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock runs as always but can be put forward.

    All that waits for time waits by this clock: coordinators, timeouts, pauses, and connections
    that are kept alive for a while.
    """

    skipped = 0.0

    @override
    def time(self) -> float:
        """Return the machine's monotonic time and what was skipped."""
        return super().time() + self.skipped

    def skip(self, end: float) -> float:
        """Put the clock to the next timer, at most to ``end``; return the seconds skipped."""
        timers: list[asyncio.TimerHandle] = getattr(self, _SCHEDULED)
        due = min((timer.when() for timer in timers if not timer.cancelled()), default=end)
        seconds = max(min(due, end) - self.time(), 0.0)
        self.skipped += seconds
        return seconds


async def start(folder: Path) -> HomeAssistant:
    """Start Home Assistant's core with an empty configuration in ``folder``."""
    hass = HomeAssistant(str(folder))
    hass.config.skip_pip = True
    loader.async_setup(hass)
    # Only addresses are connected to; the real one would open sockets to look up names by mDNS.
    hass.data[str(DATA_RESOLVER)] = DefaultResolver()
    hass.config_entries = ConfigEntries(hass, {})
    await loader.async_get_custom_components(hass)
    if not await bootstrap.async_load_base_functionality(hass):
        raise RuntimeError("Home Assistant does not load")
    for domain in ("homeassistant", "persistent_notification"):
        if not await async_setup_component(hass, domain, {}):
            raise RuntimeError(f"Home Assistant cannot set up {domain}")
    await hass.async_start()
    return hass


def config_entry(
    domain: str, version: int, data: dict[str, Any], options: dict[str, Any]
) -> ConfigEntry[Any]:
    """Return an entry as the config flow makes it."""
    return ConfigEntry(
        data=data,
        disabled_by=None,
        discovery_keys=MappingProxyType({}),
        domain=domain,
        minor_version=1,
        options=options,
        source="user",
        subentries_data=None,
        title=domain,
        unique_id="bench",
        version=version,
    )

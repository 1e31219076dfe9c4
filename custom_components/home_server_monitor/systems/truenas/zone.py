"""The time zone of the NAS, by which its schedules go."""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any

from homeassistant.util import dt as dt_util

from ..paths import ROOT, Path


async def zone_of(latest: Callable[[str], Mapping[Path, Any]]) -> tzinfo:
    """Return the zone that the host says it is in; UTC while that is not known."""
    name = getattr(latest("system").get(ROOT), "timezone", None)
    zone = await dt_util.async_get_time_zone(name) if isinstance(name, str) else None
    return zone or UTC

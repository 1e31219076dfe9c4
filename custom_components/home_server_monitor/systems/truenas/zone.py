"""The time zone of the NAS, by which its schedules go."""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any

from homeassistant.util import dt as dt_util

from ..paths import ROOT, Path
from .host.system.group import SYSTEM
from .host.system.models import Nas


async def zone_of(latest: Callable[[str], Mapping[Path, Any]]) -> tzinfo:
    """Return the zone that the host says it is in; UTC while that is not known."""
    nas = latest(SYSTEM).get(ROOT)
    name = nas.timezone if isinstance(nas, Nas) else None
    return (name and await dt_util.async_get_time_zone(name)) or UTC

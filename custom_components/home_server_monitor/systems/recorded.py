"""What Home Assistant recorded of sensors, as an action gets to see it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from .paths import Path

type SensorAt = tuple[Path, str]
"""The sensor for the description with this key of the item at this path."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What statistics say of a sensor: bytes and bytes per second whatever the state shows.

    ``mean`` and ``highest`` of a measurement, ``change`` of a total, over the time ``covered``.
    """

    covered: timedelta
    mean: float | None = None
    highest: float | None = None
    change: float | None = None


class History(Protocol):
    """What Home Assistant recorded of an entry's sensors."""

    async def since(
        self, sensors: Collection[SensorAt], start: datetime
    ) -> Mapping[SensorAt, Recorded] | None:
        """Return what is recorded of each sensor since ``start``; None without a recorder."""

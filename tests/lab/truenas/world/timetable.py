"""When the typical box does what it does by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
"""Where the typical box stands: its schedules go by the clock there."""


def last_at(hour: int, now: float) -> datetime:
    """Return when it was last so many o'clock, where `now` is in seconds since the epoch."""
    wall = datetime.fromtimestamp(now, ZONE)
    today = wall.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= wall else today - timedelta(days=1)

"""Hand-made disk histories."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from custom_components.home_server_monitor.analysis.disk_health import (
    DiskKind,
    SmartHistory,
    SmartSample,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START = date(2026, 1, 1)
IRONWOLF = "ST4000VN008-2DR166"


def on(day: int) -> date:
    """Return the day of a made-up history, counted from 0."""
    return START + timedelta(days=day)


def daily(
    columns: Mapping[int, Sequence[int]], model: str = IRONWOLF, kind: DiskKind = DiskKind.HDD
) -> SmartHistory:
    """Return a history with one sample a day of the given raw values by SMART id."""
    days = len(next(iter(columns.values())))
    return SmartHistory.from_samples(
        kind,
        model,
        [
            SmartSample(on(day), raw={each: values[day] for each, values in columns.items()})
            for day in range(days)
        ],
    )


def grown(days: int, at: int, to: int) -> list[int]:
    """Return a counter that rises from 0 to `to` on day `at`."""
    return [0] * at + [to] * (days - at)

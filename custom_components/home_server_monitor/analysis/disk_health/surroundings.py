"""Heat, cables and power: what is wrong around a disk rather than in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .history import MISSING, DiskKind, SmartHistory
from .verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .history import Ints

WINDOW_DAYS = 30
# Above these, in °C, makers count the time against a disk's life.
TOO_HOT = {DiskKind.HDD: 50, DiskKind.SSD: 65, DiskKind.NVME: 70}

RECENT_DAYS = 2
USUAL_DAYS = 21
MIN_USUAL_DAYS = 5
FAN_RISE = 6.0
FAN_DISKS = 2


def hints(history: SmartHistory) -> list[Reason]:
    """Return what the newest month of `history` says of the disk's surroundings."""
    if len(history.days) == 0:
        return []
    start = int(np.searchsorted(history.days, history.days[-1] - WINDOW_DAYS))
    return [*_heat(history, start), *_grown(history, start)]


def _heat(history: SmartHistory, start: int) -> list[Reason]:
    told = history.column("temperature")[start:]
    told = told[told != MISSING]
    limit = TOO_HOT[history.kind]
    hot = int((told > limit).sum())
    if hot == 0:
        return []
    values = {"days": hot, "of": len(told), "limit": limit, "highest": int(told.max())}
    text = f"Hotter than {limit} °C on {hot} of the last {len(told)} sampled days (up to {values['highest']} °C)."
    return [Reason("too_hot", values, text)]


def _grown(history: SmartHistory, start: int) -> list[Reason]:
    found = []
    if grown := _growth(history.column("crc_errors"), start):
        text = f"{grown} more transfer (CRC) errors within {WINDOW_DAYS} days: most often a cable."
        found.append(Reason("crc_grew", {"count": grown, "days": WINDOW_DAYS}, text))
    if (grown := _growth(history.column("unsafe_shutdowns"), start)) >= 3:
        text = f"{grown} unsafe shutdowns within {WINDOW_DAYS} days: look at the power supply."
        found.append(Reason("unsafe_shutdowns_grew", {"count": grown, "days": WINDOW_DAYS}, text))
    return found


def _growth(column: Ints, start: int) -> int:
    """Return by how much a counter that may start anywhere grew; a reset is no growth."""
    known = column[start:][column[start:] != MISSING]
    return max(0, int(known[-1] - known[0])) if len(known) else 0


def fan_hint(enclosure: Sequence[SmartHistory], day: int) -> Reason | None:
    """Return a hint when all disks of an enclosure have risen together on `day` (an ordinal).

    Each disk's mean of the last two days is compared with its own median of the three weeks before.
    One disk that rises alone is busy or ill; all of them together have lost their fan.
    """
    rises = [rise for disk in enclosure if (rise := _rise(disk, day)) is not None]
    if len(rises) < FAN_DISKS or min(rises) < FAN_RISE:
        return None
    values = {"disks": len(rises), "rise": round(min(rises), 1)}
    text = (
        f"All {len(rises)} disks of the enclosure are at least {values['rise']} °C warmer than in the"
        " weeks before: a fan may have failed."
    )
    return Reason("fan_failed", values, text)


def _rise(history: SmartHistory, day: int) -> float | None:
    told = history.column("temperature")
    known = (told != MISSING) & (history.days <= day)
    days, degrees = history.days[known], told[known]
    recent = degrees[days > day - RECENT_DAYS]
    usual = degrees[(days <= day - RECENT_DAYS) & (days > day - RECENT_DAYS - USUAL_DAYS)]
    if len(recent) == 0 or len(usual) < MIN_USUAL_DAYS:
        return None
    return float(recent.mean() - np.median(usual))

"""The plain rules that the model is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .data import DataSet, Drive, Ints

type Bools = npt.NDArray[np.bool_]
type Floats = npt.NDArray[np.float64]

WINDOW_DAYS = 30
NAMES = ("naive score > 50", "naive score > 30", "rule: notice", "rule: critical")


def alarms(data: DataSet, drive: Drive) -> dict[str, Bools]:
    """Return for each base line the days [n] on which it raises an alarm."""
    told = {each: _filled(data.smart[each][drive.rows]) for each in (5, 10, 187, 197, 198)}
    pending = np.maximum(told[197], told[198])
    hours = drive.history.column("power_on_hours")[0] + 24 * np.arange(len(drive.rows))
    naive = 40 * (_slope(told[5]) > 0) + 30 * (_slope(told[197]) > 0) + 10 * (hours > 50_000)
    kinds = (told[5] > 0).astype(int) + (told[187] > 0) + (pending > 0)
    notice = (told[187] >= 1) | (pending >= 1) | (told[5] >= 16) | (told[10] >= 1)
    critical = (kinds >= 2) | (pending >= 16)
    return dict(zip(NAMES, (naive > 50, naive > 30, notice, critical), strict=True))


def _filled(values: Ints) -> Ints:
    """Hold the last known value in gaps, and take the first one for what went before it."""
    known = values >= 0
    if known.all() or not known.any():
        return np.maximum(values, 0)
    latest = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    filled: Ints = values[np.where(latest < 0, int(np.flatnonzero(known)[0]), latest)]
    return filled


def _slope(values: Ints) -> Floats:
    """Return the least-squares slope over the trailing window, from two days on."""
    count = len(values)
    index = np.arange(count)
    sums = np.concatenate(([0.0], np.cumsum(values.astype(float))))
    weighted = np.concatenate(([0.0], np.cumsum(index * values.astype(float))))
    start = np.maximum(0, index - WINDOW_DAYS + 1)
    size = index - start + 1
    rise = weighted[index + 1] - weighted[start]
    rise -= (index + start) / 2 * (sums[index + 1] - sums[start])
    slope = np.zeros(count)
    enough = size >= 2
    slope[enough] = rise[enough] / (size * (size * size - 1) / 12.0)[enough]
    slope[np.abs(slope) < 1e-9 * (1 + np.abs(values))] = 0
    return slope

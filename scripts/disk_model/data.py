"""Drive histories out of a data set of changes (an `.npz` made of Backblaze's Drive Stats).

Per drive `serial model_id size_tb failed min_day max_day` (days since 1970-01-01) and `off`, its first
row; per row `tstart tstop` (power-on hours for which the values hold) and `s5 … s198`, -1 = missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from custom_components.home_server_monitor.analysis.disk_health import DiskKind, SmartHistory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

type Ints = npt.NDArray[np.int64]

# Ordinal of 1970-01-01, from which the data set counts.
EPOCH = 719_163
# 2014-01-01: before it, most of the attributes were not recorded.
SCORED_FROM = EPOCH + 16_071
MIN_SCORED_DAYS = 30
SMART_IDS = (5, 10, 12, 187, 188, 189, 196, 197, 198)

FAMILIES = ("ST4000DM000", "other Seagate", "ST3000DM001", "HGST/Hitachi", "WDC")


def family_of(model: str) -> str:
    """Return the family that a model is reported under; "" for the rest."""
    if model in {"ST4000DM000", "ST3000DM001"}:
        return model
    starts = {
        "ST": "other Seagate",
        "HGST": "HGST/Hitachi",
        "Hitachi": "HGST/Hitachi",
        "WDC": "WDC",
    }
    return next((family for start, family in starts.items() if model.startswith(start)), "")


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive. `days` [n] are the ordinals of its whole days up to the one before its last record.

    `left` [n] counts them down to 1, `rows` [n] are its rows in the data set, `scored` [n] says which
    days count. `failed` is whether the last record is that of its failure.
    """

    serial: str
    model: str
    failed: bool
    history: SmartHistory
    days: Ints
    left: Ints
    rows: Ints
    scored: npt.NDArray[np.bool_]


class DataSet:
    """The drives of a data set, in its order."""

    def __init__(self, path: Path) -> None:
        """Read the whole file; the larger one of the public sets takes some 100 MB."""
        with np.load(path) as told:
            self._told = {name: told[name] for name in told.files}
        rows = len(self._told["tstart"])
        self.smart = {
            each: self._told.get(f"s{each}", np.full(rows, -1)).astype(np.int64)
            for each in SMART_IDS
        }
        self._models = [str(model) for model in self._told["model"]]
        self._columns = {
            "reallocated": self.smart[5],
            "uncorrectable": self.smart[187],
            "pending": np.maximum(self.smart[197], self.smart[198]),
            "timeouts": _largest_word(self.smart[188]),
            "spin_retries": self.smart[10],
            "power_on_hours": self._told["tstart"].astype(np.int64),
        }

    def drives(self) -> Iterator[Drive]:
        """Yield the drives that can be scored: failed ones with at least 30 days that count."""
        for index in range(len(self._told["serial"])):
            drive = self._drive(index)
            if drive is None:
                continue
            if drive.scored.sum() >= (MIN_SCORED_DAYS if drive.failed else 1):
                yield drive

    def _drive(self, index: int) -> Drive | None:
        told = self._told
        first, stop = int(told["off"][index]), int(told["off"][index + 1])
        starts = told["tstart"][first:stop].astype(np.int64)
        last_hour = int(told["tstop"][stop - 1])
        count = (last_hour - int(starts[0])) // 24
        failed, last_day = bool(told["failed"][index]), int(told["max_day"][index]) + EPOCH
        if count < 1 or (failed and last_day < SCORED_FROM + MIN_SCORED_DAYS + 1):
            return None
        left = np.arange(count, 0, -1)
        rows = np.searchsorted(starts, last_hour - 24 * left, side="right") - 1
        model = self._models[int(told["model_id"][index])]
        days = last_day - left
        return Drive(
            serial=str(told["serial"][index]),
            model=model,
            failed=failed,
            history=self._history(model, first, last_day - (last_hour - starts) // 24),
            days=days,
            left=left,
            rows=np.maximum(rows, 0) + first,
            scored=days >= SCORED_FROM,
        )

    def _history(self, model: str, first: int, seen: Ints) -> SmartHistory:
        """Make a sample of each change; of several on one day the last one stands."""
        stands = np.flatnonzero(np.diff(seen, append=seen[-1] + 1))
        columns = {name: column[first + stands] for name, column in self._columns.items()}
        return SmartHistory(DiskKind.HDD, model, seen[stands], columns)


def _largest_word(raw: Ints) -> Ints:
    """Return the largest 16-bit word of each packed value, -1 where it is missing."""
    words = [raw >> shift & 0xFFFF for shift in (0, 16, 32)]
    return np.where(raw < 0, -1, np.maximum.reduce(words))

"""Tiny data sets in the layout of the public one, made up by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SMART_IDS = (5, 10, 12, 187, 188, 189, 196, 197, 198)
# 2015-06-01 in days since 1970.
LAST_DAY = 16_587


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A drive of `days` days; `changes` gives the values by SMART id from a day on."""

    model: str
    days: int
    failed: bool = False
    changes: Mapping[int, Mapping[int, int]] = field(default_factory=dict)


def write(path: Path, drives: Sequence[MadeUp]) -> Path:
    """Write the drives as a data set and return its path."""
    models = sorted({drive.model for drive in drives})
    columns: dict[str, list[int]] = {f"s{each}": [] for each in SMART_IDS}
    starts: list[int] = []
    stops: list[int] = []
    first_rows = [0]
    for drive in drives:
        began = sorted({0, *drive.changes})
        values = dict.fromkeys(SMART_IDS, 0)
        for place, day in enumerate(began):
            values |= drive.changes.get(day, {})
            starts.append(1000 + 24 * day)
            stops.append(1000 + 24 * (began[place + 1] if place + 1 < len(began) else drive.days))
            for each in SMART_IDS:
                columns[f"s{each}"].append(values[each])
        first_rows.append(len(starts))
    arrays: dict[str, Any] = {
        "serial": np.array([f"S{number}" for number in range(len(drives))]),
        "model": np.array(models),
        "model_id": np.array([models.index(drive.model) for drive in drives]),
        "size_tb": np.full(len(drives), 4.0),
        "failed": np.array([drive.failed for drive in drives], np.int8),
        "min_day": np.array([LAST_DAY - drive.days for drive in drives]),
        "max_day": np.full(len(drives), LAST_DAY),
        "off": np.array(first_rows),
        "tstart": np.array(starts, np.int32),
        "tstop": np.array(stops, np.int32),
    }
    arrays |= {name: np.array(column, np.int32) for name, column in columns.items()}
    np.savez(path, **arrays)
    return path

"""Histories as plain lists of numbers, small enough to be kept for years.

Most counters never move and power-on hours rise by 24 a day, so that a column is written as runs of
equal steps: ``[step, times, step, times, …]``, the first step being the first value itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .history import MISSING, DiskKind, SmartHistory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .history import Ints


def packed(history: SmartHistory) -> dict[str, Any]:
    """Return a history as it can be written as JSON; `unpacked` gives the same history again."""
    return {
        "kind": history.kind.value,
        "model": history.model,
        "capacity": history.capacity_bytes,
        "days": _runs(history.days),
        "columns": {
            name: _runs(column)
            for name, column in sorted(history.columns.items())
            if (column != MISSING).any()
        },
    }


def unpacked(told: Mapping[str, Any]) -> SmartHistory:
    """Return the history; raises `ValueError`, `KeyError` or `TypeError` for what is none."""
    days = _values(told["days"])
    columns = {str(name): _values(runs) for name, runs in told["columns"].items()}
    if any(len(column) != len(days) for column in columns.values()):
        raise ValueError("columns of unequal length")
    return SmartHistory(DiskKind(told["kind"]), str(told["model"]), days, columns, told["capacity"])


def _runs(values: Ints) -> list[int]:
    steps = np.diff(values, prepend=0)
    if len(steps) == 0:
        return []
    starts = np.flatnonzero(np.diff(steps, prepend=steps[0] + 1))
    lengths = np.diff(starts, append=len(steps))
    pairs: list[int] = np.column_stack((steps[starts], lengths)).ravel().tolist()
    return pairs


def _values(runs: Sequence[int]) -> Ints:
    pairs = np.array(runs, np.int64).reshape(-1, 2)
    if (pairs[:, 1] < 1).any():
        raise ValueError("a run without length")
    return np.cumsum(np.repeat(pairs[:, 0], pairs[:, 1]))

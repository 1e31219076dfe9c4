"""From a history to the level and the risk of each day: the core that every verdict comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .history import DiskKind, Ints
from .table import (
    RAISED,
    Condition,
    Floats,
    GroupRisk,
    GroupRules,
    group_of,
    risks,
    rules,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .history import SmartHistory

type Bools = npt.NDArray[np.bool_]

# Nothing is held longer than two years and nothing grows over more than 90 days; days before that
# change no level, so that a very old first sample costs neither time nor memory.
LONGEST_DAYS = 900
GROWTH_DAYS = (30, 90)

SMALL_GROUP, LARGE_GROUP = "seagate_small", "seagate_large"
LARGE_FROM_BYTES = 3_900_000_000_000

_RELIABILITY_BITS = 0b1100
_TEMPERATURE_BIT = 0b10
_SPARE_BIT = 0b1
_OTHER_BITS = 0b110000


class Level(StrEnum):
    """How urgent it is, from good to bad."""

    HEALTHY = "healthy"
    WATCH = "watch"
    WARN = "warn"
    REPLACE = "replace"

    @property
    def rank(self) -> int:
        """Return 0 for healthy to 3 for replace."""
        return LEVELS.index(self)


LEVELS = tuple(Level)


class Metrics:
    """The values that rules and risks look at, day by day, made when they are asked for.

    Between samples the last known value holds. Before the first one every counter is taken to be zero,
    as it was when the disk was new: a disk that is met with bad sectors counts as one whose bad
    sectors are new, which is the careful reading.
    """

    def __init__(self, history: SmartHistory, days: Ints) -> None:
        """Look at `history` on `days` [n] (ordinals, rising)."""
        self.days = days
        self._history = history
        self._columns = {name: _held(column) for name, column in history.columns.items()}
        self._rows: dict[int, Ints] = {}
        self._made: dict[str, Ints | None] = {}

    def get(self, name: str) -> Ints | None:
        """Return a metric [n], or None when it is zero on every day."""
        if name not in self._made:
            made = self._make(name)
            self._made[name] = made if made is not None and made.any() else None
        return self._made[name]

    def _make(self, name: str) -> Ints | None:
        base, _, window = name.rpartition("_")
        if window.isdigit():
            return self._growth(base, int(window))
        if name == "kinds":
            return self._kinds()
        if name.startswith("critical_") and name not in self._columns:
            return self._nvme(name)
        if name == "spare_short":
            return self._spare_short()
        return self._at(name, 0)

    def _spare_short(self) -> Ints | None:
        told, bits = self._at("spare_short", 0), self._at("critical_warning", 0)
        if bits is None:
            return told
        warned = 2 * (bits & _SPARE_BIT)
        return warned if told is None else np.maximum(told, warned)

    def _kinds(self) -> Ints:
        """Return how many of the three kinds of damage there are."""
        kinds = np.zeros(len(self.days), np.int64)
        for name in ("reallocated", "uncorrectable", "pending"):
            if (values := self.get(name)) is not None:
                kinds += values > 0
        return kinds

    def _growth(self, base: str, window: int) -> Ints | None:
        present = self.get(base)
        if present is None:
            return None
        before = self._at(base, window)
        return present if before is None else np.maximum(present - before, 0)

    def _nvme(self, name: str) -> Ints | None:
        bits = self._at("critical_warning", 0)
        match name:
            case "critical_failing":
                return None if bits is None else bits & _RELIABILITY_BITS
            case "critical_temperature":
                return None if bits is None else bits & _TEMPERATURE_BIT
            case "critical_other":
                return None if bits is None else bits & _OTHER_BITS
        return None

    def _at(self, name: str, ago: int) -> Ints | None:
        column = self._columns.get(name)
        if column is None or not column.any():
            return None
        if ago not in self._rows:
            rows = np.searchsorted(self._history.days, self.days - ago, side="right")
            self._rows[ago] = rows
        return np.concatenate(([0], column))[self._rows[ago]]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A disk day by day: `days` [n] ordinals, the rest [n] for these days.

    `raw` is the rank (0 healthy to 3 replace) that the day's own values give, `level` the rank after
    holding, `witness` the rank by ZFS's errors and self-tests alone. `score` is what the risk table is read with.
    """

    group: str
    metrics: Metrics
    days: Ints
    raw: Ints
    witness: Ints
    level: Ints
    score: Floats


def rule_group(history: SmartHistory) -> str:
    """Return the group of rules for a disk."""
    if history.kind is not DiskKind.HDD:
        return history.kind.value
    group = group_of(history.model)
    # A name that does not tell its size, as Seagate's names of old, on a disk of today.
    if group == SMALL_GROUP and (history.capacity_bytes or 0) >= LARGE_FROM_BYTES:
        return LARGE_GROUP
    return group


def trace(
    history: SmartHistory,
    last: int,
    table: Mapping[str, GroupRisk] | None = None,
    span: int = LONGEST_DAYS,
) -> Trace:
    """Follow the last `span` days of `history` to the day `last` (an ordinal).

    What a day gets depends on no later one, nor on `span` where that is at least `LONGEST_DAYS` more.
    `table` replaces the shipped risks.
    """
    group = rule_group(history)
    known = history.until(last)
    first = max(int(known.days[0]), last - span) if len(known.days) else last
    days = np.arange(first, last + 1)
    metrics = Metrics(known, days)
    witness = _ranks(metrics, rules().witness)
    raw = np.maximum(witness, _ranks(metrics, rules().groups[group].conditions))
    return Trace(
        group=group,
        metrics=metrics,
        days=days,
        raw=raw,
        witness=witness,
        level=_hold(raw, rules().groups[group]),
        score=score(metrics, (risks() if table is None else table).get(group)),
    )


def score(metrics: Metrics, risk: GroupRisk | None) -> Floats:
    """Return the points [n] that a risk table gives for each day."""
    points = np.zeros(len(metrics.days))
    if risk is None:
        return points
    for name, pairs in risk.points.items():
        if (values := metrics.get(name)) is None:
            continue
        for limit, weight in pairs:
            points += weight * (values >= limit)
    return points


def matches(metrics: Metrics, condition: Condition) -> Bools | None:
    """Return the days [n] on which all of a condition holds, or None for never."""
    found: Bools | None = None
    for name, limit in condition:
        if (values := metrics.get(name)) is None:
            return None
        reached = values >= limit
        found = reached if found is None else found & reached
    return found


def _ranks(metrics: Metrics, levels: Mapping[str, Iterable[Condition]]) -> Ints:
    ranks = np.zeros(len(metrics.days), np.int64)
    for rank, level in enumerate(RAISED, start=1):
        for condition in levels[level]:
            if (found := matches(metrics, condition)) is not None:
                ranks[found] = rank
    return ranks


def _hold(raw: Ints, group: GroupRules) -> Ints:
    """Return the levels after holding: each falls only after its number of quiet days."""
    if not raw.any():
        return raw
    positions = np.arange(len(raw))
    held = np.zeros(len(raw), np.int64)
    for rank, level in enumerate(RAISED, start=1):
        latest = np.maximum.accumulate(np.where(raw >= rank, positions, -1))
        held[(latest >= 0) & (positions - latest <= group.hold[level])] = rank
    return held


def _held(column: Ints) -> Ints:
    """Return the column with gaps filled by the last known value, by zero before the first."""
    known = column >= 0
    if known.all():
        return column
    latest = np.maximum.accumulate(np.where(known, np.arange(len(column)), -1))
    return np.where(latest >= 0, column[np.maximum(latest, 0)], 0)

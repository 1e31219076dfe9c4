"""Fit the measured risks: what share of drives in a state like this failed within 30 and 90 days.

Weekly samples of each drive become yes/no features ("at least 8 pending sectors", "grew by at least
4 in 30 days"). A logistic regression without negative weights (so that worse values never lower the
risk) turns them into a score; the drives of each band of scores, counted, give the shares. No random
numbers are used: the same data give the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from custom_components.home_server_monitor.analysis.disk_health.table import (
    FALLBACK_GROUP,
    group_of,
)
from custom_components.home_server_monitor.analysis.disk_health.trace import Metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .data import Drive

type Ints = npt.NDArray[np.int64]
type Bools = npt.NDArray[np.bool_]
type Floats = npt.NDArray[np.float64]

STEP_DAYS = 7
HORIZONS = (30, 90)
FITTED_HORIZON = 90
HORIZON_OF_DAYS_LEFT = 365
QUARTILES = (0.75, 0.5, 0.25)
# A band of scores holds at least a tenth of the group's samples that precede a failure, within these
# limits; there are some 13 of them for each failed drive.
MIN_FAILING_SAMPLES, ENOUGH_FAILING_SAMPLES = 100, 250
MIN_SAMPLES = 300
LOCAL_ONLY = "seagate_3000dm001"

CANDIDATES = {
    "reallocated": (1, 4, 16, 64, 256, 1024),
    "uncorrectable": (1, 2, 4, 12, 35),
    "pending": (1, 2, 8, 16, 24, 40, 100),
    "reallocated_30": (1, 4, 16, 64, 256),
    "uncorrectable_30": (1, 2, 4, 12, 35),
    "pending_30": (1, 2, 8, 16, 40),
    "pending_90": (1,),
    "timeouts": (5, 15),
    "spin_retries": (1,),
}
FEATURES = tuple((name, limit) for name, limits in CANDIDATES.items() for limit in limits)

ITERATIONS = 1500
PENALTY = 3.0
RATE = 0.03
SMALLEST_WEIGHT = 0.05


@dataclass(slots=True)
class Samples:
    """Weekly samples of a group's drives.

    `features` [n] holds a bit for each of FEATURES; `left` [n] the days to the drive's last record;
    `failed` [n] whether that is a failure; `drive` [n] the drive's number.
    """

    features: npt.NDArray[np.uint64]
    left: Ints
    failed: Bools
    drive: Ints

    def of(self, chosen: Bools) -> Samples:
        """Return the chosen ones [n]."""
        return Samples(
            self.features[chosen], self.left[chosen], self.failed[chosen], self.drive[chosen]
        )

    def outcome(self, days: int) -> tuple[Bools, Bools]:
        """Return whether a failure came within `days` [n], and where that is known [n]."""
        came = self.failed & (self.left <= days)
        return came, came | self.failed | (self.left >= days)


def collect(drives: Iterable[Drive]) -> dict[str, Samples]:
    """Return the samples of each group that there are drives of."""
    parts: dict[str, list[Samples]] = {}
    for number, drive in enumerate(drives):
        parts.setdefault(group_of(drive.model), []).append(_sample(number, drive))
    return {name: joined(found) for name, found in parts.items()}


def fit_all(groups: Mapping[str, Samples]) -> dict[str, Any]:
    """Return the risk table of all groups; the fallback's is of all but one odd model."""
    usual = joined([one for name, one in groups.items() if name != LOCAL_ONLY])
    entries = {name: fit(one) for name, one in sorted(groups.items()) if name != FALLBACK_GROUP}
    return {"groups": entries | {FALLBACK_GROUP: fit(usual)}}


def _sample(number: int, drive: Drive) -> Samples:
    # By the calendar, so that a week's sample lies anywhere before the drive's last day.
    chosen = np.flatnonzero(drive.scored & (drive.days % STEP_DAYS == 0))
    metrics = Metrics(drive.history, drive.days[chosen])
    bits = np.zeros(len(chosen), np.uint64)
    for place, (name, limit) in enumerate(FEATURES):
        if (values := metrics.get(name)) is not None:
            bits |= (values >= limit).astype(np.uint64) << np.uint64(place)
    return Samples(
        bits,
        drive.left[chosen],
        np.full(len(chosen), drive.failed),
        np.full(len(chosen), number),
    )


def joined(parts: list[Samples]) -> Samples:
    """Return the samples of all parts, one after the other."""
    return Samples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.failed for part in parts]),
        np.concatenate([part.drive for part in parts]),
    )


def unpacked(features: npt.NDArray[np.uint64]) -> Floats:
    """Return the features [n, len(FEATURES)] as 0 and 1."""
    places = np.arange(len(FEATURES), dtype=np.uint64)
    return (features[:, None] >> places & np.uint64(1)).astype(float)


def fit(samples: Samples) -> dict[str, Any]:
    """Return a group's entry of the risk table."""
    weights = _weights(samples)
    patterns, which = np.unique(samples.features, return_inverse=True)
    scores = np.round(unpacked(patterns) @ weights, 4)[which]
    points: dict[str, list[list[float]]] = {}
    for (name, limit), weight in zip(FEATURES, weights, strict=True):
        if weight > 0:
            points.setdefault(name, []).append([limit, float(weight)])
    return {
        "drives": len(np.unique(samples.drive)),
        "failed": len(np.unique(samples.drive[samples.failed])),
        "points": points,
        "bins": _bins(samples, scores),
    }


def _weights(samples: Samples) -> Floats:
    """Fit by Adam, full batch, on the distinct patterns, with weights kept at or above zero."""
    patterns, which = np.unique(samples.features, return_inverse=True)
    came, known = samples.outcome(FITTED_HORIZON)
    # Each drive's weeks within the horizon tell the same story: count them as one.
    share = STEP_DAYS / FITTED_HORIZON
    bad = np.bincount(which[came & known], minlength=len(patterns)) * share
    good = np.bincount(which[~came & known], minlength=len(patterns)) * share
    inputs = np.hstack([unpacked(patterns), np.ones((len(patterns), 1))])
    penalty = np.append(np.full(len(FEATURES), PENALTY), 0.0)
    weights = np.append(np.zeros(len(FEATURES)), -5.0)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for turn in range(1, ITERATIONS + 1):
        chance = 1 / (1 + np.exp(-(inputs @ weights)))
        slope = inputs.T @ (bad * (1 - chance) - good * chance) - penalty * weights
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        rate = RATE if turn < 0.6 * ITERATIONS else 0.2 * RATE
        weights += rate * (mean / (1 - 0.9**turn)) / (np.sqrt(square / (1 - 0.999**turn)) + 1e-8)
        weights[:-1] = np.maximum(weights[:-1], 0)
    found = np.round(weights[:-1], 2)
    kept: Floats = np.where(found < SMALLEST_WEIGHT, 0.0, found)
    return kept


def _bins(samples: Samples, scores: Floats) -> list[dict[str, Any]]:
    """Return bands of rising score with rising shares; the first one is the disks without a sign."""
    edges = _edges(samples, scores)
    edges = _pooled(samples, scores, edges)
    shares = {days: _shares(samples, scores, edges, days) for days in HORIZONS}
    found, before = [], [np.inf] * len(QUARTILES)
    for place, (start, stop) in enumerate(pairwise([*edges, np.inf])):
        inside = samples.of((scores >= start) & (scores < stop))
        before = [min(pair) for pair in zip(before, _days_left(inside), strict=True)]
        found.append(
            {
                "from": start,
                "within_30": round(float(np.max(shares[30][: place + 1])), 5),
                "within_90": round(float(np.max(shares[90][: place + 1])), 5),
                "days_left": [None if np.isinf(day) else int(day) for day in before],
                "drives": len(np.unique(inside.drive)),
                "failed": len(np.unique(inside.drive[inside.failed & (inside.left <= 90)])),
            }
        )
    return found


def _edges(samples: Samples, scores: Floats) -> list[float]:
    came, known = samples.outcome(FITTED_HORIZON)
    values, which = np.unique(scores, return_inverse=True)
    failing = np.bincount(which[came], minlength=len(values))
    all_known = np.bincount(which[known], minlength=len(values))
    enough = float(
        np.clip(failing[values > 0].sum() / 10, MIN_FAILING_SAMPLES, ENOUGH_FAILING_SAMPLES)
    )
    edges, bad, total = [0.0], enough, MIN_SAMPLES
    for value, failing_here, known_here in zip(values, failing, all_known, strict=True):
        if value > 0 and bad >= enough and total >= MIN_SAMPLES:
            edges.append(float(value))
            bad, total = 0.0, 0
        if value > 0:
            bad, total = bad + failing_here, total + known_here
    # The last band is what was left over: too small to stand alone.
    if len(edges) > 2 and bad < enough:
        edges.pop()
    return edges


def _pooled(samples: Samples, scores: Floats, edges: list[float]) -> list[float]:
    """Join each band with the one before it until the share rises from band to band."""
    edges = list(edges)
    while True:
        shares = _shares(samples, scores, edges, FITTED_HORIZON)
        falls = np.flatnonzero(np.diff(shares) <= 0)
        if len(falls) == 0:
            return edges
        edges.pop(int(falls[0]) + 1)


def _shares(samples: Samples, scores: Floats, edges: list[float], days: int) -> Floats:
    came, known = samples.outcome(days)
    band = np.searchsorted(edges, scores, side="right") - 1
    total = np.bincount(band[known], minlength=len(edges))
    shares: Floats = np.bincount(band[came], minlength=len(edges)) / np.maximum(total, 1)
    return shares


def _days_left(inside: Samples) -> list[float]:
    """Return by when a quarter, half and three quarters had failed (Kaplan-Meier), or infinity."""
    days, which = np.unique(inside.left, return_inverse=True)
    ended = np.bincount(which, minlength=len(days))
    failed = np.bincount(which[inside.failed], minlength=len(days))
    at_risk = len(inside.left) - np.concatenate(([0], np.cumsum(ended)[:-1]))
    alive = np.cumprod(1 - failed / np.maximum(at_risk, 1))
    alive[days > HORIZON_OF_DAYS_LEFT] = 1.0
    return [
        float(days[np.argmax(alive <= share)]) if (alive <= share).any() else np.inf
        for share in QUARTILES
    ]

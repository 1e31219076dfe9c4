"""Do drives that are given p fail at that rate? Asked of drives that the table has never seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from custom_components.home_server_monitor.analysis.disk_health.table import (
    FALLBACK_GROUP,
    GroupRisk,
    parse_risks,
)

from .data import FAMILIES, family_of
from .train import FEATURES, Samples, collect, fit_all, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .data import Drive

type Floats = npt.NDArray[np.float64]

FOLDS = 5
SEED = 2016
EDGES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Band:
    """Weekly samples that were given about the same p: their number, drives, mean p and outcome."""

    samples: int
    drives: int
    given: float
    came: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """A family's bands, and its expected calibration error: of all samples and of those with signs.

    The second leaves out disks without any sign, which are nearly all and easily right.
    """

    bands: tuple[Band, ...]
    error: float
    error_with_signs: float


def cross_validated(
    drives: Iterable[Drive], days: int = 90, parts: int = FOLDS
) -> dict[str, Reliability]:
    """Return the reliability by family for a horizon in days, each drive judged by a fit without it."""
    kept = list(drives)
    families = [family_of(drive.model) for drive in kept]
    groups = collect(kept)
    folds = np.random.default_rng(SEED).integers(0, parts, len(kept))
    given = {name: np.zeros(len(samples.left)) for name, samples in groups.items()}
    for fold in range(parts):
        rest = {name: one.of(folds[one.drive] != fold) for name, one in groups.items()}
        table = parse_risks(fit_all(rest))
        for name, samples in groups.items():
            held_out = folds[samples.drive] == fold
            given[name][held_out] = _given(table, name, samples.of(held_out), days)
    return _by_family(groups, given, families, days)


def _given(table: Mapping[str, GroupRisk], group: str, samples: Samples, days: int) -> Floats:
    risk = table.get(group, table[FALLBACK_GROUP])
    weights = np.zeros(len(FEATURES))
    for place, (name, limit) in enumerate(FEATURES):
        weights[place] = dict(risk.points.get(name, ())).get(limit, 0.0)
    patterns, which = np.unique(samples.features, return_inverse=True)
    scores = (unpacked(patterns) @ weights)[which]
    row = np.searchsorted(risk.from_score, scores + 1e-9, side="right") - 1
    return (risk.within_30 if days == 30 else risk.within_90)[row]


def _by_family(
    groups: Mapping[str, Samples], given: Mapping[str, Floats], families: list[str], days: int
) -> dict[str, Reliability]:
    drive = np.concatenate([samples.drive for samples in groups.values()])
    outcomes = [samples.outcome(days) for samples in groups.values()]
    came = np.concatenate([outcome[0] for outcome in outcomes])
    known = np.concatenate([outcome[1] for outcome in outcomes])
    signs = np.concatenate([samples.features != 0 for samples in groups.values()])
    chance = np.concatenate(list(given.values()))
    of_drive = np.array(families)[drive]
    found = {}
    for name in (*FAMILIES, "all"):
        chosen = known if name == "all" else known & (of_drive == name)
        if chosen.any():
            found[name] = _reliability(chance[chosen], came[chosen], drive[chosen], signs[chosen])
    return found


def _reliability(
    given: Floats,
    came: npt.NDArray[np.bool_],
    drive: npt.NDArray[np.int64],
    signs: npt.NDArray[np.bool_],
) -> Reliability:
    return Reliability(
        bands=tuple(_bands(given, came, drive)),
        error=_error(_bands(given, came, drive)),
        error_with_signs=_error(_bands(given[signs], came[signs], drive[signs])),
    )


def _bands(given: Floats, came: npt.NDArray[np.bool_], drive: npt.NDArray[np.int64]) -> list[Band]:
    place = np.minimum(np.searchsorted(EDGES, given, side="right") - 1, len(EDGES) - 2)
    return [
        Band(
            samples=int(inside.sum()),
            drives=len(np.unique(drive[inside])),
            given=float(given[inside].mean()),
            came=float(came[inside].mean()),
        )
        for band in range(len(EDGES) - 1)
        if (inside := place == band).any()
    ]


def _error(bands: list[Band]) -> float:
    total = sum(band.samples for band in bands)
    return sum(band.samples * abs(band.given - band.came) for band in bands) / max(total, 1)

"""The tables beside this file: the rules for levels, and the risks measured on real disks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES = Path(__file__).with_name("rules.json")
RISKS = Path(__file__).with_name("risks.json")

type Condition = tuple[tuple[str, int], ...]
type Floats = npt.NDArray[np.float64]

RAISED = ("watch", "warn", "replace")
FALLBACK_GROUP = "other"


@dataclass(frozen=True, slots=True)
class GroupRules:
    """For each raised level: the conditions, any of which raises it, and the days it is held."""

    conditions: Mapping[str, tuple[Condition, ...]]
    hold: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class GroupRisk:
    """The measured risk of a group of models.

    `points` gives a metric's (limit, weight) pairs: reaching a limit adds its weight. `from_score` [k]
    rises from 0; `within_30` and `within_90` [k] are the shares that failed within so many days from
    that score on; `days_left` [k, 3] is by when a quarter, half and three quarters had failed, in
    days, nan where fewer did within a year.
    """

    points: Mapping[str, tuple[tuple[int, float], ...]]
    from_score: Floats
    within_30: Floats
    within_90: Floats
    days_left: Floats


@dataclass(frozen=True, slots=True)
class Rules:
    """All of the rules. `unmeasured` is the (30 days, 90 days) risk of a level by judgement alone."""

    version: int
    models: tuple[tuple[re.Pattern[str], str], ...]
    groups: Mapping[str, GroupRules]
    witness: Mapping[str, tuple[Condition, ...]]
    unmeasured: Mapping[str, tuple[float, float]]


@cache
def rules() -> Rules:
    """Return the rules, read once."""
    told = json.loads(RULES.read_text(encoding="utf-8"))
    return Rules(
        version=told["version"],
        models=tuple((re.compile(pattern), group) for pattern, group in told["models"]),
        groups={
            name: GroupRules(_conditions(group), group["hold"])
            for name, group in told["groups"].items()
        },
        witness=_conditions(told["witness"]),
        unmeasured={level: (pair[0], pair[1]) for level, pair in told["unmeasured"].items()},
    )


@cache
def risks() -> Mapping[str, GroupRisk]:
    """Return the measured risks by group, read once."""
    return parse_risks(json.loads(RISKS.read_text(encoding="utf-8")))


def parse_risks(told: Mapping[str, Any]) -> Mapping[str, GroupRisk]:
    """Return the measured risks of a table as `scripts/train_disk_model` writes it."""
    return {name: _risk(group) for name, group in told["groups"].items()}


@cache
def group_of(model: str) -> str:
    """Return the group of a hard disk's model; an unknown maker's is the fallback group."""
    name = " ".join(model.upper().split()).removeprefix("SEAGATE ")
    return next((group for pattern, group in rules().models if pattern.match(name)), FALLBACK_GROUP)


def _conditions(told: Mapping[str, Any]) -> Mapping[str, tuple[Condition, ...]]:
    return {
        level: tuple(tuple(sorted(condition.items())) for condition in told[level])
        for level in RAISED
    }


def _risk(told: Mapping[str, Any]) -> GroupRisk:
    bins = told["bins"]
    return GroupRisk(
        points={
            metric: tuple((int(limit), float(weight)) for limit, weight in pairs)
            for metric, pairs in told["points"].items()
        },
        from_score=np.array([one["from"] for one in bins], float),
        within_30=np.array([one["within_30"] for one in bins], float),
        within_90=np.array([one["within_90"] for one in bins], float),
        days_left=np.array(
            [[np.nan if day is None else day for day in one["days_left"]] for one in bins], float
        ),
    )

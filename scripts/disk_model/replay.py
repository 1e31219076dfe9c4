"""A day-by-day replay of drives under alarms, and what the alarms were worth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from custom_components.home_server_monitor.analysis.disk_health import (
    LEVELS,
    Level,
    SmartHistory,
    assess,
    risk_of,
    trace,
)

from .baselines import alarms
from .data import FAMILIES, family_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .data import DataSet, Drive, Ints

type Bools = npt.NDArray[np.bool_]

QUIET_DAYS = 30
DETECTED_WITHIN = (30, 14, 7)
TRUE_WITHIN = (30, 90, 365)
WHOLE_LIFE = 100_000

CHECK_SEED = 90
CHECKED_ILL, CHECKED_WELL = 0.05, 0.002


@dataclass(slots=True)
class Tally:
    """What one alarm did in one family.

    An alarm's episode ends with 30 quiet days. `episodes` holds, for each, the days from its start to
    the drive's last record and whether that was a failure. `leads` are in days.
    """

    detected: dict[int, int] = field(default_factory=lambda: dict.fromkeys(DETECTED_WITHIN, 0))
    leads: list[int] = field(default_factory=list)
    false_alarms: int = 0
    episodes: list[tuple[int, bool]] = field(default_factory=list)

    def add(self, drive: Drive, alarm: Bools) -> None:
        """Take in one drive's alarm days [n]."""
        alarmed = np.flatnonzero(alarm & drive.scored)
        if len(alarmed) == 0:
            return
        starts = alarmed[np.diff(alarmed, prepend=-WHOLE_LIFE) > QUIET_DAYS]
        left = [int(days) for days in drive.left[starts]]
        self.episodes += [(days, drive.failed) for days in left]
        if not drive.failed:
            self.false_alarms += len(starts)
            return
        latest = int(drive.left[alarmed[-1]])
        for days in DETECTED_WITHIN:
            self.detected[days] += latest <= days
        if latest <= max(DETECTED_WITHIN):
            self.leads.append(left[-1])

    def true_within(self, days: int) -> float | None:
        """Return the share of episodes that a failure followed within `days`, if that can be told."""
        told = [failed for left, failed in self.episodes if failed or left >= days]
        true = sum(failed and left <= days for left, failed in self.episodes)
        return true / len(told) if told else None


@dataclass(slots=True)
class Family:
    """A family's drives and the tallies of its alarms, by name."""

    failed: int = 0
    healthy: int = 0
    healthy_days: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, drive: Drive, raised: dict[str, Bools]) -> None:
        """Take in one drive with its alarm days by name."""
        self.failed += drive.failed
        self.healthy += not drive.failed
        self.healthy_days += 0 if drive.failed else int(drive.scored.sum())
        for name, alarm in raised.items():
            self.tallies.setdefault(name, Tally()).add(drive, alarm)

    def figures(self, name: str) -> dict[str, float | None]:
        """Return the figures of an alarm; shares from 0 to 1, the lead in days, None if not to be told."""
        tally, years = self.tallies[name], self.healthy_days / 365.25
        found: dict[str, float | None] = {
            f"detected_{days}d": count / self.failed if self.failed else None
            for days, count in tally.detected.items()
        }
        found["median_lead_days"] = float(np.median(tally.leads)) if tally.leads else None
        found["false_alarms_per_100_drive_years"] = (
            100 * tally.false_alarms / years if years else None
        )
        for days in TRUE_WITHIN:
            found[f"true_within_{days}d"] = tally.true_within(days)
        return found


def levels_of(drive: Drive) -> Ints:
    """Return the rank [n] of the drive's level on each of its days."""
    traced = trace(drive.history, int(drive.days[-1]), span=WHOLE_LIFE)
    return traced.level[np.searchsorted(traced.days, drive.days)]


def replay(data: DataSet, drives: Iterable[Drive], *, baselines: bool = True) -> dict[str, Family]:
    """Replay the drives; the result is by family, with `all` for all of them."""
    families = {name: Family() for name in (*FAMILIES, "all")}
    for drive in drives:
        ranks = levels_of(drive)
        raised = {
            level.value: ranks >= level.rank for level in LEVELS if level is not Level.HEALTHY
        }
        if baselines:
            raised |= alarms(data, drive)
        families["all"].add(drive, raised)
        if name := family_of(drive.model):
            families[name].add(drive, raised)
    return families


def through_assess(drives: Iterable[Drive]) -> tuple[int, int]:
    """Judge a seeded choice of drive-days by `assess`, which is given nothing later than that day.

    Returns the days judged and those on which level or probability differ from the replay's.
    """
    chance = np.random.default_rng(CHECK_SEED)
    checked = unequal = 0
    for drive in drives:
        if chance.random() > (CHECKED_ILL if _has_signs(drive) else CHECKED_WELL):
            continue
        traced = trace(drive.history, int(drive.days[-1]), span=WHOLE_LIFE)
        within_90 = risk_of(traced)[1]
        for day in chance.choice(drive.days, min(3, len(drive.days)), replace=False):
            place = int(np.searchsorted(traced.days, day))
            verdict = assess(_known_on(drive, int(day)), date.fromordinal(int(day)))
            level = LEVELS[int(traced.level[place])]
            checked += 1
            unequal += verdict.level is not level or verdict.probability_90d != within_90[place]
    return checked, unequal


def _has_signs(drive: Drive) -> bool:
    columns = drive.history.columns
    return any((columns[name] > 0).any() for name in ("reallocated", "uncorrectable", "pending"))


def _known_on(drive: Drive, day: int) -> SmartHistory:
    stop = int(np.searchsorted(drive.history.days, day, side="right"))
    columns = {name: column[:stop] for name, column in drive.history.columns.items()}
    return replace(drive.history, days=drive.history.days[:stop], columns=columns)

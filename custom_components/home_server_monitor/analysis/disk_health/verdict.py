"""The answer about one disk, as data and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from .trace import Level


class Advice(StrEnum):
    """What to do, as translation keys."""

    NOTHING = "nothing"
    BACK_UP = "back_up"
    RUN_LONG_TEST = "run_long_test"
    ORDER_DISK = "order_disk"
    REPLACE_DISK = "replace_disk"
    CHECK_CABLE = "check_cable"
    CHECK_COOLING = "check_cooling"
    COLLECT_DATA = "collect_data"

    @property
    def text(self) -> str:
        """Return the advice in English."""
        return _ADVICE[self]


_ADVICE = {
    Advice.NOTHING: "Nothing to do.",
    Advice.BACK_UP: "Make sure that there is a current backup of what is on this disk.",
    Advice.RUN_LONG_TEST: "Run a long self-test, and a scrub of the pool.",
    Advice.ORDER_DISK: "Have a replacement of at least the same size at hand.",
    Advice.REPLACE_DISK: "Replace this disk now.",
    Advice.CHECK_CABLE: "Check the disk's cable, backplane and controller.",
    Advice.CHECK_COOLING: "Check the fans and the air flow around the disk.",
    Advice.COLLECT_DATA: "Wait for more samples, or run a long self-test for an answer today.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: `key` is a translation key, `values` are its placeholders, `text` is the same in English."""

    key: str
    values: Mapping[str, int | float | str]
    text: str


class LeftBy(StrEnum):
    """What the days left end with."""

    WEAR = "wear"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class DaysLeft:
    """An estimate in days, and the interval it may well lie in; `latest` is None when it is open.

    By wear, the interval is what a whole percent more or less would make of it. By failure, of ten
    disks like this about five fail within it: a quarter before `earliest`, a quarter after `latest`.
    """

    by: LeftBy
    days: int
    earliest: int
    latest: int | None


@dataclass(frozen=True, slots=True)
class DiskVerdict:
    """What is to be thought of a disk on a day.

    `level` is None when the disk tells nothing at all. `probability_30d` and `probability_90d` are
    shares from 0 to 1; they were measured on disks of this `group` when `measured`, else they are a
    judgement by level. `held_since` is the last day that itself gave the level, when that is not the
    day of the verdict. `reasons` speak of the disk's own health, `hints` of its surroundings.
    """

    day: date
    level: Level | None
    probability_30d: float | None
    probability_90d: float | None
    measured: bool
    group: str
    days_left: DaysLeft | None
    held_since: date | None
    enough_history: bool
    history_days: int
    reasons: tuple[Reason, ...]
    hints: tuple[Reason, ...]
    advice: tuple[Advice, ...]

    @property
    def text(self) -> str:
        """Return the reasons, the hints and the advice in English sentences."""
        parts: list[Reason | Advice] = [*self.reasons, *self.hints, *self.advice]
        return " ".join(part.text for part in parts)

"""The verdict on a disk: the last day of its trace, put into numbers and words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from .history import MISSING, DiskKind, SmartHistory
from .reasons import quiet_days, reasons
from .surroundings import hints
from .table import Floats, GroupRisk, risks, rules
from .trace import LEVELS, Level, Trace, trace
from .verdict import Advice, DaysLeft, DiskVerdict, LeftBy, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .history import Ints

ENOUGH_DAYS = 30
STALE_DAYS = 7
MIN_WEAR_DAYS = 30
MIN_WEAR_PERCENT = 2
WEAR_WINDOW_DAYS = 365

# What a disk must tell at least once to be judged at all.
TELLING = frozenset(
    {
        "critical_warning", "failed_self_tests", "media_errors", "pending", "reallocated", "spare_used",
        "uncorrectable", "worn", "zfs_checksum", "zfs_read", "zfs_write",
    }
)  # fmt: skip

# What the measured shares were counted by: without any of these the share is a judgement.
MEASURED = frozenset({"pending", "reallocated", "uncorrectable"})

_ADVICE = {
    Level.HEALTHY: (),
    Level.WATCH: (Advice.RUN_LONG_TEST,),
    Level.WARN: (Advice.BACK_UP, Advice.ORDER_DISK, Advice.RUN_LONG_TEST),
    Level.REPLACE: (Advice.BACK_UP, Advice.REPLACE_DISK),
}
_HINT_ADVICE = {
    "too_hot": Advice.CHECK_COOLING,
    "crc_grew": Advice.CHECK_CABLE,
    "unsafe_shutdowns_grew": Advice.CHECK_CABLE,
}


def assess(history: SmartHistory, now: date) -> DiskVerdict:
    """Judge a disk by what was known of it on the day of `now`. Later samples are not looked at."""
    day = date.fromordinal(now.toordinal())
    known = history.until(day.toordinal())
    traced = trace(known, day.toordinal())
    span = int(known.days[-1] - known.days[0]) + 1 if len(known.days) else 0
    around = hints(known)
    told = {name for name, column in known.columns.items() if (column >= 0).any()}
    if not TELLING & told:
        return _silent(day, traced.group, span, around)
    level = LEVELS[int(traced.level[-1])]
    within_30, within_90 = (float(risk[-1]) for risk in risk_of(traced))
    held = day.toordinal() - quiet_days(traced)
    return DiskVerdict(
        day=day,
        level=level,
        probability_30d=within_30,
        probability_90d=within_90,
        measured=traced.group in risks() and bool(MEASURED & told),
        group=traced.group,
        days_left=_days_left(known, traced),
        held_since=None if held == day.toordinal() else date.fromordinal(held),
        enough_history=span >= ENOUGH_DAYS,
        history_days=span,
        reasons=(*(reasons(traced) or [_clean(known)]), *_caveats(known, day, span)),
        hints=tuple(around),
        advice=_advice(level, traced, around),
    )


def risk_of(traced: Trace, table: Mapping[str, GroupRisk] | None = None) -> tuple[Floats, Floats]:
    """Return the shares [n] of disks like this that fail within 30 and 90 days, day by day."""
    by_level = np.array([rules().unmeasured[level.value] for level in LEVELS])
    judged = by_level[traced.raw]
    risk = (risks() if table is None else table).get(traced.group)
    if risk is None:
        return judged[:, 0], judged[:, 1]
    row = _row(risk, traced.score)
    within_30, within_90 = risk.within_30[row], risk.within_90[row]
    # What ZFS or a self-test sees is no part of the measured share: it is a floor under it.
    told = traced.witness > 0
    floor = by_level[traced.witness]
    return (
        np.where(told, np.maximum(within_30, floor[:, 0]), within_30),
        np.where(told, np.maximum(within_90, floor[:, 1]), within_90),
    )


def _row(risk: GroupRisk, score: Floats) -> Ints:
    found: Ints = np.searchsorted(risk.from_score, score + 1e-9, side="right") - 1
    return np.maximum(found, 0)


def _silent(day: date, group: str, span: int, around: list[Reason]) -> DiskVerdict:
    text = "The disk tells nothing about its health."
    return DiskVerdict(
        day=day,
        level=None,
        probability_30d=None,
        probability_90d=None,
        measured=False,
        group=group,
        days_left=None,
        held_since=None,
        enough_history=False,
        history_days=span,
        reasons=(Reason("no_data", {}, text),),
        hints=tuple(around),
        advice=(Advice.COLLECT_DATA, *_around_advice(around)),
    )


def _clean(history: SmartHistory) -> Reason:
    days = int(history.days[-1] - history.days[0]) + 1
    return Reason("clean", {"days": days}, f"No sign of trouble in {days} days.")


def _caveats(history: SmartHistory, day: date, span: int) -> list[Reason]:
    found = []
    if span < ENOUGH_DAYS:
        text = f"Too little history for a trend: {span} of {ENOUGH_DAYS} days."
        found.append(Reason("short_history", {"days": span, "needed": ENOUGH_DAYS}, text))
    age = day.toordinal() - int(history.days[-1])
    if age > STALE_DAYS:
        found.append(Reason("stale", {"days": age}, f"The newest sample is {age} days old."))
    return found


def _advice(level: Level, traced: Trace, around: list[Reason]) -> tuple[Advice, ...]:
    found = [*_ADVICE[level], *_around_advice(around)]
    checksums = traced.metrics.get("zfs_checksum")
    if checksums is not None and checksums[-1] and Advice.CHECK_CABLE not in found:
        found.append(Advice.CHECK_CABLE)
    return tuple(found) or (Advice.NOTHING,)


def _around_advice(around: list[Reason]) -> list[Advice]:
    return list(dict.fromkeys(_HINT_ADVICE[hint.key] for hint in around))


def _days_left(history: SmartHistory, traced: Trace) -> DaysLeft | None:
    if history.kind is not DiskKind.HDD:
        return wear_out(history)
    risk = risks().get(traced.group)
    if risk is None:
        return None
    quarter, half, three_quarters = risk.days_left[int(_row(risk, traced.score[-1:])[0])]
    if np.isnan(half):
        return None
    latest = None if np.isnan(three_quarters) else round(three_quarters)
    return DaysLeft(LeftBy.FAILURE, round(half), round(quarter), latest)


def wear_out(history: SmartHistory) -> DaysLeft | None:
    """Return when an SSD's rated life is used up at the rate of its last year, if that shows yet."""
    worn = history.column("worn")
    known = (worn != MISSING) & (history.days > history.days[-1] - WEAR_WINDOW_DAYS)
    days, percent = history.days[known], worn[known]
    if len(days) < 2:
        return None
    span, used = int(days[-1] - days[0]), int(percent[-1] - percent[0])
    if span < MIN_WEAR_DAYS or used < MIN_WEAR_PERCENT:
        return None
    left = max(0, 100 - int(percent[-1]))
    # Whole percents hide up to one percent of wear at either end.
    return DaysLeft(
        LeftBy.WEAR,
        round(left * span / used),
        round(left * span / (used + 1)),
        round(left * span / (used - 1)),
    )

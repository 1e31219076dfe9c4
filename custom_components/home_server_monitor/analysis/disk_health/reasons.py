"""The words for a verdict, each with the numbers it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .verdict import Reason

if TYPE_CHECKING:
    from .history import Ints
    from .trace import Trace

WINDOW_DAYS = 30

# Metric → (one, several) of it, in the order in which a person should read them.
COUNTED = {
    "pending": ("pending sector", "pending sectors"),
    "uncorrectable": ("uncorrectable error", "uncorrectable errors"),
    "reallocated": ("reallocated sector", "reallocated sectors"),
    "media_errors": ("media error", "media errors"),
    "failed_self_tests": ("failed self-test", "failed self-tests"),
    "zfs_read": ("ZFS read error", "ZFS read errors"),
    "zfs_write": ("ZFS write error", "ZFS write errors"),
    "zfs_checksum": ("ZFS checksum error", "ZFS checksum errors"),
    "spin_retries": ("spin-up retry", "spin-up retries"),
    "timeouts": ("command timeout", "command timeouts"),
}

_BITS = (
    (0, "spare", "The available spare has fallen below the disk's threshold."),
    (1, "temperature", "The temperature is outside the disk's own limits."),
    (2, "reliability", "The disk reports degraded reliability."),
    (3, "read_only", "The disk has gone read-only."),
    (4, "backup", "The disk's power-loss protection has failed."),
    (5, "memory_region", "The disk's persistent memory region is unreliable."),
)


def reasons(traced: Trace) -> list[Reason]:
    """Return why the last day of `traced` is as it is; an empty list is a clean disk."""
    found = [
        reason
        for name in COUNTED
        if (values := traced.metrics.get(name)) is not None
        if (reason := _counted(name, traced.days, values)) is not None
    ]
    return [*found, *_warning_bits(traced), *_wear(traced), *_held(traced)]


def _counted(name: str, days: Ints, values: Ints) -> Reason | None:
    present, start = int(values[-1]), int(np.searchsorted(days, days[-1] - WINDOW_DAYS))
    if present == 0:
        return _gone(name, days, values)
    before = int(values[start])
    if present > before:
        last_low = int(np.flatnonzero(values <= before)[-1])
        return _grew(name, before, present, int(days[-1] - days[last_low]))
    changed = np.flatnonzero(values != present)
    if len(changed) == 0:
        return _met(name, present, len(days) - 1)
    quiet = int(days[-1] - days[changed[-1]]) - 1
    return Reason(
        f"{name}_steady",
        {"count": present, "days": quiet},
        f"{_count(name, present)}, unchanged for {_days(quiet)}.",
    )


def _met(name: str, present: int, days: int) -> Reason:
    text = f"{_count(name, present)}, there since the first sample, {_days(days)} ago."
    if days == 0:
        text = f"{_count(name, present)}; how long they have been there is not known yet."
    return Reason(f"{name}_met", {"count": present, "days": days}, text)


def _grew(name: str, before: int, present: int, days: int) -> Reason:
    words = COUNTED[name][1]
    return Reason(
        f"{name}_grew",
        {"before": before, "count": present, "days": days},
        f"{words[0].upper()}{words[1:]} grew from {before} to {present} in {_days(days)}.",
    )


def _gone(name: str, days: Ints, values: Ints) -> Reason | None:
    present = np.flatnonzero(values)
    if len(present) == 0:
        return None
    highest, since = int(values.max()), int(days[-1] - days[present[-1]])
    return Reason(
        f"{name}_gone",
        {"highest": highest, "days": since},
        f"No {COUNTED[name][1]} any more for {_days(since)}, after up to {highest}.",
    )


def _warning_bits(traced: Trace) -> list[Reason]:
    bits = traced.metrics.get("critical_warning")
    if bits is None:
        return []
    return [
        Reason(f"nvme_{key}", {"critical_warning": int(bits[-1])}, text)
        for bit, key, text in _BITS
        if int(bits[-1]) >> bit & 1
    ]


def _wear(traced: Trace) -> list[Reason]:
    found = []
    worn, short = traced.metrics.get("worn"), traced.metrics.get("spare_short")
    if worn is not None and worn[-1] >= 80:
        used = int(worn[-1])
        found.append(
            Reason("worn", {"percent": used}, f"{used} % of the disk's rated life is used.")
        )
    used_spare, limit = traced.metrics.get("spare_used"), traced.metrics.get("spare_limit")
    if short is not None and short[-1] and used_spare is not None and limit is not None:
        values = {"percent": 100 - int(used_spare[-1]), "threshold": 100 - int(limit[-1])}
        text = (
            f"{values['percent']} % spare is left; the disk's threshold is {values['threshold']} %."
        )
        found.append(Reason("spare_short", values, text))
    return found


def _held(traced: Trace) -> list[Reason]:
    if traced.level[-1] <= traced.raw[-1]:
        return []
    quiet = quiet_days(traced)
    return [
        Reason(
            "held",
            {"days": quiet},
            f"The level is kept: the disk has been quiet for only {_days(quiet)}.",
        )
    ]


def quiet_days(traced: Trace) -> int:
    """Return how many days ago the disk itself last gave its present level."""
    gave = np.flatnonzero(traced.raw >= traced.level[-1])
    return len(traced.raw) - 1 - int(gave[-1])


def _count(name: str, count: int) -> str:
    return f"{count} {COUNTED[name][count != 1]}"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"

"""What is known of one disk over time: daily samples, held as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from datetime import date

type Ints = npt.NDArray[np.int64]

MISSING = -1
# Three years: longer than any level is held, so that forgetting older days changes nothing.
MAX_SAMPLES = 1100
# A disk's power-on hours may be read late or rounded; a fall beyond this is another disk.
REPLACED_AFTER_HOURS_FELL = 48

# In percent: what most disks set as the threshold of their spare, and how near to it is near.
USUAL_SPARE_LIMIT = 90
SPARE_MARGIN = 10

WORD = 0xFFFF
PACKED = 1 << 32
LARGEST = PACKED - 1


class DiskKind(StrEnum):
    """How a disk stores its data."""

    HDD = "hdd"
    SSD = "ssd"
    NVME = "nvme"


@dataclass(frozen=True, slots=True)
class NvmeHealth:
    """The fields of an NVMe health log that say how the disk is.

    `available_spare`, `available_spare_threshold` and `percentage_used` are in percent (the last may
    pass 100); `critical_warning` is the log's bit field; `media_errors` and `unsafe_shutdowns` are
    counts over the disk's life.
    """

    critical_warning: int | None = None
    available_spare: int | None = None
    available_spare_threshold: int | None = None
    percentage_used: int | None = None
    media_errors: int | None = None
    unsafe_shutdowns: int | None = None


@dataclass(frozen=True, slots=True)
class SmartSample:
    """One day of one disk; whatever the disk does not tell is left out.

    `raw` and `normalised` are by SMART id. `temperature` is in °C, `power_on_hours` in hours. The ZFS
    errors are those that the pool counts on this disk, `failed_self_tests` those in the disk's log,
    `grown_defects` and `uncorrected_errors` are a SAS disk's.
    """

    day: date
    raw: Mapping[int, int] = field(default_factory=dict)
    normalised: Mapping[int, int] = field(default_factory=dict)
    nvme: NvmeHealth | None = None
    power_on_hours: int | None = None
    temperature: float | None = None
    zfs_read_errors: int | None = None
    zfs_write_errors: int | None = None
    zfs_checksum_errors: int | None = None
    failed_self_tests: int | None = None
    grown_defects: int | None = None
    uncorrected_errors: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SmartHistory:
    """The history of one disk.

    `days` [n] are ordinals (`date.toordinal`), rising; `columns` are int64 [n] by name, -1 where a
    day does not tell. Names: `reallocated`, `uncorrectable`, `pending`, `timeouts`, `spin_retries`,
    `crc_errors`, `power_on_hours`, `temperature`, `worn` (percent of an SSD's life), `spare_used` and
    `spare_limit` (percent), `spare_short` (0 to 2), `critical_warning`, `media_errors`, `unsafe_shutdowns`, `zfs_read`,
    `zfs_write`, `zfs_checksum`, `failed_self_tests`.
    """

    kind: DiskKind
    model: str
    days: Ints
    columns: Mapping[str, Ints]
    capacity_bytes: int | None = None

    @classmethod
    def from_samples(
        cls,
        kind: DiskKind,
        model: str,
        samples: Iterable[SmartSample],
        capacity_bytes: int | None = None,
    ) -> SmartHistory:
        """Make a history of samples in any order; of several on one day the worst values count."""
        told = list(samples)
        rows = [_row(sample) for sample in told]
        columns = {
            name: np.array([row.get(name, MISSING) for row in rows], np.int64)
            for name in {name for row in rows for name in row}
        }
        days = np.array([sample.day.toordinal() for sample in told], np.int64)
        return _merged(cls(kind, model, days, {}, capacity_bytes), days, columns)

    def with_sample(self, sample: SmartSample, keep: int = MAX_SAMPLES) -> SmartHistory:
        """Return the history with one sample more, of which the newest `keep` days are kept."""
        return self.with_samples([sample], keep)

    def with_samples(self, samples: Iterable[SmartSample], keep: int = MAX_SAMPLES) -> SmartHistory:
        """Return the history with more samples, of which the newest `keep` days are kept."""
        addition = SmartHistory.from_samples(self.kind, self.model, samples)
        names = {*self.columns, *addition.columns}
        days = np.concatenate([self.days, addition.days])
        columns = {
            name: np.concatenate([self.column(name), addition.column(name)]) for name in names
        }
        merged = _merged(self, days, columns)
        return replace(
            merged,
            days=merged.days[-keep:],
            columns={name: column[-keep:] for name, column in merged.columns.items()},
        )

    def until(self, day: int) -> SmartHistory:
        """Return what was known on `day` (an ordinal) of the disk that is in the slot then."""
        stop = int(np.searchsorted(self.days, day, side="right"))
        start = _disk_began(self.columns.get("power_on_hours"), stop)
        if start == 0 and stop == len(self.days):
            return self
        return replace(
            self,
            days=self.days[start:stop],
            columns={name: column[start:stop] for name, column in self.columns.items()},
        )

    def column(self, name: str) -> Ints:
        """Return the column [n], all -1 when the disk never tells it."""
        found = self.columns.get(name)
        return np.full(len(self.days), MISSING) if found is None else found


def _disk_began(hours: Ints | None, stop: int) -> int:
    """Return the index of the present disk's first sample: after the last fall of its hours."""
    if hours is None or stop < 2:
        return 0
    known = np.flatnonzero(hours[:stop] >= 0)
    if len(known) < 2:
        return 0
    told = hours[known]
    highest_later = np.maximum.accumulate(told[::-1])[::-1]
    fell = np.flatnonzero(told[:-1] > highest_later[1:] + REPLACED_AFTER_HOURS_FELL)
    return int(known[fell[-1]]) + 1 if len(fell) else 0


def _merged(like: SmartHistory, days: Ints, columns: Mapping[str, Ints]) -> SmartHistory:
    """Return the history with its days in order, the worst value of each day kept."""
    if len(days) == 0:
        return replace(like, days=days, columns={})
    order = np.argsort(days, kind="stable")
    days = days[order]
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    return replace(
        like,
        days=days[starts],
        columns={
            name: np.maximum.reduceat(column[order], starts) for name, column in columns.items()
        },
    )


def _row(sample: SmartSample) -> dict[str, int]:
    told = {
        "power_on_hours": sample.power_on_hours,
        "temperature": None if sample.temperature is None else round(sample.temperature),
        "zfs_read": sample.zfs_read_errors,
        "zfs_write": sample.zfs_write_errors,
        "zfs_checksum": sample.zfs_checksum_errors,
        "failed_self_tests": sample.failed_self_tests,
        "reallocated": sample.grown_defects,
        "uncorrectable": sample.uncorrected_errors,
    }
    row = {
        name: min(value, LARGEST)
        for name, value in told.items()
        if value is not None and value >= 0
    }
    for smart_id, value in sample.raw.items():
        _take_raw(row, smart_id, value)
    for smart_id, value in sample.normalised.items():
        if smart_id in WEAR_IDS and 0 <= value <= 100:
            _worst(row, "worn", 100 - value)
    if sample.nvme is not None:
        _take_nvme(row, sample.nvme)
    return row


# The normalised value counts down from 100 as the flash wears: Samsung and others 177; Crucial and
# Micron 202 and 173; Kingston, Phison and SandForce 231; Intel and Solidigm 233; ADATA and WD 169.
WEAR_IDS = frozenset({169, 173, 177, 202, 231, 233})

_COUNTS = {
    5: "reallocated",
    10: "spin_retries",
    187: "uncorrectable",
    197: "pending",
    198: "pending",
    199: "crc_errors",
}


def _take_raw(row: dict[str, int], smart_id: int, value: int) -> None:
    if value < 0:
        return
    if smart_id in _COUNTS:
        # Some vendors put two more numbers into the upper words of the reallocated count.
        count = value & WORD if smart_id == 5 and value >= PACKED else min(value, LARGEST)
        _worst(row, _COUNTS[smart_id], count)
    elif smart_id == 188:
        _worst(row, "timeouts", timeouts(value))
    elif smart_id in {190, 194}:
        # The upper bytes hold the lowest and highest of the disk's life; an own reading goes first.
        row.setdefault("temperature", value & 0xFF)
    elif smart_id == 9:
        # Some disks keep the minutes or milliseconds in the upper words.
        row.setdefault("power_on_hours", value & LARGEST)


def timeouts(raw: int) -> int:
    """Return the command timeouts of attribute 188, which Seagate packs as three 16-bit counts."""
    return max(raw & WORD, raw >> 16 & WORD, raw >> 32 & WORD)


def _take_nvme(row: dict[str, int], nvme: NvmeHealth) -> None:
    told = {
        "critical_warning": nvme.critical_warning,
        "worn": nvme.percentage_used,
        "media_errors": nvme.media_errors,
        "unsafe_shutdowns": nvme.unsafe_shutdowns,
        "spare_used": _complement(nvme.available_spare),
        "spare_limit": _complement(nvme.available_spare_threshold),
    }
    for name, value in told.items():
        if value is not None and value >= 0:
            _worst(row, name, min(value, LARGEST))
    if nvme.available_spare is not None:
        _worst(
            row,
            "spare_short",
            _spare_short(row["spare_used"], row.get("spare_limit", USUAL_SPARE_LIMIT)),
        )


def _spare_short(used: int, limit: int) -> int:
    """Return 2 when the spare is under the disk's own threshold, 1 when it is near, else 0."""
    # A disk that wants all of its spare to be left has no threshold, only a default value.
    if limit == 0 or used == 0:
        return 0
    return 2 if used > limit else int(used + SPARE_MARGIN >= limit)


def _complement(percent: int | None) -> int | None:
    return None if percent is None else max(0, 100 - percent)


def _worst(row: dict[str, int], name: str, value: int) -> None:
    row[name] = max(value, row.get(name, 0))

"""What a disk says of itself, and what is thought of it. None means that it is not told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from ...analysis.disk_health import (
    DiskKind,
    DiskVerdict,
    Level,
    NvmeHealth,
    Reason,
    SmartSample,
)
from ..archive import DiskLabel


class SelfTestResult(StrEnum):
    """How the newest self-test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ABORTED = "aborted"
    RUNNING = "running"
    OTHER = "other"


class HealthLevel(StrEnum):
    """How urgent it is, from good to bad."""

    HEALTHY = "healthy"
    WATCH = "watch"
    WARN = "warn"
    REPLACE_NOW = "replace_now"


@dataclass(frozen=True, kw_only=True, slots=True)
class SmartReport:
    """One reading of a disk's SMART data.

    ``capacity`` is bytes, ``temperature`` °C, ``power_on_hours`` hours. ``raw`` and ``normalised`` are
    by SMART id. ``endurance_used`` is percent of the rated life and may pass 100. ``passed`` is the disk's
    own judgement. ``failed_self_tests`` are those in its log, ``self_test`` the newest one's result.
    ``grown_defects`` and ``uncorrected_errors`` are a SAS disk's.
    """

    kind: DiskKind
    model: str
    serial: str
    firmware: str | None = None
    capacity: int | None = None
    passed: bool | None = None
    raw: Mapping[int, int] = field(default_factory=dict)
    normalised: Mapping[int, int] = field(default_factory=dict)
    nvme: NvmeHealth | None = None
    power_on_hours: int | None = None
    temperature: float | None = None
    endurance_used: int | None = None
    failed_self_tests: int | None = None
    self_test: SelfTestResult | None = None
    grown_defects: int | None = None
    uncorrected_errors: int | None = None

    @property
    def label(self) -> DiskLabel:
        """What the disk is."""
        return DiskLabel(
            serial=self.serial, kind=self.kind, model=self.model, capacity=self.capacity
        )

    def sample(self, day: date) -> SmartSample:
        """Return what the reading says of a day."""
        nvme = self.nvme
        if nvme is None and self.endurance_used is not None:
            nvme = NvmeHealth(percentage_used=self.endurance_used)
        return SmartSample(
            day,
            raw=self.raw,
            normalised=self.normalised,
            nvme=nvme,
            power_on_hours=self.power_on_hours,
            temperature=self.temperature,
            failed_self_tests=self.failed_self_tests,
            grown_defects=self.grown_defects,
            uncorrected_errors=self.uncorrected_errors,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskValues:
    """The newest known value of what people look at.

    Counts are over the disk's life; ``worn`` is percent of its rated life. ``read`` is the day on which
    SMART values were last read.
    """

    read: date | None = None
    passed: bool | None = None
    self_test: SelfTestResult | None = None
    failed_self_tests: int | None = None
    power_on_hours: int | None = None
    worn: int | None = None
    reallocated: int | None = None
    pending: int | None = None
    uncorrectable: int | None = None
    crc_errors: int | None = None
    media_errors: int | None = None
    spare: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskHealth:
    """What is thought of a disk.

    ``name`` is its present name in the operating system, ``slot`` says where it is built in, ``alerts``
    are what the system itself says of it. ``asked`` is when it was last asked for its SMART values.
    """

    label: DiskLabel
    name: str
    verdict: DiskVerdict
    values: DiskValues
    pool: str | None = None
    slot: str | None = None
    alerts: tuple[str, ...] = ()
    asked: datetime | None = None

    @property
    def level(self) -> HealthLevel | None:
        """How urgent it is; None while the disk tells nothing of its health."""
        level = self.verdict.level
        if level is None:
            return None
        return HealthLevel.REPLACE_NOW if level is Level.REPLACE else HealthLevel(level.value)

    @property
    def risk(self) -> float | None:
        """The percentage of disks like this that fail within 90 days."""
        risk = self.verdict.probability_90d
        return None if risk is None else round(100 * risk, 2)

    @property
    def has_problem(self) -> bool | None:
        """Whether it is time to prepare for a new disk, or past it."""
        if self.level is None:
            return None
        return self.level in (HealthLevel.WARN, HealthLevel.REPLACE_NOW)


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskBays:
    """Where disks are built in. ``fan`` is why a fan may have failed, None while all is well."""

    fan: Reason | None

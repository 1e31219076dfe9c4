"""What is kept of disks over the years: their daily samples, by serial number and not by entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from homeassistant.util.json import JsonObjectType

from ..analysis.disk_health import DiskKind, SmartHistory, SmartSample


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskLabel:
    """What a disk is, whoever tells of it. ``capacity`` is in bytes."""

    serial: str
    kind: DiskKind
    model: str
    capacity: int | None = None


class Archive(Protocol):
    """The histories of all disks that were ever seen in the last two years.

    Several sources may tell of one disk; what they say of a day is put together, the worst counts.
    ``facts`` are small notes beside the samples, the newest of each name.
    """

    def history(self, serial: str) -> SmartHistory | None:
        """Return what is known of a disk; None of one that was never seen."""

    def facts(self, serial: str) -> JsonObjectType:
        """Return the notes of a disk."""

    def add(self, label: DiskLabel, *samples: SmartSample) -> SmartHistory:
        """Take in what is known of a day, or of several, and return the whole history."""

    def note(self, serial: str, facts: Mapping[str, str | int | float | bool | None]) -> None:
        """Put these notes beside the others of a disk that has samples."""

    def forget_unseen(self, today: date) -> None:
        """Drop the disks that nobody has seen for two years."""


def with_samples(
    history: SmartHistory | None, label: DiskLabel, samples: Iterable[SmartSample]
) -> SmartHistory:
    """Return the history with more samples, under what the disk is called now.

    A day on which the disk tells nothing is no sample.
    """
    told = [sample for sample in samples if sample != SmartSample(sample.day)]
    if history is None:
        return SmartHistory.from_samples(label.kind, label.model, told, label.capacity)
    named = replace(
        history,
        kind=label.kind,
        model=label.model or history.model,
        capacity_bytes=label.capacity or history.capacity_bytes,
    )
    return named.with_samples(told) if told else named

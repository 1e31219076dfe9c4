"""From what is seen of disks now, and what was kept of them, to what is thought of them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ...analysis.disk_health import (
    DiskKind,
    DiskVerdict,
    Reason,
    SmartHistory,
    SmartSample,
    assess,
    fan_hint,
)
from ..archive import Archive, DiskLabel
from ..memory import Memory
from ..paths import Path
from ..reading import Happening
from .models import DiskHealth, DiskValues, SelfTestResult, SmartReport

_LEVEL = "level"
_READ = "smart_read"
_PASSED = "passed"
_SELF_TEST = "self_test"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A disk as it is seen at present.

    ``evidence`` is what the day's sample gets from elsewhere than SMART; ``report`` is there when SMART
    values were just read. ``bay`` is the same for disks that share their fans.
    """

    label: DiskLabel
    name: str
    evidence: SmartSample
    report: SmartReport | None = None
    pool: str | None = None
    slot: str | None = None
    bay: str = ""
    alerts: tuple[str, ...] = ()
    asked: datetime | None = None


def read_on(archive: Archive, serial: str) -> date | None:
    """Return the day on which a disk's SMART values were last read, by whomever."""
    told = archive.facts(serial).get(_READ)
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None


async def judge(archive: Archive, seen: Mapping[Path, Seen], today: date) -> dict[Path, DiskHealth]:
    """Write down what is seen and judge each disk by all that is known of it."""
    archive.forget_unseen(today)
    histories: dict[Path, SmartHistory] = {}
    for path, disk in seen.items():
        histories[path] = _kept(archive, disk)
        await asyncio.sleep(0)
    verdicts = await asyncio.to_thread(_assessed, histories, today)
    return {
        path: DiskHealth(
            label=disk.label,
            name=disk.name,
            verdict=verdicts[path],
            values=_values(histories[path], archive.facts(disk.label.serial)),
            pool=disk.pool,
            slot=disk.slot,
            alerts=disk.alerts,
            asked=disk.asked,
        )
        for path, disk in seen.items()
    }


def _kept(archive: Archive, disk: Seen) -> SmartHistory:
    history = archive.add(disk.label, disk.evidence)
    if disk.report is None:
        return history
    day = disk.evidence.day
    history = archive.add(disk.label, disk.report.sample(day))
    archive.note(
        disk.label.serial,
        {
            _READ: day.isoformat(),
            _PASSED: disk.report.passed,
            _SELF_TEST: disk.report.self_test and disk.report.self_test.value,
        },
    )
    return history


def _assessed(histories: Mapping[Path, SmartHistory], today: date) -> dict[Path, DiskVerdict]:
    return {path: assess(history, today) for path, history in histories.items()}


def _values(history: SmartHistory, facts: Mapping[str, Any]) -> DiskValues:
    known = history.until(date.max.toordinal())
    spare_used = _newest(known, "spare_used")
    passed, read = facts.get(_PASSED), facts.get(_READ)
    return DiskValues(
        read=date.fromisoformat(read) if isinstance(read, str) else None,
        passed=passed if isinstance(passed, bool) else None,
        self_test=_self_test(facts.get(_SELF_TEST)),
        failed_self_tests=_newest(known, "failed_self_tests"),
        power_on_hours=_newest(known, "power_on_hours"),
        worn=None if history.kind is DiskKind.HDD else _newest(known, "worn"),
        reallocated=_newest(known, "reallocated"),
        pending=_newest(known, "pending"),
        uncorrectable=_newest(known, "uncorrectable"),
        crc_errors=_newest(known, "crc_errors"),
        media_errors=_newest(known, "media_errors"),
        spare=None if spare_used is None else 100 - spare_used,
    )


def _self_test(word: object) -> SelfTestResult | None:
    try:
        return SelfTestResult(str(word)) if isinstance(word, str) else None
    except ValueError:
        return SelfTestResult.OTHER


def _newest(history: SmartHistory, name: str) -> int | None:
    column = history.column(name)
    known = column[column >= 0]
    return int(known[-1]) if len(known) else None


# --- What several disks say together, and what has changed ---------------------------------------


def bays(archive: Archive, seen: Iterable[Seen]) -> dict[str, list[SmartHistory]]:
    """Return the histories of the hard disks of each bay, which are all cooled by the same fans."""
    found: dict[str, list[SmartHistory]] = {}
    for disk in seen:
        history = archive.history(disk.label.serial)
        if history is not None and history.kind is DiskKind.HDD:
            found.setdefault(disk.bay, []).append(history)
    return found


def hint_of(found: Mapping[str, list[SmartHistory]], today: date) -> Reason | None:
    """Return why a fan may have failed, of the first bay that says so."""
    hints = (fan_hint(histories, today.toordinal()) for histories in found.values())
    return next((hint for hint in hints if hint is not None), None)


def level_changes(memory: Memory, health: Mapping[Path, DiskHealth]) -> tuple[Happening, ...]:
    """Return the changes of levels since they were last told, and remember what is told now.

    What changed while Home Assistant was off is told afterwards. A disk that is new has no change.
    """
    changes = []
    for path, disk in health.items():
        told = memory.recall(path).get(_LEVEL)
        if disk.level is None:
            continue
        memory.remember(path, {_LEVEL: disk.level.value})
        if isinstance(told, str) and told != disk.level:
            changes.append(_change(path, disk, told))
    return tuple(changes)


def _change(path: Path, disk: DiskHealth, before: str) -> Happening:
    return Happening(
        path=path,
        event_type=str(disk.level),
        attributes={
            "before": before,
            "reasons": [reason.text for reason in disk.verdict.reasons],
            "advice": [advice.value for advice in disk.verdict.advice],
        },
    )

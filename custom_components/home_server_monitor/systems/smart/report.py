"""The report on a disk: all that is known, for people, automations and assistants."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from enum import Enum
from typing import Any

from homeassistant.util.json import JsonObjectType

from ...analysis.disk_health import DaysLeft, Reason
from .models import DiskHealth

REPORT = "get_disk_report"


def report(disk: DiskHealth) -> JsonObjectType:
    """Return the report on a disk as an action's response.

    ``{"serial", "model", "kind", "capacity", "device", "pool", "slot", "level", "risk_30_days",
    "risk_90_days", "measured", "days_left", "history_days", "enough_history", "held_since", "reasons",
    "hints", "advice", "alerts", "values"}``; risks are percent, unknown is None.
    """
    verdict = disk.verdict
    return {
        "serial": disk.label.serial,
        "model": disk.label.model,
        "kind": disk.label.kind.value,
        "capacity": disk.label.capacity,
        "device": disk.name,
        "pool": disk.pool,
        "slot": disk.slot,
        "level": disk.level,
        "risk_30_days": _percent(verdict.probability_30d),
        "risk_90_days": _percent(verdict.probability_90d),
        "measured": verdict.measured,
        "days_left": _days_left(verdict.days_left),
        "history_days": verdict.history_days,
        "enough_history": verdict.enough_history,
        "held_since": _plain(verdict.held_since),
        "reasons": _told(verdict.reasons),
        "hints": _told(verdict.hints),
        "advice": [{"key": advice.value, "text": advice.text} for advice in verdict.advice],
        "alerts": list(disk.alerts),
        "values": {name: _plain(value) for name, value in asdict(disk.values).items()},
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _days_left(left: DaysLeft | None) -> JsonObjectType | None:
    if left is None:
        return None
    told: Mapping[str, Any] = asdict(left)
    return {name: _plain(value) for name, value in told.items()}


def _told(reasons: Iterable[Reason]) -> list[Any]:
    return [
        {"key": reason.key, "values": dict(reason.values), "text": reason.text}
        for reason in reasons
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value

"""From ``alert.list`` to the models."""

from collections.abc import Mapping
from typing import Any

from ..wire import moment, rows, text
from .models import Alert, Alerts, Level
from .plain import plain

_LEVELS = {level.value: level for level in Level}


def alerts(answer: object) -> Alerts:
    """Read the list; what has no id is nothing that anybody could speak of."""
    found = [alert for row in rows(answer) if (alert := _alert(row))]
    return Alerts(all=tuple(sorted(found, key=lambda alert: (-alert.level.rank, alert.uuid))))


def _alert(row: Mapping[str, Any]) -> Alert | None:
    uuid = text(row.get("uuid")) or text(row.get("id"))
    if uuid is None:
        return None
    words = text(row.get("formatted"))
    kind = text(row.get("klass")) or "Unknown"
    return Alert(
        uuid=uuid,
        kind=kind,
        level=_LEVELS.get(str(row.get("level")).lower(), Level.OTHER),
        text=(plain(words) if words else text(row.get("text"))) or kind,
        raised=moment(row.get("datetime")),
        last_seen=moment(row.get("last_occurrence")),
        dismissed=row.get("dismissed") is True,
    )

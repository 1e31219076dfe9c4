"""JSON as TrueNAS writes it: moments, times and sets are small objects."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
import json
from typing import Any


def _write(value: Any) -> Any:
    match value:
        case datetime():
            return {"$date": round(value.timestamp() * 1000)}
        case date():
            return {"$type": "date", "$value": value.isoformat()}
        case time():
            return {"$time": value.strftime("%H:%M:%S")}
        case set() | frozenset():
            return {"$set": sorted(value)}
    raise TypeError(f"cannot be sent: {value!r}")


def _read(value: dict[str, Any]) -> Any:
    match value:
        case {"$date": int() as milliseconds}:
            return datetime.fromtimestamp(milliseconds / 1000, UTC)
        case {"$time": str() as text}:
            return time.fromisoformat(text)
        case {"$set": list() as members}:
            return set(members)
        case {"$type": "date", "$value": str() as text}:
            return date.fromisoformat(text)
    return value


def dumps(value: Any) -> str:
    """Write a message; moments need a zone."""
    return json.dumps(value, default=_write)


def loads(text: str) -> Any:
    """Read a message."""
    return json.loads(text, object_hook=_read)


def moment(seconds: float) -> datetime:
    """Return seconds since the epoch as a moment to send."""
    return datetime.fromtimestamp(seconds, UTC)

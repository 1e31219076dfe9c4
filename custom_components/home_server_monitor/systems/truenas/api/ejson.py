"""TrueNAS's JSON: dates, times and sets are small objects."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
import json
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def loads(text: str) -> Any:
    """Decode a frame; raises ``ValueError`` for what is no JSON."""
    try:
        return json.loads(text, object_hook=_decode)
    except RecursionError as err:
        raise ValueError("nested too deeply") from err


def dumps(value: Any) -> str:
    """Encode a frame."""
    return json.dumps(value, default=_encode, separators=(",", ":"))


def _decode(item: dict[str, Any]) -> Any:
    """Return what a small object stands for; one that is malformed stays what it is."""
    if len(item) > 2:
        return item
    first = next(iter(item), "")
    if not first.startswith("$"):
        return item
    kind = "date" if item.get("$type") == "date" else first
    decode = _KINDS.get(kind)
    if decode is None or (kind == "date") != (len(item) == 2):
        return item
    try:
        return decode(item["$value"] if kind == "date" else item[first])
    except ValueError, TypeError, OverflowError, KeyError:
        return item


def _moment(milliseconds: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _text(value: Any) -> str:
    return str(value)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "$date": _moment,
    "$time": time.fromisoformat,
    "$set": list,
    "$ipv4_interface": _text,
    "$ipv6_interface": _text,
    "date": date.fromisoformat,
}


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$date": round(value.timestamp() * 1000)}
    if isinstance(value, date):
        return {"$type": "date", "$value": value.isoformat()}
    if isinstance(value, time):
        return {"$time": value.isoformat()}
    if isinstance(value, set | frozenset):
        return {"$set": list(value)}
    raise TypeError(f"{type(value).__name__} cannot be sent")

"""From TrueNAS's snapshots and tasks to models, once."""

from collections.abc import Mapping
from datetime import UTC, datetime
import re
from typing import Any

from ....analysis import schedules
from ..wire import mapping, number, sequence, text, whole
from .models import Details, Row, Task, TaskState

# What strftime's words stand for in the names of snapshots.
_WORDS = {
    "%Y": r"\d{4}",
    "%s": r"\d+",
    "%Z": r"[A-Za-z0-9+-]*",
    "%z": r"[+-]\d{4}|[+-]\d{2}:?\d{2}",
    "%%": "%",
    **dict.fromkeys(("%m", "%d", "%H", "%M", "%S", "%I", "%y", "%U", "%W", "%V"), r"\d{2}"),
    "%j": r"\d{3}",
}


def row(wire: Mapping[str, Any]) -> Row | None:
    """Parse a snapshot's name and transaction, None where one is missing."""
    dataset, at, name = (text(wire.get("name")) or text(wire.get("id")) or "").partition("@")
    txg = _integer(wire.get("createtxg"))
    if not at or not dataset or not name or txg is None:
        return None
    return Row(dataset=dataset, name=name, txg=txg)


def details(wire: Mapping[str, Any]) -> Details:
    """Parse what was found inside of a snapshot."""
    properties = mapping(wire.get("properties"))
    return Details(
        created=_created(mapping(properties.get("creation"))),
        used=_integer(mapping(properties.get("used")).get("rawvalue")),
        referenced=_integer(mapping(properties.get("referenced")).get("rawvalue")),
        held=bool(wire.get("holds")),
    )


def _created(told: Mapping[str, Any]) -> datetime | None:
    """Every version says the seconds as text; what else it says differs."""
    seconds = _integer(told.get("rawvalue"))
    if seconds is None:
        parsed = told.get("parsed")
        return parsed if isinstance(parsed, datetime) else None
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 10**11 else None


def _integer(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:20])
    found = number(value)
    return None if found is None else int(found)


def task(wire: Mapping[str, Any]) -> Task | None:
    """Parse a task, None where it is disabled or has no schedule that can be read."""
    dataset, identity = text(wire.get("dataset")), whole(wire.get("id"))
    if dataset is None or identity is None or wire.get("enabled") is not True:
        return None
    try:
        schedule = schedules.parse(mapping(wire.get("schedule")))
    except ValueError:
        return None
    told = mapping(wire.get("state"))
    state = _state(told.get("state"))
    moment = told.get("datetime")
    return Task(
        number=identity,
        dataset=dataset,
        recursive=wire.get("recursive") is True,
        exclude=tuple(one for one in sequence(wire.get("exclude")) if isinstance(one, str)),
        schedule=schedule,
        names=names(text(wire.get("naming_schema")) or "auto-%Y-%m-%d_%H-%M"),
        allow_empty=wire.get("allow_empty") is not False,
        state=state,
        ran=moment if state is TaskState.FINISHED and isinstance(moment, datetime) else None,
    )


def _state(word: object) -> TaskState:
    try:
        return TaskState(str(word).lower())
    except ValueError:
        return TaskState.OTHER


def names(schema: str) -> re.Pattern[str]:
    """Return what fits the names that a naming schema makes; words it may not know fit anything."""
    parts = re.split(r"(%.)", schema)
    return re.compile("".join(_fitting(part) for part in parts))


def _fitting(part: str) -> str:
    if part.startswith("%") and len(part) > 1:
        return f"(?:{_WORDS.get(part, '.*')})"
    return re.escape(part)

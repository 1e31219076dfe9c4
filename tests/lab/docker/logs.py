"""Logs as the engine sends them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
import re
import struct

from ..clock import SECOND, rfc3339, rfc3339_fixed
from .model import Container, EngineError, LogLine


def parse_time(text: str) -> int:
    """Read "seconds", "seconds.nanoseconds" or RFC 3339; return nanoseconds since the epoch."""
    if re.match(r"\d{4}-\d{2}-\d{2}", text):
        return _parse_date(text)
    seconds, _, fraction = text.partition(".")
    try:
        return int(seconds) * SECOND + (int(fraction.ljust(9, "0")[:9]) if fraction else 0)
    except ValueError:
        raise EngineError(500, f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _parse_date(text: str) -> int:
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * SECOND)


@dataclass(frozen=True)
class LogQuery:
    """What a caller asks for; times in nanoseconds since the epoch (0: no limit)."""

    streams: frozenset[int]
    tail: int | None = None
    since: int = 0
    until: int = 0
    timestamps: bool = False
    follow: bool = False


def truth(text: str | None) -> bool:
    """Read a flag of a query string as the engine does."""
    return (text or "").lower().strip() not in ("", "0", "no", "false", "none")


def read_query(query: dict[str, str]) -> LogQuery:
    """Read a query string; without any stream it is refused."""
    streams = {number for number, name in ((1, "stdout"), (2, "stderr")) if truth(query.get(name))}
    if not streams:
        raise EngineError(400, "Bad parameters: you must choose at least one stream")
    tail = query.get("tail", "all")
    return LogQuery(
        frozenset(streams),
        int(tail) if tail.isdigit() else None,
        parse_time(query.get("since") or "0"),
        parse_time(query.get("until") or "0"),
        truth(query.get("timestamps")),
        truth(query.get("follow")),
    )


def select(container: Container, query: LogQuery) -> list[LogLine]:
    """Return the lines asked for, oldest first."""
    lines = [
        line
        for line in container.log
        if line.stream in query.streams
        and line.stamp >= query.since
        and (not query.until or line.stamp <= query.until)
    ]
    if query.tail is None:
        return lines
    return lines[-query.tail :] if query.tail else []


def encode(line: LogLine, *, tty: bool, timestamps: bool, whole_seconds: bool = False) -> bytes:
    """Return a line as it goes over the wire: with a frame header unless it is a terminal's."""
    data = line.data
    if timestamps:
        stamp = line.stamp // SECOND * SECOND if whole_seconds else line.stamp
        text = rfc3339(stamp) if whole_seconds else rfc3339_fixed(stamp)
        data = f"{text} ".encode() + data
    if tty:
        return data
    return struct.pack(">BxxxL", line.stream, len(data)) + data

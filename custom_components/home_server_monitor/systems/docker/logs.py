"""Decodes a container's log, framed or raw, into lines that can be searched. Pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass
import re
from typing import Literal

_HEADER = 8
_STREAMS: dict[int, Literal["stdout", "stderr"]] = {0: "stdout", 1: "stdout", 2: "stderr"}
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT[\d:.Z+-]+) ")
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log: where it was written, when (RFC 3339) if it is known, and what."""

    stream: Literal["stdout", "stderr"]
    time: str | None
    text: str


def decode(body: bytes, *, framed: bool) -> list[Line]:
    """Return the lines of a log; a TTY's has no frames and counts as stdout.

    A frame is eight bytes (stream, three zeros, big-endian length) and that many bytes. A body
    that breaks off in a frame gives what there is of it.
    """
    if not framed:
        return list(_lines("stdout", body))
    return [line for stream, part in _frames(body) for line in _lines(stream, part)]


def _frames(body: bytes) -> Iterator[tuple[Literal["stdout", "stderr"], bytes]]:
    """Yield what was written up to a line's end; a long line spans several frames.

    Meanwhile the other stream may go on with lines of its own.
    """
    position = 0
    unfinished: dict[Literal["stdout", "stderr"], bytearray] = {}
    while position + _HEADER <= len(body):
        stream = _STREAMS.get(body[position], "stdout")
        length = int.from_bytes(body[position + 4 : position + _HEADER])
        part = body[position + _HEADER : position + _HEADER + length]
        position += _HEADER + length
        line = unfinished.setdefault(stream, bytearray())
        line += part
        if part.endswith(b"\n"):
            yield stream, bytes(unfinished.pop(stream))
    for stream, line in unfinished.items():
        yield stream, bytes(line)


def _lines(stream: Literal["stdout", "stderr"], part: bytes) -> Iterator[Line]:
    # Not splitlines(), which takes a form feed and the like for the end of a line too.
    for raw in part.removesuffix(b"\n").split(b"\n") if part else ():
        found = _TIME.match(raw)
        # The engine writes a long line's time again every 16 KiB, in the middle of a letter even.
        rest = raw.replace(found[0], b"") if found else raw
        text = _COLOURS.sub("", rest.decode("utf-8", "replace")).rstrip("\r")
        yield Line(stream, found[1].decode() if found else None, text)


def search(lines: list[Line], text: str | None) -> list[Line]:
    """Return the lines that contain ``text``, whatever its case; all without a text."""
    if not text:
        return lines
    wanted = text.casefold()
    return [line for line in lines if wanted in line.text.casefold()]

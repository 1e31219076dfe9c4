"""Decodes a container's log, framed or raw, into lines that can be searched. Pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass
import re
from typing import Literal

_HEADER = 8
_STREAMS: dict[int, Literal["stdout", "stderr"]] = {0: "stdout", 1: "stdout", 2: "stderr"}
_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\S+) ")
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
    """Yield runs of frames of one stream as one piece, since a long line spans several."""
    position = 0
    run: tuple[Literal["stdout", "stderr"], bytes] | None = None
    while position + _HEADER <= len(body):
        stream = _STREAMS.get(body[position], "stdout")
        length = int.from_bytes(body[position + 4 : position + _HEADER])
        part = body[position + _HEADER : position + _HEADER + length]
        position += _HEADER + length
        if run and run[0] == stream and not run[1].endswith(b"\n"):
            run = (stream, run[1] + part)
        else:
            if run:
                yield run
            run = (stream, part)
    if run:
        yield run


def _lines(stream: Literal["stdout", "stderr"], part: bytes) -> Iterator[Line]:
    for text in part.decode("utf-8", "replace").splitlines():
        found = _TIME.match(text)
        moment = found[1] if found else None
        rest = text[found.end() :] if found else text
        yield Line(stream, moment, _COLOURS.sub("", rest).rstrip("\r"))


def search(lines: list[Line], text: str | None) -> list[Line]:
    """Return the lines that contain ``text``, whatever its case; all without a text."""
    if not text:
        return lines
    wanted = text.casefold()
    return [line for line in lines if wanted in line.text.casefold()]

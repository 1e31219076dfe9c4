"""Faults that can be switched on in every simulated system.

`server.faults.<kind>(...)` adds a fault and returns it. It stays until `remove()`, until its `count`
is used up, until `server.faults.clear()`, or for the length of a `with` block:

    with server.faults.not_found(r"/containers/abc/json"):
        ...
    server.faults.server_error(count=2)
    await server.refuse()          # the port is closed …
    await server.accept()          # … and open again, the same one
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
import re
from types import TracebackType
from typing import Self

from .clock import Clock


class Kind(StrEnum):
    """What a fault does to a request."""

    HANG = "hang"
    SLOW = "slow"
    STATUS = "status"
    GARBAGE = "garbage"
    HALF = "half"
    RESET = "reset"


GARBAGE = b'\x00\xff<html>{"not": json,,, \xc3\x28'


@dataclass(eq=False)
class Fault:
    """One fault: which requests it hits, what it does, and how often it did (`hits`)."""

    kind: Kind
    owner: Faults
    path: re.Pattern[str] | None = None
    method: str | None = None
    count: int | None = None
    seconds: float = 0.0
    status: int = 0
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hits: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is to be hit."""
        if self.count is not None and self.hits >= self.count:
            return False
        if self.method is not None and self.method != method:
            return False
        return self.path is None or self.path.search(path) is not None

    def remove(self) -> None:
        """Switch the fault off; requests that hang because of it lose their connection."""
        self.gone.set()
        if self in self.owner.active:
            self.owner.active.remove(self)

    def __enter__(self) -> Self:
        """Keep the fault for the block."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Switch it off at the block's end."""
        self.remove()


class Faults:
    """The faults of one server.

    Every method takes `path` (a regular expression searched in the path *with* its query string),
    `method` (an HTTP verb; for NUT the first word of the command) and `count` (how many requests
    it hits; None: all).
    """

    def __init__(self, clock: Clock) -> None:
        """Start without faults."""
        self.active: list[Fault] = []
        self._clock = clock

    def _add(
        self,
        kind: Kind,
        path: str | None,
        method: str | None,
        count: int | None,
        *,
        seconds: float = 0.0,
        status: int = 0,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Fault:
        fault = Fault(
            kind,
            self,
            re.compile(path) if path is not None else None,
            method,
            count,
            seconds,
            status,
            body,
            headers or {},
        )
        self.active.append(fault)
        return fault

    def hang(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Take the request and never answer."""
        return self._add(Kind.HANG, path, method, count)

    def slow(
        self,
        seconds: float,
        path: str | None = None,
        *,
        method: str | None = None,
        count: int | None = None,
    ) -> Fault:
        """Answer rightly, but only after `seconds`."""
        return self._add(Kind.SLOW, path, method, count, seconds=seconds)

    def status(
        self,
        status: int,
        path: str | None = None,
        *,
        method: str | None = None,
        count: int | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Fault:
        """Answer with an HTTP status; the body is the system's own error shape unless given."""
        return self._add(
            Kind.STATUS, path, method, count, status=status, body=body, headers=headers
        )

    def unauthorized(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Answer 401."""
        return self.status(401, path, method=method, count=count)

    def forbidden(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Answer 403."""
        return self.status(403, path, method=method, count=count)

    def not_found(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Answer 404; give a path that names one object."""
        return self.status(404, path, method=method, count=count)

    def too_many(
        self,
        path: str | None = None,
        *,
        method: str | None = None,
        count: int | None = None,
        retry_after: int = 30,
    ) -> Fault:
        """Answer 429 with a Retry-After in seconds."""
        headers = {"Retry-After": str(retry_after)}
        return self.status(429, path, method=method, count=count, headers=headers)

    def server_error(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Answer 500."""
        return self.status(500, path, method=method, count=count)

    def garbage(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Answer 200 with something that is no JSON and no UTF-8 (NUT: no protocol line)."""
        return self._add(Kind.GARBAGE, path, method, count, body=GARBAGE)

    def half_body(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Announce the whole body, send half of it and close the connection."""
        return self._add(Kind.HALF, path, method, count)

    def reset(
        self, path: str | None = None, *, method: str | None = None, count: int | None = None
    ) -> Fault:
        """Reset the TCP connection (RST) instead of answering."""
        return self._add(Kind.RESET, path, method, count)

    def clock_jump(self, seconds: float) -> None:
        """Put the system's own clock forward or back."""
        self._clock.jump(seconds)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the newest fault for a request and count the hit."""
        for fault in reversed(self.active):
            if fault.matches(method, path):
                fault.hits += 1
                return fault
        return None

    def clear(self) -> None:
        """Switch all faults off."""
        for fault in list(self.active):
            fault.remove()

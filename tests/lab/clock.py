"""The time that a simulated system believes in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
import time
from typing import override

ZERO_TIME = "0001-01-01T00:00:00Z"
SECOND = 1_000_000_000


class Clock:
    """Wall time plus an offset that tests can change.

    Several systems may share one clock, as programs on one machine do.
    """

    def __init__(self) -> None:
        """Start in step with the machine."""
        self.offset = 0.0
        self._last = 0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time() + self.offset

    def stamp(self) -> int:
        """Return nanoseconds since the epoch, different at each call.

        Two events of the same instant must stay in order, so a stamp is always later than the
        one before unless the clock itself has been put back.
        """
        value = int(self.now() * SECOND)
        if self._last - SECOND < value <= self._last:
            value = self._last + 1
        self._last = value
        return value

    def jump(self, seconds: float) -> None:
        """Move the clock forward (or back, when negative)."""
        self.offset += seconds


class LoopClock(Clock):
    """A clock that goes with the event loop's, for tests that put that one forward."""

    @override
    def now(self) -> float:
        """Return seconds since the epoch; outside of a loop it goes with the machine's."""
        try:
            ahead = asyncio.get_running_loop().time() - time.monotonic()
        except RuntimeError:
            ahead = 0.0
        return super().now() + ahead


def rfc3339(stamp: int) -> str:
    """Write nanoseconds since the epoch as Go does: UTC, no trailing zeros; 0 is Go's zero time."""
    if not stamp:
        return ZERO_TIME
    seconds, nanos = divmod(stamp, SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{nanos:09d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def rfc3339_fixed(stamp: int) -> str:
    """Write nanoseconds since the epoch with all nine digits, as log lines carry them."""
    seconds, nanos = divmod(stamp, SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{nanos:09d}Z"

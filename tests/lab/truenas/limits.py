"""What the server allows one client: sizes, calls at once, attempts in a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .errors import CallError, TooManyCalls

if TYPE_CHECKING:
    from .server import TrueNas

ANONYMOUS_SIZE = 8192
"""Characters that a message may have before login."""
SIZE = 65536
"""Characters that a message may have after it, from 24.10 on."""

RUNNING = 10
AT_ONCE = 20
"""Calls of one connection that run, and that run or wait."""

CALLS = 20
PERIOD = 60.0
"""Calls of one method by one address in so many seconds, without being logged in."""

SESSION_AGE = 30 * 86400.0
"""Seconds after which a session has to log in again."""


class Gate:
    """Lets ten calls of a connection run, ten wait, and refuses more."""

    def __init__(self) -> None:
        """Start with no calls."""
        self._running = asyncio.Semaphore(RUNNING)
        self.count = 0

    @asynccontextmanager
    async def enter(self) -> AsyncGenerator[None]:
        """Wait for a place; raise `TooManyCalls` when too many wait."""
        if self.count >= AT_ONCE:
            raise TooManyCalls
        self.count += 1
        try:
            async with self._running:
                yield
        finally:
            self.count -= 1


class RateLimit:
    """Counts what is asked without being logged in; all clients of the lab have one address."""

    def __init__(self, nas: TrueNas) -> None:
        """Start with nothing counted."""
        self._nas = nas
        self._seen: dict[str, tuple[float, int]] = {}

    async def count(self, name: str, *, logged_in: bool) -> None:
        """Count a call; one too many is made to wait, and refused."""
        line = self._nas.version.line
        if line < (24, 10) or (logged_in and line > (24, 10)):
            return
        now = self._nas.clock.now()
        since, calls = self._seen.get(name, (now, 0))
        if now - since >= PERIOD:
            since, calls = now, 0
        self._seen[name] = since, calls + 1
        if calls < CALLS:
            return
        await asyncio.sleep(self._nas.rate_limit_pause)
        raise CallError("EBUSY", "Rate Limit Exceeded")

    def clear(self) -> None:
        """Forget what was counted."""
        self._seen.clear()

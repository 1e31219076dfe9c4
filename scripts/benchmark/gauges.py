"""What is read off Home Assistant while it works; the same for every integration."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from functools import wraps
import gc
import os
from pathlib import Path
import time
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

_REFRESH = "_async_refresh"  # what every refresh goes through, scheduled or asked for
_RUN = "_run"


class Refreshes:
    """Knows how many refreshes run, and for how long at least one did."""

    def __init__(self) -> None:
        """Watch every coordinator of this process from now on."""
        self.running = 0
        self.seconds = 0.0
        self._began = 0.0
        original = getattr(DataUpdateCoordinator, _REFRESH)

        @wraps(original)
        async def watched(coordinator: Any, *args: Any, **kwargs: Any) -> None:
            self._begin()
            try:
                await original(coordinator, *args, **kwargs)
            finally:
                self._end()

        setattr(DataUpdateCoordinator, _REFRESH, watched)

    def _begin(self) -> None:
        if not self.running:
            self._began = time.perf_counter()
        self.running += 1

    def _end(self) -> None:
        self.running -= 1
        if not self.running:
            self.seconds += time.perf_counter() - self._began


class Steps:
    """The longest time that one step of the event loop took, in seconds of wall time."""

    longest = 0.0

    @contextmanager
    def watch(self) -> Generator[None]:
        """Time every step; this costs time itself, so nothing else is measured meanwhile."""
        original = getattr(asyncio.Handle, _RUN)

        def timed(handle: asyncio.Handle) -> None:
            began = time.perf_counter()
            original(handle)
            self.longest = max(self.longest, time.perf_counter() - began)

        setattr(asyncio.Handle, _RUN, timed)
        try:
            yield
        finally:
            setattr(asyncio.Handle, _RUN, original)


class Writes:
    """States written: ``changed`` to another state or attribute, ``reported`` the same again."""

    def __init__(self) -> None:
        """Start from nothing."""
        self.changed = 0
        self.reported = 0

    @contextmanager
    def watch(self, hass: HomeAssistant) -> Generator[None]:
        """Count; Home Assistant tells of a state that is the same again only to who listens."""

        @callback
        def changed(_event: Event[Any]) -> None:
            self.changed += 1

        @callback
        def reported(_event: Event[Any]) -> None:
            self.reported += 1

        @callback
        def every(_data: object) -> bool:
            return True

        stops = (
            hass.bus.async_listen(EVENT_STATE_CHANGED, changed),
            hass.bus.async_listen(EVENT_STATE_REPORTED, reported, event_filter=every),
        )
        try:
            yield
        finally:
            for stop in stops:
                stop()


def resident_bytes() -> int:
    """Return the process's resident memory after a full collection. Linux only."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")

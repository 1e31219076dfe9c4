"""Subscriptions of one connection: asked for once each, however many listen."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

from ...errors import CannotConnect, HomeServerError
from .models import Change

_MOST_WAITING = 1000


class Listener:
    """What one listener has not heard yet; an iterator that can be waited for with a time limit."""

    def __init__(self) -> None:
        """Start with nothing to hear."""
        self._waiting: asyncio.Queue[Change | HomeServerError | None] = asyncio.Queue()
        self._end: HomeServerError | None = None
        self._over = False

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> Change:
        """Return the next change; raises what ended the subscription."""
        if not self._over:
            item = await self._waiting.get()
            if isinstance(item, Change):
                return item
            self._over, self._end = True, item
        if self._end is not None:
            raise self._end.with_traceback(None)
        raise StopAsyncIteration

    def hear(self, change: Change) -> None:
        """Take a change; one who never listens is cut off."""
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put_nowait(change)
        elif self._waiting.qsize() == _MOST_WAITING:
            self.end(CannotConnect("too many events were waiting"))

    def end(self, error: HomeServerError | None) -> None:
        """Take the end."""
        self._waiting.put_nowait(error)


class _Shared:
    """One subscription at the server, and who listens."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.lock = asyncio.Lock()
        self.is_open = False
        self.handle: Any = None


class Subscriptions:
    """Who listens to which event."""

    def __init__(
        self,
        subscribe: Callable[[str], Awaitable[Any]],
        unsubscribe: Callable[[Any], None],
    ) -> None:
        """Take how the server is asked to begin and, without waiting, to end."""
        self._subscribe = subscribe
        self._unsubscribe = unsubscribe
        self._shared: dict[str, _Shared] = {}

    async def enter(self, event: str) -> Listener:
        """Begin to listen; raises what the server says against it."""
        shared = self._shared.setdefault(event, _Shared())
        listener = Listener()
        shared.listeners.add(listener)
        try:
            async with shared.lock:
                if not shared.is_open:
                    shared.handle = await self._subscribe(event)
                    shared.is_open = True
        except BaseException:
            self.leave(event, listener)
            raise
        return listener

    def leave(self, event: str, listener: Listener) -> None:
        """Stop listening; the last one ends the subscription."""
        shared = self._shared.get(event)
        if shared is None or listener not in shared.listeners:
            return
        shared.listeners.discard(listener)
        if shared.listeners:
            return
        del self._shared[event]
        if shared.is_open:
            self._unsubscribe(shared.handle)

    def deliver(self, collection: str, change: Change) -> None:
        """Pass a change to all who listen to it; nobody may."""
        if shared := self._shared.get(collection):
            for listener in shared.listeners:
                listener.hear(change)

    def end(self, collection: str, error: HomeServerError | None) -> None:
        """Take note that the server ended a subscription."""
        if shared := self._shared.pop(collection, None):
            for listener in shared.listeners:
                listener.end(error)

    def end_all(self, error: HomeServerError) -> None:
        """Take note that the connection is lost."""
        for collection in list(self._shared):
            self.end(collection, error)

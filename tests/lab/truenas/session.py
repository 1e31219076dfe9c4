"""One connection: its frames, its login, its subscriptions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
import contextlib
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import WSMessage, WSMsgType, web

from ..wire import reset
from . import ejson
from .errors import CallError
from .events import Change, Event, split
from .limits import ANONYMOUS_SIZE, SESSION_AGE, SIZE, Gate
from .scram import Exchange

if TYPE_CHECKING:
    from .keys import Key
    from .server import TrueNas


class Session:
    """One websocket; the subclasses speak its protocol.

    * `key`, `logged_in_at`: of the last login, None and 0 before.
    * `scram`: the exchange of a login that does not send its key.
    * `spoilt`: a login failed here; from 25.04 on no other can succeed.
    * `legacy_jobs`: jobs answer with their number at once.
    * `subscriptions`: the full name of each, by its id.
    """

    def __init__(self, nas: TrueNas, ws: web.WebSocketResponse, request: web.Request) -> None:
        """Take over an accepted connection."""
        self.nas = nas
        self.id = str(uuid4())
        self.secure = request.secure
        self.key: Key | None = None
        self.logged_in_at = 0.0
        self.spoilt = False
        self.scram = Exchange([], "")
        self.legacy_jobs = True
        self.subscriptions: dict[str, str] = {}
        self.gate = Gate()
        self._ws = ws
        self._transport = request.transport
        self._tasks: set[asyncio.Task[None]] = set()
        self._sources: dict[str, asyncio.Task[None]] = {}
        self._idle: asyncio.TimerHandle | None = None
        self._over = False

    @property
    def expired(self) -> bool:
        """Whether the login counts no more."""
        if self.key is None:
            return False
        old = self.nas.clock.now() - self.logged_in_at > SESSION_AGE
        return old or not self.nas.keys.good(self.key)

    # --- Frames ---------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Take frames until the connection ends."""
        try:
            while await self._take_frame(await self._ws.receive()):
                pass
        finally:
            self._over = True
            if self._idle is not None:
                self._idle.cancel()
            tasks = [*self._tasks, *self._sources.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_frame(self, frame: WSMessage) -> bool:
        self._touch()
        match frame.type:
            case WSMsgType.PING:
                await self._ws.pong(frame.data)
            case WSMsgType.PONG:
                pass
            case WSMsgType.TEXT:
                return await self._take_text(frame.data)
            case WSMsgType.BINARY:
                await self.close(1003, f"Invalid websocket message type: {frame.type!r}")
                return False
            case _:
                return False
        return True

    async def _take_text(self, text: str) -> bool:
        if self.key is None and len(text) > ANONYMOUS_SIZE:
            await self.close(1007, "Anonymous connection max message length is 8 kB")
            return False
        if len(text) > SIZE and self.nas.version.line >= (24, 10):
            await self.close(1009, "Max message length is 64 kB")
            return False
        try:
            message = ejson.loads(text)
        except ValueError as error:
            return await self.not_json(str(error))
        if not isinstance(message, dict):
            return await self.not_json("Batch messages are not supported at this time")
        await self.take(message)
        return True

    async def not_json(self, reason: str) -> bool:
        """Answer what is no message; True when the connection goes on."""
        raise NotImplementedError

    async def take(self, message: dict[str, Any]) -> None:
        """Answer a message."""
        raise NotImplementedError

    def tell(self, change: Change) -> None:
        """Send what happened."""
        raise NotImplementedError

    def tell_unsubscribed(self, name: str, error: CallError | None) -> None:
        """Say that a source has ended."""
        raise NotImplementedError

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message; a connection that is gone takes it silently."""
        await self.say(ejson.dumps(message))

    def send_soon(self, message: dict[str, Any]) -> None:
        """Send a message as it is now, when there is time."""
        self.spawn(self.say(ejson.dumps(message)))

    async def say(self, text: str) -> None:
        """Send a text as it is."""
        self._touch()
        with contextlib.suppress(ConnectionError):
            await self._ws.send_str(text)

    def say_half(self) -> None:
        """Begin a frame and close the connection."""
        if self._transport is not None:
            self._transport.write(b'\x81\x7e\x04\x00{"jsonrpc": "2.0", "result": {"half')
            self._transport.close()

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        if self._transport is not None:
            reset(self._transport)

    async def close(self, code: int, reason: str) -> None:
        """Close with a code."""
        await self._ws.close(code=code, message=reason.encode())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that ends with the connection."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _touch(self) -> None:
        """Start the time anew after which a silent connection is dropped; 26 waits an hour."""
        if self._idle is not None:
            self._idle.cancel()
        if self._over:
            return
        loop = asyncio.get_running_loop()
        seconds = self.nas.idle_timeout
        self._idle = loop.call_later(seconds, self._drop) if seconds is not None else None

    def _drop(self) -> None:
        """Drop as the web server does: without a closing frame."""
        self.nas.idle_drops += 1
        if self._transport is not None:
            self._transport.abort()

    # --- Subscriptions --------------------------------------------------------------------------

    def may_subscribe(self, name: str) -> bool:
        """Tell whether the key may listen to an event."""
        if self.key is None or self.expired:
            return False
        if ":" in name and self.nas.version.line == (24, 4):
            # It looks for the right to the whole name, and no role has that.
            return self.key.full
        event = self.nas.events.get(split(name)[0])
        return self.key.full if event is None else self.key.may(event.role)

    def subscribe(self, identity: str, name: str) -> None:
        """Listen to an event; an unknown one is accepted and never comes."""
        self.subscriptions[identity] = name
        event = self.nas.events.get(split(name)[0])
        if event is not None and event.source is not None:
            work = self._follow(identity, name, event)
            self._sources[identity] = asyncio.get_running_loop().create_task(work)

    def unsubscribe(self, identity: str) -> None:
        """Listen no more."""
        self.subscriptions.pop(identity, None)
        if (task := self._sources.pop(identity, None)) is not None:
            task.cancel()

    async def _follow(self, identity: str, name: str, event: Event) -> None:
        """Run a source, and say when it ends."""
        assert event.source is not None
        error: CallError | None = None
        try:
            async for kind, fields in event.source(self.nas, split(name)[1]):
                self.tell(Change(event=name, kind=kind, fields=fields))
        except CallError as raised:
            error = raised
        self.subscriptions.pop(identity, None)
        self._sources.pop(identity, None)
        self.tell_unsubscribed(name, error)

    def listens_to(self, name: str) -> bool:
        """Tell whether a plain event is subscribed to."""
        return any(own in (name, "*") for own in self.subscriptions.values())

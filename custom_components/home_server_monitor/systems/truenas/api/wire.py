"""One open websocket: calls find their answers, events their listeners, and one loss ends all."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
import itertools
from typing import Any

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from ...errors import (
    BadAnswer,
    CannotConnect,
    ConnectTimeout,
    HomeServerError,
    Rejected,
    WrongServer,
)
from . import ejson
from .codec import Answer, Codec, Ended, Event, Message
from .errors import InvalidParams
from .failures import call_error, connection_error
from .subscriptions import Subscriptions

_AT_ONCE = 6
_PATIENCE = 120.0
_LATE = 120.0
_LONGEST_REQUEST = 1 << 16
# What takes longer to decode than others may wait for is decoded in a thread.
_LARGE = 1 << 18


class Wire:
    """An open connection, until it is lost; it never comes back.

    ``memory`` is for what is known as long as the connection stands. ``on_loss`` is called once.
    """

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        codec: Codec,
        on_loss: Callable[[Wire, HomeServerError], None],
    ) -> None:
        """Take over an open socket and begin to listen."""
        self.codec = codec
        self.memory: dict[Any, Any] = {}
        self.subscriptions = Subscriptions(self._subscribe, self._unsubscribe)
        self._socket = socket
        self._on_loss = on_loss
        self._loss: HomeServerError | None = None
        self._retired = False
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._forgotten: dict[int, asyncio.TimerHandle] = {}
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._tasks: set[asyncio.Task[None]] = set()
        self._start(self._listen())

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._loss is None and not self._retired

    async def greet(self) -> None:
        """Say what the protocol wants to hear first; raises ``WrongServer`` for another one."""
        if greeting := self.codec.greeting():
            try:
                await self._exchange("connect", lambda _: greeting, number=0)
            except (BadAnswer, Rejected) as err:
                raise WrongServer(err.detail) from err

    async def ask(self, method: str, params: Sequence[Any] = ()) -> Any:
        """Call a method and return its result; raises a ``HomeServerError``."""
        return await self._exchange(method, lambda number: self.codec.call(number, method, params))

    async def close(self) -> None:
        """Hang up and leave nothing behind."""
        self._lose(CannotConnect("the connection was closed"))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def retire(self) -> None:
        """Take no new calls, and hang up once those under way have their answers."""
        self._retired = True
        self.subscriptions.end_all(CannotConnect("the session is over"))
        self._hang_up_when_idle()

    # --- Asking -----------------------------------------------------------------------------

    async def _exchange(
        self, method: str, write: Callable[[int], Message], number: int | None = None
    ) -> Any:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._slots.acquire()
                number = next(self._numbers) if number is None else number
                answer = self._pending[number] = self._loop.create_future()
                try:
                    await self._send(write(number))
                    reply = await answer
                except asyncio.CancelledError:
                    self._give_up(number)
                    raise
                except BaseException:
                    self._settle(number)
                    raise
        except TimeoutError as err:
            raise ConnectTimeout from err
        if reply.error is not None:
            raise call_error(method, reply.error, reply.code)
        return reply.result

    async def _send(self, message: Message) -> None:
        if self._loss is not None:
            raise self._loss.with_traceback(None)
        text = ejson.dumps(message)
        if len(text.encode()) > _LONGEST_REQUEST:
            raise InvalidParams("the request is longer than the 64 KiB that the server takes")
        try:
            await self._socket.send_str(text)
        except (ClientError, OSError, RuntimeError) as err:
            error = connection_error(err)
            self._lose(error)
            raise error from err

    def _settle(self, number: int) -> asyncio.Future[Any] | None:
        """Free the place of a call that is over."""
        answer = self._pending.pop(number, None)
        if answer is not None:
            self._slots.release()
        if timer := self._forgotten.pop(number, None):
            timer.cancel()
        self._hang_up_when_idle()
        return answer

    def _give_up(self, number: int) -> None:
        """Wait no more, but leave its place taken: the server still works on it."""
        if number in self._pending:
            self._forgotten[number] = self._loop.call_later(
                _LATE, self._forget, number, self._loop.time()
            )

    def _forget(self, number: int, since: float) -> None:
        """Reckon with no answer any more; where nothing came at all the server is not there."""
        self._settle(number)
        if self._heard < since:
            self._lose(ConnectTimeout())

    async def _subscribe(self, event: str) -> Any:
        return await self._exchange(event, lambda number: self.codec.subscribe(number, event))

    def _unsubscribe(self, handle: Any) -> None:
        if self.is_open:
            self._start(self._tell_the_end(handle))

    async def _tell_the_end(self, handle: Any) -> None:
        with suppress(HomeServerError):
            if self.codec.answers_unsubscribe:
                await self._exchange("core.unsubscribe", partial(self._end_of, handle))
            else:
                await self._send(self._end_of(handle, next(self._numbers)))

    def _end_of(self, handle: Any, number: int) -> Message:
        return self.codec.unsubscribe(number, handle)

    # --- Hearing ----------------------------------------------------------------------------

    async def _listen(self) -> None:
        error: HomeServerError = CannotConnect("the connection was lost")
        try:
            while self._loss is None:
                await self._hear()
        except HomeServerError as err:
            error = err
        finally:
            self._lose(error)
            await hang_up(self._socket)

    async def _hear(self) -> None:
        message = await self._socket.receive()
        self._heard = self._loop.time()
        match message.type:
            case WSMsgType.TEXT:
                await self._understand(message.data)
            case WSMsgType.CLOSE:
                raise CannotConnect(f"closed by the server: {message.data} {message.extra or ''}")
            case WSMsgType.ERROR if isinstance(message.data, Exception):
                raise connection_error(message.data)
            case WSMsgType.CLOSED | WSMsgType.CLOSING | WSMsgType.ERROR:
                raise CannotConnect("the connection was lost")
            case _:
                raise BadAnswer("a binary frame")

    async def _understand(self, text: str) -> None:
        try:
            if len(text) > _LARGE:
                message = await asyncio.to_thread(ejson.loads, text)
            else:
                message = ejson.loads(text)
        except ValueError as err:
            raise BadAnswer("a frame that is no JSON") from err
        if not isinstance(message, dict):
            raise BadAnswer("a frame that is no message")
        match self.codec.read(message):
            case Answer() as answer:
                waiting = self._settle(answer.number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
            case Event(collection=collection, change=change):
                self.subscriptions.deliver(collection, change)
            case Ended(collection=collection, error=error):
                self.subscriptions.end(collection, error)

    # --- Ending -----------------------------------------------------------------------------

    def _lose(self, error: HomeServerError) -> None:
        if self._loss is not None:
            return
        self._loss = error
        for number in list(self._pending):
            waiting = self._settle(number)
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
                # Who failed to send has heard of it there, and does not ask here any more.
                waiting.exception()
        self.subscriptions.end_all(_as_lost(error))
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._on_loss(self, error)

    def _hang_up_when_idle(self) -> None:
        if self._retired and not self._pending and self._loss is None:
            self._lose(CannotConnect("the session is over"))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # At once, for a task that is cancelled before its first step closes nothing.
        task = self._loop.create_task(work, name="truenas wire", eager_start=True)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def hang_up(socket: ClientWebSocketResponse) -> None:
    """Close a socket, and leave no timer of it behind."""
    try:
        await socket.close()
    finally:
        # The frame that answers the closing one starts aiohttp's heartbeat anew.
        if cancel := getattr(socket, "_cancel_heartbeat", None):
            cancel()


def _as_lost(error: HomeServerError) -> CannotConnect:
    """Return what listeners hear: that the connection is lost, whatever the reason."""
    return error if isinstance(error, CannotConnect) else CannotConnect(error.detail)

"""The client that everything about TrueNAS uses: calls, jobs, subscriptions, rounds."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from ..errors import BadAnswer, MissingRight
from ..neighbours import FileFacts
from .api.address import Door
from .api.connection import Connection
from .api.errors import InvalidParams, MissingMethod, SessionExpired
from .api.jobs import JobWatch
from .api.login import ApiKey
from .api.models import Ask, Change, Progress
from .api.version import Version

__all__ = ["Ask", "Change", "Progress", "Round", "TrueNas", "Version"]

_ASK_AGAIN = 900.0
_NONE = -1


class Round:
    """One refresh of a group whose parts are optional.

    A part whose method this version lacks, or for which the key lacks the right, is None; it is not
    asked for again until the next connection, a right not for 15 minutes.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Begin; nothing is asked yet."""
        self._nas = nas
        self._lacking: dict[str, MissingRight] = {}

    @property
    def lacking(self) -> tuple[MissingRight, ...]:
        """The rights that the parts of this round lacked, for ``Reading.lacking``."""
        return tuple(self._lacking.values())

    async def ask(self, method: str, *params: Any) -> Any:
        """Return the answer, None where it is not to be had; raises every other error."""
        return await self.ask_first(Ask(method, *params))

    async def ask_first(self, *asks: Ask) -> Any:
        """Return the answer to the first of ``asks`` that this server has, else None."""
        memory = await self._nas.memory()
        key = ("denied", *(ask.method for ask in asks))
        now = asyncio.get_running_loop().time()
        error, until = memory.get(key, (None, 0.0))
        if error is None or until < now:
            try:
                return await self._nas.first(*asks)
            except MissingMethod:
                return None
            except MissingRight as err:
                error = err
                memory[key] = err, now + _ASK_AGAIN
        self._lacking[error.detail] = error
        return None


class TrueNas:
    """One TrueNAS, over one connection that comes back by itself.

    ``url`` is the address that people open in a browser.
    """

    def __init__(self, door: Door, key: ApiKey) -> None:
        """Prepare; the first question connects."""
        self.url = str(door.url)
        self._connection = Connection(door, key)

    @property
    def version(self) -> Version:
        """The version, of the newest connection."""
        return self._connection.about.version

    @property
    def host_id(self) -> str:
        """The id of the system, which survives updates; empty where the key may not ask for it."""
        return self._connection.about.host_id

    @property
    def hostname(self) -> str:
        """The system's name; empty where the key may not ask for it."""
        return self._connection.about.hostname

    @property
    def protocol(self) -> str:
        """``DDP`` or ``JSON-RPC``; empty without a connection."""
        return self._connection.protocol

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands at present."""
        return self._connection.is_open

    async def prove(self) -> None:
        """Connect and log in; raises what is wrong with the address, the encryption or the key."""
        await self._connection.wire()

    async def memory(self) -> dict[Any, Any]:
        """Return what is remembered until the next connection; connects where there is none."""
        return (await self._connection.wire()).memory

    async def call(self, method: str, *params: Any) -> Any:
        """Call a method and return its decoded answer.

        Dates are aware ``datetime``, ``$time`` is ``time``, ``$set`` a list. Raises
        ``CannotConnect`` and its kinds, ``InvalidAuth``, ``MissingRight`` (named by the method),
        ``NotFound``, ``MissingMethod``, ``Rejected`` (mostly ``Declined``), ``Busy`` and
        ``BadAnswer``.
        """
        wire = await self._connection.wire()
        try:
            return await wire.ask(method, params)
        except SessionExpired:
            # It was refused before it was begun, so it may be repeated.
            self._connection.expire(wire)
        return await (await self._connection.wire()).ask(method, params)

    async def first(self, *asks: Ask) -> Any:
        """Return the answer to the first of ``asks`` whose method this server has.

        Which one that is, is remembered until the next connection. Where the same method comes
        more than once, one that does not take the parameters gives way to the next. Raises
        ``MissingMethod`` where there is none, else what ``call`` raises.
        """
        memory = await self.memory()
        key = ("first", *(ask.method for ask in asks))
        known: int | None = memory.get(key)
        if known == _NONE:
            raise MissingMethod(asks[0].method)
        if known is not None:
            return await self.call(asks[known].method, *asks[known].params)
        for index, ask in enumerate(asks):
            try:
                answer = await self.call(ask.method, *ask.params)
            except MissingMethod:
                continue
            except InvalidParams:
                if any(later.method == ask.method for later in asks[index + 1 :]):
                    continue
                raise
            memory[key] = index
            return answer
        memory[key] = _NONE
        raise MissingMethod(asks[0].method)

    async def job(self, method: str, *params: Any, progress: Progress | None = None) -> Any:
        """Start a job, wait for its end and return its result.

        Raises ``Declined`` with the job's error when it failed or was aborted. A method that is
        no job in this version is done at once.
        """
        started = await self.call(method, *params)
        return await self.wait_job(started, progress) if _is_job(started) else started

    async def start_job(self, method: str, *params: Any) -> int:
        """Start a job and return its id; 0 where the method is no job in this version."""
        started = await self.call(method, *params)
        return int(started) if _is_job(started) else 0

    async def wait_job(self, job_id: int, progress: Progress | None = None) -> Any:
        """Wait for the end of a job and return its result, across short outages.

        Raises what ``job`` raises, and ``NotFound`` when the server does not know the job any
        more, as after a restart.
        """
        return await JobWatch(job_id, self.call, self.subscribe, progress).result()

    def subscribe(self, event: str) -> AbstractAsyncContextManager[AsyncIterator[Change]]:
        """Follow an event, such as ``alert.list`` or ``reporting.realtime:{"interval": 10}``.

        Entering raises what ``call`` raises. The iterator raises ``CannotConnect`` when the
        connection is lost, and ends when the server ends the subscription.
        """
        return self._subscribe(event)

    @asynccontextmanager
    async def _subscribe(self, event: str) -> AsyncGenerator[AsyncIterator[Change]]:
        wire = await self._connection.wire()
        try:
            listener = await wire.subscriptions.enter(event)
        except SessionExpired:
            self._connection.expire(wire)
            wire = await self._connection.wire()
            listener = await wire.subscriptions.enter(event)
        try:
            yield listener
        finally:
            wire.subscriptions.leave(event, listener)

    def round(self) -> Round:
        """Begin a refresh of a group whose parts are optional."""
        return Round(self)

    async def stat(self, path: str) -> FileFacts:
        """Return whom a path of the server belongs to, ``/mnt/tank/photos`` for example."""
        told = await self.call("filesystem.stat", path)
        try:
            return FileFacts(mode=told["mode"] & 0o7777, uid=told["uid"], gid=told["gid"])
        except (KeyError, TypeError) as err:
            raise BadAnswer("no answer to filesystem.stat") from err

    async def close(self) -> None:
        """Hang up; the client is not used any more."""
        await self._connection.close()


def _is_job(answer: Any) -> bool:
    return isinstance(answer, int) and not isinstance(answer, bool)

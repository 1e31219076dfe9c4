"""Follows what the server tells of pools: that they changed, and how far a scan is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

from ...errors import HomeServerError, MissingRight, NotFound, Rejected
from ...paths import Path
from ...system import Sink
from ..api.errors import MissingMethod
from ..client import Change, TrueNas
from ..wire import mapping, text
from . import parse
from .models import Pool

_NEWS = ("pool.query", "zpool.query")
"""A pool changed: no version tells of everything through one of them."""

_SCANS = ("pool.scan", "zfs.pool.scan")
"""How far a scan is, every two seconds while there is one; the name changed once."""

_SETTLE = 1.0  # seconds: what happens to a pool is often several events at once
_PAUSE = 15.0
"""Seconds between two pushes of mere progress."""

type _Take = Callable[[Change], None]


async def follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    """Follow all events until the connection is lost; raises what ended it.

    What this version does not know, or the key may not hear, is left out. Without any of it the
    pools are only polled; then it raises why.
    """
    follower = _Follower(sink)
    events = {
        **dict.fromkeys(_NEWS, follower.take_news),
        **dict.fromkeys(_SCANS, follower.take_scan),
    }
    async with AsyncExitStack() as stack:
        streams: list[tuple[AsyncIterator[Change], _Take]] = []
        refused: list[HomeServerError] = []
        for event, take in events.items():
            try:
                stream = await stack.enter_async_context(client.subscribe(event))
            except (MissingMethod, MissingRight, NotFound, Rejected) as err:
                refused.append(err)
            else:
                streams.append((stream, take))
        if not streams:
            raise min(refused, key=lambda error: not isinstance(error, MissingRight))
        sink.connected()
        await _listen(streams)


async def _listen(streams: list[tuple[AsyncIterator[Change], _Take]]) -> None:
    """Listen to all of them; the first that breaks ends it."""
    try:
        async with asyncio.TaskGroup() as group:
            for stream, take in streams:
                group.create_task(_hear(stream, take))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _hear(stream: AsyncIterator[Change], take: _Take) -> None:
    async for change in stream:
        take(change)


class _Follower:
    """Puts what is heard where it belongs."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._told: dict[Path, float] = {}

    def take_news(self, _change: Change) -> None:
        """A pool changed: how, is read again."""
        self._sink.refresh_soon(_SETTLE)

    def take_scan(self, change: Change) -> None:
        """Show how far a scan is; its beginning and end at once, the rest now and then."""
        name, scan = text(change.fields.get("name")), parse.scan(change.fields.get("scan"))
        if name is None or not mapping(change.fields.get("scan")):
            return
        now = asyncio.get_running_loop().time()
        for path, pool in self._named(name):
            turned = pool.scan.activity is not scan.activity
            if not turned and now - self._told.get(path, -_PAUSE) < _PAUSE:
                continue
            self._told[path] = now
            self._sink.push({path: replace(pool, scan=scan)})
            if turned:
                # What it found and when the next one is due is told by the pool only.
                self._sink.refresh_soon(_SETTLE)

    def _named(self, name: str) -> list[tuple[Path, Pool]]:
        pools = ((path, item) for path, item in self._sink.items.items() if isinstance(item, Pool))
        return [(path, pool) for path, pool in pools if pool.name == name]

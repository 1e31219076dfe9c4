"""Follows an engine's event stream: what it tells is shown at once, then inspected.

Across a reconnection nothing is lost and nothing told twice: the stream is taken up again at
the last event's own time, and what was seen at that very time is skipped.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from homeassistant.util import dt as dt_util

from ..errors import HomeServerError, NotFound
from ..paths import Path
from ..system import Sink
from . import parse, tree
from .client import Engine
from .cursor import Cursor
from .models import Container

_SETTLE = 0.1  # seconds: a stop, a restart or a start in a loop is several events at once
_FIRST_SECOND = 2.0  # seconds, the time that connecting takes included
_NAMES = {"died": "die", "remove": "destroy"}

EVENT_TYPES = [
    "create",
    "start",
    "restart",
    "stop",
    "die",
    "kill",
    "oom",
    "pause",
    "unpause",
    "rename",
    "update",
    "destroy",
    "healthy",
    "unhealthy",
    "starting",
    "restart_loop",
    "update_succeeded",
    "update_rolled_back",
]

type Totals = Callable[[Engine, Mapping[Path, Container]], Mapping[Path, Any]]


async def follow(engine: Engine, sink: Sink, totals: Totals) -> None:
    """Follow the stream until it ends; raises what ended it."""
    follower = _Follower(engine, sink, totals)
    loop = asyncio.get_running_loop()
    began = loop.time()
    inspector = asyncio.create_task(follower.inspect_news())
    try:
        await follower.read()
    finally:
        if engine.stream_open and loop.time() - began > _FIRST_SECOND:
            engine.cursor.settle()
        engine.stream_open = False
        inspector.cancel()


class _Follower:
    def __init__(self, engine: Engine, sink: Sink, totals: Totals) -> None:
        self._engine = engine
        self._sink = sink
        self._totals = totals
        self._news: dict[str, bool] = {}
        self._wake = asyncio.Event()

    async def read(self) -> None:
        cursor = self._engine.cursor
        async for clock, event in self._engine.events(cursor.since):
            if event:
                self._take(cursor, event)
                continue
            cursor.start(clock)
            self._engine.stream_open = True
            self._sink.connected()

    def _take(self, cursor: Cursor, event: Mapping[str, Any]) -> None:
        actor = parse.mapping(event.get("Actor"))
        attributes = parse.mapping(actor.get("Attributes"))
        container_id = str(actor.get("ID") or event.get("id") or "")
        action = _action(event)
        nanoseconds = parse.event_time(event)
        if action not in EVENT_TYPES or not container_id or nanoseconds is None:
            return
        if not cursor.is_new(nanoseconds, container_id, action):
            return
        name = str(attributes.get("name") or container_id[:12])
        path = tree.container_path(self._engine.path, parse.container_key(attributes, name))
        crashed = self._engine.crashes.take(
            nanoseconds, container_id, action, str(attributes.get("signal") or "")
        )
        moment = datetime.fromtimestamp(nanoseconds / 10**9, UTC)
        self._tell(path, container_id, action, attributes, moment)
        if action in ("destroy", "rename"):
            self._sink.refresh_soon(tree.RECREATION.total_seconds())
        if action == "destroy":
            return
        self._news[container_id] = self._news.get(container_id, False) or crashed
        self._wake.set()

    def _tell(
        self,
        path: Path,
        container_id: str,
        action: str,
        attributes: Mapping[str, Any],
        moment: datetime,
    ) -> None:
        item = self._sink.items.get(path)
        if isinstance(item, Container) and item.id == container_id:
            if action == "oom" and item.oom_killed:
                return  # The kernel tells of it once for every process that it kills.
            self._show(path, tree.after_event(item, action, attributes, moment))
        self._sink.fire(path, action, _attributes(action, attributes))

    async def inspect_news(self) -> None:
        """Look at the containers of which events told, a moment after the last of them."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(_SETTLE)
            self._wake.clear()
            news, self._news = self._news, {}
            await asyncio.gather(*(self._inspect(*one) for one in news.items()))

    async def _inspect(self, container_id: str, crashed: bool) -> None:
        try:
            key, container = await self._engine.inspect(container_id)
        except HomeServerError as err:
            self._engine.unread.add(container_id)
            # The poll finds out what is wrong, and says so; what is gone is no wrong.
            if not isinstance(err, NotFound):
                self._sink.refresh_soon()
            return
        self._engine.unread.discard(container_id)
        path = tree.container_path(self._engine.path, key)
        known = self._sink.items.get(path)
        old = known if isinstance(known, Container) else None
        if old is not None and not tree.is_better(container, old):
            return
        new = tree.with_restarts(container, old, dt_util.utcnow(), crashed=crashed)
        self._show(path, new)
        if new.restart_loop and not (old and old.restart_loop):
            self._sink.fire(path, "restart_loop", {"restarts": len(new.restarts)})

    def _show(self, path: Path, container: Container) -> None:
        containers = tree.containers_of(self._sink.items, self._engine.path)
        containers[path] = container
        self._sink.push({path: container, **self._totals(self._engine, containers)})


def _action(event: Mapping[str, Any]) -> str:
    """Return our name for the event: ``health_status: unhealthy`` is ``unhealthy``."""
    action = str(event.get("Action") or event.get("status") or "")
    action = action.removeprefix("health_status:").strip()
    return _NAMES.get(action, action)


def _attributes(action: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if action == "die":
        shown["exit_code"] = tree.exit_code(attributes)
    if action == "kill" and (signal := attributes.get("signal")):
        shown["signal"] = str(signal)
    if action == "rename" and (old := attributes.get("oldName")):
        shown["old_name"] = str(old).removeprefix("/")
    return shown

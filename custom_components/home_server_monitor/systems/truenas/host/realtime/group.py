"""How the NAS's own measurements come in: pushed every ten seconds, taken over every thirty.

While the stream stands nothing is asked. Once it is silent one message is waited for, and when
none comes nothing is shown as if it were fresh.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from ....errors import CannotConnect
from ....paths import ROOT, Path, child
from ....system import Follow, Group, Kind, Reading, Refresh, Sink, Watch
from ...client import Change, Round, TrueNas
from ..system.group import SYSTEM
from ..wire import rows
from . import entities, parse
from .models import Interface, Live, SpareInterface, Tick

LIVE = "nas_live"
INTERFACE = "interface"

_EVENT = 'reporting.realtime:{"interval": 10}'
_TICKS = 3
_SILENT = timedelta(seconds=25)
_FIRST_TICK = 12.0
_EMPTY = Tick()
_STILL = "reporting is silent"


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Keep what the stream delivers; without one, wait for a single message."""
    known = refresh.previous.get(ROOT)
    before = known if isinstance(known, Live) else None
    if before and _is_whole(before, refresh.previous, refresh.now):
        return Reading(items=refresh.previous)
    tick = await _one_tick(refresh.client)
    parts = refresh.client.round()
    physical = await _physical(parts)
    live = parse.live([tick], refresh.now, before)
    return Reading(
        items={
            ROOT: replace(live, sorted_out=physical is not None),
            **_interfaces(tick, physical or {}, refresh.previous),
        },
        lacking=parts.lacking,
    )


def _is_whole(live: Live, items: Mapping[Path, Any], now: datetime) -> bool:
    """Whether the stream stands, and every interface that it tells of is known."""
    return now - live.told <= _SILENT and live.sorted_out and live.interfaces == _names(items)


def _names(items: Mapping[Path, Any]) -> set[str]:
    return {item.name for item in items.values() if isinstance(item, Interface)}


async def _one_tick(client: TrueNas) -> Tick:
    async with client.subscribe(_EVENT) as changes:
        async for tick in _ticks(changes, _FIRST_TICK):
            return tick
    raise CannotConnect(_STILL)


async def _ticks(changes: AsyncIterator[Change], patience: float) -> AsyncIterator[Tick]:
    """Yield what is told; raises ``CannotConnect`` when nothing is for so many seconds."""
    while True:
        try:
            async with asyncio.timeout(patience):
                tick = await _next_tick(changes)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise CannotConnect(_STILL) from None
        yield tick


async def _next_tick(changes: AsyncIterator[Change]) -> Tick:
    """Return the next message that tells something; empty ones are as good as none."""
    while True:
        tick = parse.tick((await anext(changes)).fields)
        if tick != _EMPTY:
            return tick


async def _physical(parts: Round) -> dict[str, bool] | None:
    answer = await parts.ask("interface.query", [], {"select": ["name", "type"]})
    return None if answer is None else parse.kinds(rows(answer))


def _interfaces(
    tick: Tick, physical: Mapping[str, bool], before: Mapping[Path, Any]
) -> dict[Path, Interface]:
    """Return the interfaces that there are; those that were known where none are told."""
    known = {path: item for path, item in before.items() if isinstance(item, Interface)}
    if not tick.interfaces:
        return known
    found = {}
    for name, traffic in tick.interfaces.items():
        path = child(ROOT, INTERFACE, name)
        found[path] = (
            parse.flowing(known[path], [traffic])
            if path in known
            else parse.interface(name, traffic, physical=physical.get(name, False))
        )
    return found


async def _follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    """Take over the mean of every third tick; raises ``CannotConnect`` when they stop."""
    last: deque[Tick] = deque(maxlen=_TICKS)
    count = 0
    async with client.subscribe(_EVENT) as changes:
        sink.connected()
        async for tick in _ticks(changes, _SILENT.total_seconds()):
            last.append(tick)
            sink.push(_pushed(last, sink.items, whole=count % _TICKS == 0))
            count += 1
            if tick.interfaces and tick.interfaces.keys() != _names(sink.items):
                sink.refresh_soon()


def _pushed(ticks: Sequence[Tick], items: Mapping[Path, Any], *, whole: bool) -> dict[Path, Any]:
    """Return what changes with the newest tick: between two summaries only that there was one."""
    known = items.get(ROOT)
    before = known if isinstance(known, Live) else None
    live = parse.live(ticks, dt_util.utcnow(), before)
    if before and not whole:
        return {ROOT: replace(before, told=live.told, interfaces=live.interfaces)}
    flowing = {
        path: parse.flowing(item, traffic)
        for path, item in items.items()
        if isinstance(item, Interface)
        and item.name in ticks[-1].interfaces
        and (traffic := [one.interfaces[item.name] for one in ticks if item.name in one.interfaces])
    }
    return {ROOT: live, **flowing}


def _scopes(items: Mapping[Path, Any]) -> list[Path]:
    return [ROOT] if ROOT in items else []


def _placeholders(item: Interface) -> dict[str, str]:
    return {"interface": item.name}


GROUP: Group[TrueNas] = Group(
    key=LIVE,
    interval=timedelta(seconds=60),
    fetch=_fetch,
    watch=Watch(scopes=_scopes, run=_follow),
    follow=Follow(group=SYSTEM),
    grace=timedelta(),
    optional=True,
)
KINDS = (
    Kind(model=Live, group=LIVE, entities=entities.LIVE),
    Kind(
        model=Interface,
        group=LIVE,
        name=INTERFACE,
        entities=entities.INTERFACE,
        part_of=lambda *_: ROOT,
        placeholders=_placeholders,
    ),
    Kind(
        model=SpareInterface,
        group=LIVE,
        name=INTERFACE,
        entities=entities.SPARE_INTERFACE,
        part_of=lambda *_: ROOT,
        placeholders=_placeholders,
    ),
)

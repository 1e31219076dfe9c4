"""Which disks there are, and how warm they are. Nothing here wakes a disk that sleeps."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ...errors import BadAnswer, CannotConnect, HomeServerError, InvalidAuth, NotFound, Rejected
from ...paths import ROOT, Path, child
from ...system import Group, Reading, Refresh, Sink, Watch
from ..api.errors import InvalidParams, MissingMethod
from ..client import Round, TrueNas
from ..pools.groups import POOLS
from ..pools.models import Pool
from . import parse

DISK = "disk"
_SETTLE = 2.0
_BY_GRAPHS = "disk temperatures are told by graphs"


async def fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Read all disks; a malformed one costs itself, temperatures that fail cost no disk."""
    round_ = refresh.client.round()
    answer = await refresh.client.call(
        "disk.query", [], {"select": list(parse.FIELDS), "extra": {"pools": True}}
    )
    found, malformed = parse.disks(answer)
    degrees = await _temperatures(refresh.client, round_)
    pools = {
        pool.name: path
        for path, pool in refresh.latest(POOLS.key).items()
        if isinstance(pool, Pool)
    }
    items = {
        child(ROOT, DISK, disk.key): replace(
            disk,
            temperature=degrees.get(disk.name),
            parent=pools.get(disk.pool or "", ROOT),
        )
        for disk in found
    }
    missing = refresh.previous.keys() - items.keys() if malformed else ()
    return Reading(
        items=items,
        failed={path: BadAnswer("a disk that cannot be understood") for path in missing},
        lacking=round_.lacking,
    )


async def _temperatures(client: TrueNas, round_: Round) -> dict[str, float]:
    """Return °C by the disk's name, without those that are not known or sleep.

    Up to 25.04 the server asks the disks, unless they sleep. From 25.10 on it refuses a question with
    these options before it does anything, and its other way to ask might wake a disk; there its graphs
    are looked at, which are drawn anyway.
    """
    memory = await client.memory()
    try:
        if _BY_GRAPHS not in memory:
            try:
                answer = await round_.ask("disk.temperatures", [], {"powermode": "STANDBY"})
                return parse.temperatures(answer)
            except InvalidParams:
                memory[_BY_GRAPHS] = True
        return parse.graphs(
            await round_.ask("reporting.netdata_graph", "disktemp", {"unit": "HOUR"})
        )
    except CannotConnect, InvalidAuth:
        raise
    except HomeServerError:
        return {}


async def _follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    """Read the disks when one came, went or got another name; polling has to do where that is not told."""
    try:
        async with client.subscribe("disk.query") as changes:
            sink.connected()
            async for _change in changes:
                sink.refresh_soon(_SETTLE)
    except MissingMethod, NotFound, Rejected:
        await asyncio.Event().wait()


def _scopes(_items: Mapping[Path, Any]) -> Iterable[Path]:
    return (ROOT,)


DISKS: Group[TrueNas] = Group(
    key="disks",
    interval=timedelta(minutes=5),
    fetch=fetch,
    watch=Watch(scopes=_scopes, run=_follow),
)

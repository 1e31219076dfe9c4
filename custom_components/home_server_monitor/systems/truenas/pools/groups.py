"""What is read of pools, and how often; what is told between is pushed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from ...errors import BadAnswer, HomeServerError, NotFound, Rejected
from ...paths import ROOT, Path, child
from ...system import Group, Reading, Refresh, Watch
from ..client import Round, TrueNas
from ..wire import each, sequence
from ..zone import zone_of
from . import parse
from .models import BootPool, Pool, ScrubTask, Seldom, Vdev
from .scrubs import judged
from .watch import follow

POOL = "pool"
VDEV = "vdev"
BOOT: Path = (f"{POOL}:boot",)

# Names that are asked for; the rest of a pool is the raw size of its vdevs, of no use to people.
_FIELDS = (
    *("id", "name", "guid", "status", "healthy", "warning", "status_code", "status_detail"),
    *("fragmentation", "scan", "topology"),
)
_SELDOM = timedelta(minutes=10)
_SLACK = timedelta(seconds=5)
_NEVER = datetime.min.replace(tzinfo=UTC)


def pool_path(guid: str) -> Path:
    """Return where a pool stands."""
    return child(ROOT, POOL, guid)


def pools_of(items: Mapping[Path, Any]) -> Iterator[tuple[Path, Pool]]:
    """Yield the pools that hold data, from the group's items."""
    for path, item in items.items():
        if isinstance(item, Pool) and not isinstance(item, BootPool):
            yield path, item


async def fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Read all pools; boot pool and scrub tasks only every ten minutes."""
    round_ = refresh.client.round()
    answer = await refresh.client.call("pool.query", [], {"select": list(_FIELDS)})
    pools: list[Pool] = each(answer, parse.pool)
    malformed = len(sequence(answer)) > len(pools)
    seldom, failed = await _seldom(refresh, round_)
    if seldom.boot is not None:
        pools.append(seldom.boot)
    zone = await zone_of(refresh.latest)
    items: dict[Path, Any] = {ROOT: seldom}
    for pool in pools:
        items |= _items(refresh, pool, seldom.scrubs.get(pool.name), zone)
    return Reading(
        items=items,
        failed={**_failed(refresh.previous, items, malformed=malformed), **failed},
        lacking=round_.lacking,
    )


def _items(
    refresh: Refresh[TrueNas], pool: Pool, task: ScrubTask | None, zone: tzinfo
) -> Iterator[tuple[Path, Any]]:
    path = pool_path(pool.guid)
    known, facts = judged(pool, refresh.memory.recall(path), task, refresh.now, zone)
    refresh.memory.remember(path, facts)
    yield path, known
    for vdev in pool.vdevs:
        yield child(path, VDEV, vdev.guid), vdev


async def _seldom(
    refresh: Refresh[TrueNas], round_: Round
) -> tuple[Seldom, dict[Path, HomeServerError]]:
    """Return what is asked for seldom, and what of it could not be read: that is asked for again."""
    known = refresh.previous.get(ROOT)
    if isinstance(known, Seldom) and refresh.now - known.read < _SELDOM - _SLACK:
        return known, {}
    try:
        answer = await round_.ask("boot.get_state")
        boot = None if answer is None else parse.boot_pool(answer)
        tasks = await round_.ask("pool.scrub.query")
        scrubs = [] if tasks is None else each(tasks, parse.scrub_task)
    except (BadAnswer, NotFound, Rejected) as err:
        before = known if isinstance(known, Seldom) else Seldom(read=_NEVER)
        return replace(before, read=_NEVER), {BOOT: err}
    return Seldom(read=refresh.now, boot=boot, scrubs={task.pool: task for task in scrubs}), {}


def _failed(
    previous: Mapping[Path, Any], items: Mapping[Path, Any], *, malformed: bool
) -> dict[Path, HomeServerError]:
    """Name what is not there although nobody said that it is gone.

    A pool that could not be understood may be any that is missing; one that is offline tells
    nothing of its vdevs.
    """
    missing = {path: item for path, item in previous.items() if path not in items}
    failed: dict[Path, HomeServerError] = {}
    for path, item in missing.items():
        if malformed and isinstance(item, Pool):
            failed[path] = BadAnswer("a pool without a name or guid")
        elif isinstance(item, Vdev) and _is_blank(items.get(path[:-1])):
            failed[path] = NotFound("the pool does not tell of its vdevs at present")
    return failed


def _is_blank(pool: object) -> bool:
    return isinstance(pool, Pool) and not pool.vdevs


def _everything(_items: Mapping[Path, Any]) -> Iterable[Path]:
    return (ROOT,)


POOLS: Group[TrueNas] = Group(
    key="pools",
    interval=timedelta(seconds=60),
    fetch=fetch,
    watch=Watch(scopes=_everything, run=follow),
)

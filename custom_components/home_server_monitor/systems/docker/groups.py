"""What is read from engines, and how often: the groups of ``docker`` and ``portainer``."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..errors import CannotConnect, HomeServerError, InvalidAuth
from ..paths import ROOT, Path, covers
from ..system import Follow, Group, Reading, Refresh, Watch
from . import audit, tree
from .client import Engine
from .events import follow
from .judging import idle, judged, judged_host
from .models import Container, ContainerUsage, Host, HostUsage, Row
from .options import limits_of
from .stats import IDLE, total
from .update_check import UpdateCheck
from .updates import announced, is_awaited

_AT_ONCE = 8
_SECOND_SAMPLE = timedelta(seconds=10)
_MARGIN = timedelta(seconds=1)
_FIRST_ROUND = timedelta(seconds=10)


class Engines(Protocol):
    """What the clients of both systems have: their engines by path, and what they know of images."""

    engines: Mapping[Path, Engine]
    updates: UpdateCheck

    async def close(self) -> None:
        """Close what was opened."""


type _Read = Callable[[Engine, Refresh[Any]], Awaitable[Reading]]


async def _each(refresh: Refresh[Any], read: _Read) -> Reading:
    """Read every engine; one that fails costs only what lies below it.

    A rejected credential is everybody's, and an engine at the root is all there is.
    """
    engines = list(refresh.client.engines.values())
    results = await asyncio.gather(
        *(read(engine, refresh) for engine in engines), return_exceptions=True
    )
    items: dict[Path, Any] = {}
    failed: dict[Path, HomeServerError] = dict(getattr(refresh.client, "down", {}))
    again = None
    for engine, result in zip(engines, results, strict=True):
        if isinstance(result, Reading):
            items |= result.items
            failed |= result.failed
            again = again or result.again
        elif isinstance(result, HomeServerError) and engine.path != ROOT:
            if isinstance(result, InvalidAuth):
                raise result
            failed[engine.path] = result
        else:
            raise result
    return Reading(items=items, failed=failed, again=again)


async def _bounded[T](jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T | HomeServerError]:
    """Run the jobs, a few at a time; what belongs to one object is returned, not raised."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def run(job: Coroutine[Any, Any, T]) -> T | HomeServerError:
        async with gate:
            try:
                return await job
            except HomeServerError as err:
                return err

    results = await asyncio.gather(*(run(job) for job in jobs))
    errors = [result for result in results if isinstance(result, HomeServerError)]
    for error in errors:
        # What everybody suffers from is the engine's own trouble.
        if isinstance(error, (InvalidAuth, CannotConnect)) or len(errors) == len(results) > 1:
            raise error
    return results


async def _read_containers(engine: Engine, refresh: Refresh[Any]) -> Reading:
    """List the containers, and inspect those of which the list or an event tells news."""
    rows = await engine.rows()
    known = tree.containers_of(refresh.previous, engine.path)
    by_id = {item.id: (path, item) for path, item in known.items()}
    found: dict[Path, Container] = {}
    news = []
    for row in rows:
        path_and_item = by_id.get(row.id)
        if path_and_item and _unchanged(engine, row, path_and_item[1]):
            found[path_and_item[0]] = tree.with_restarts(
                path_and_item[1], path_and_item[1], refresh.now
            )
        else:
            news.append(row)
    failed = {}
    results = await _bounded(engine.inspect(row.id) for row in news)
    for row, result in zip(news, results, strict=True):
        if isinstance(result, HomeServerError):
            failed[tree.container_path(engine.path, row.key)] = result
        else:
            engine.unread.discard(row.id)
            _choose(found, engine.path, result, known, refresh.now)
    engine.unread.intersection_update(row.id for row in rows)
    gone = {path: item for path, item in known.items() if path not in failed}
    waiting = tree.missing(gone, found, engine.missing, refresh.now)
    return Reading(
        items=_with_totals(engine, {**found, **waiting}, known, failed),
        failed=failed,
        again=tree.RECREATION + _MARGIN if waiting else None,
    )


def _unchanged(engine: Engine, row: Row, item: Container) -> bool:
    """Whether the short row says that nothing happened since the last look.

    Without events a restart shows only in the uptime, so whoever is young is looked at again.
    """
    return (
        row.id not in engine.unread
        and row.state is item.state
        and row.health is item.health
        and item.name in row.names
        and (engine.stream_open or not row.is_young)
    )


def _choose(
    found: dict[Path, Container],
    host: Path,
    inspected: tuple[str, Container],
    known: Mapping[Path, Container],
    now: datetime,
) -> None:
    """Take a container over, unless a better one answers to the same key."""
    key, container = inspected
    path = tree.container_path(host, key)
    container = tree.with_restarts(container, known.get(path), now)
    if path not in found or tree.is_better(container, found[path]):
        found[path] = container


def _with_totals(
    engine: Engine,
    found: Mapping[Path, Container],
    known: Mapping[Path, Container],
    failed: Mapping[Path, HomeServerError],
) -> dict[Path, Any]:
    """Add the host and the stacks; a container that could not be read counts as it was."""
    kept = {path: item for path, item in known.items() if path in failed and path not in found}
    return {**found, **totals(engine, {**found, **kept})}


def totals(engine: Engine, containers: Mapping[Path, Container]) -> dict[Path, Any]:
    """Return the host and the stacks that these containers make."""
    host = tree.host(engine.name, engine.brand, engine.version, containers.values())
    stacks = tree.stacks(engine.path, containers.values(), engine.stacks)
    return {**stacks, engine.path: host}


async def _read_usage(engine: Engine, refresh: Refresh[Any]) -> Reading:
    """Take one sample of every running container for which somebody wants to know.

    Early on only those are asked for that have no CPU yet: it takes two samples, and nobody
    should wait a whole interval for them.
    """
    containers = tree.containers_of(refresh.latest("containers"), engine.path)
    before = {path: _before(refresh.previous.get(path), item) for path, item in containers.items()}
    due = {
        path: item
        for path, item in containers.items()
        if _is_due(refresh, engine, path, item, before[path])
    }
    results = await _bounded(
        engine.usage(item.id, before[path].counters) for path, item in due.items()
    )
    items: dict[Path, Any] = {
        path: before[path] if item.is_running and path not in due else idle(before[path])
        for path, item in containers.items()
    }
    failed = {}
    first = False
    for (path, item), result in zip(due.items(), results, strict=True):
        if isinstance(result, HomeServerError):
            failed[path] = result
            del items[path]
        else:
            items[path] = judged(
                result, item, before[path], refresh.now, limits_of(refresh.options, path)
            )
            first = first or _is_first(before[path], result, item)
    items[engine.path] = judged_host(
        total(items.values()),
        refresh.previous.get(engine.path),
        getattr(refresh.latest("engine").get(engine.path), "link_speed", None),
        refresh.now,
    )
    return Reading(items=items, failed=failed, again=_SECOND_SAMPLE if first else None)


def _is_due(
    refresh: Refresh[Any], engine: Engine, path: Path, item: Container, before: ContainerUsage
) -> bool:
    wanted = refresh.wanted
    if not item.is_running or not (wanted is None or engine.path in wanted or path in wanted):
        return False
    # One in a loop would have a first sample all the time.
    return not refresh.early or (before.cpu is None and not item.restart_loop)


def _is_first(before: ContainerUsage, now: ContainerUsage, item: Container) -> bool:
    return before.counters is None and now.counters is not None and not item.restart_loop


def _before(usage: object, item: Container) -> ContainerUsage:
    """Return the last usage of this very container; another began to count anew."""
    before = _usage(usage)
    return before if before.container_id == item.id else idle(before)


def _usage(item: object) -> ContainerUsage:
    return item if isinstance(item, ContainerUsage) else IDLE


def _without_stopped(
    usages: Mapping[Path, Any], containers: Mapping[Path, Any], changed: set[Path]
) -> dict[Path, Any]:
    """Show no usage for containers that stopped or are new, without waiting for the poll."""
    resting = {
        path: idle(usages.get(path))
        for path in changed
        if isinstance(containers[path], Container)
        and (path not in usages or not containers[path].is_running)
    }
    now = {**usages, **resting}
    hosts = [path for path in usages if isinstance(usages[path], HostUsage)]
    return resting | {
        host: replace(
            total(part for path, part in now.items() if path != host and covers(host, path)),
            alarm=usages[host].alarm,
        )
        for host in hosts
    }


def _has_started(
    usages: Mapping[Path, Any], containers: Mapping[Path, Any], changed: set[Path]
) -> bool:
    """Whether a container runs of which there is no sample yet."""
    return any(
        isinstance(item := containers[path], Container)
        and item.is_running
        and not item.restart_loop
        and _usage(usages.get(path)).counters is None
        for path in changed
    )


async def _read_info(engine: Engine, _refresh: Refresh[Any]) -> Reading:
    return Reading(items={engine.path: await engine.info()})


async def _read_disk_usage(engine: Engine, _refresh: Refresh[Any]) -> Reading:
    return Reading(items={engine.path: await engine.disk_usage()})


async def _read_updates(engine: Engine, refresh: Refresh[Any]) -> Reading:
    items = await refresh.client.updates.read(engine, refresh)
    # Nobody can want anything before the first reading has made the entities.
    return Reading(items=items, again=_FIRST_ROUND if refresh.wanted is None else None)


def _group(key: str, read: _Read, interval: timedelta, **options: Any) -> Group[Engines]:
    async def fetch(refresh: Refresh[Engines]) -> Reading:
        return await _each(refresh, read)

    return Group(key=key, interval=interval, fetch=fetch, **options)


def _hosts(items: Mapping[Path, Any]) -> list[Path]:
    """Every host whose containers are known has an event stream of its own."""
    return [path for path, item in items.items() if isinstance(item, Host)]


async def _watch(client: Engines, host: Path, sink: Any) -> None:
    engine = client.engines.get(host)
    if engine is not None:
        await follow(engine, sink, totals)


CONTAINERS = _group(
    "containers",
    _read_containers,
    timedelta(seconds=60),
    watch=Watch(scopes=_hosts, run=_watch),
    follow=Follow(group="environments"),
    paced=True,
)
USAGE = _group(
    "usage",
    _read_usage,
    timedelta(seconds=60),
    follow=Follow(group="containers", adjust=_without_stopped, hurry=_has_started),
    optional=True,
    paced=True,
)
INFO = _group(
    "engine",
    _read_info,
    timedelta(minutes=15),
    follow=Follow(group="containers"),
    optional=True,
)
DISK_USAGE = _group(
    "disk_usage",
    _read_disk_usage,
    timedelta(hours=1),
    follow=Follow(group="containers"),
    optional=True,
    deferred=True,
    timeout=150.0,
)
AUDIT = _group(
    "audit",
    audit.read_audit,
    audit.INTERVAL,
    follow=Follow(group="containers", hurry=audit.is_awaited),
    optional=True,
    deferred=True,
    timeout=150.0,
)
UPDATES = _group(
    "updates",
    _read_updates,
    timedelta(minutes=1),  # which asks nothing of anybody but once a day for each image
    follow=Follow(group="containers", adjust=announced, hurry=is_awaited),
    optional=True,
    deferred=True,
    timeout=150.0,
)

"""What is read of apps: listed rarely and pushed when they change; what they use is only pushed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
import json
from typing import Any
from urllib.parse import urlsplit

from ...paths import ROOT, Path
from ...system import Follow, Group, Reading, Refresh, Sink, Watch
from ..api.errors import NotReady
from ..client import Ask, Change, Round, TrueNas
from ..wire import mapping, text
from . import operations, parse
from .models import App, AppState, AppUsage

_SETTLED = frozenset({"RUNNING", "UNCONFIGURED"})
_APPS = timedelta(minutes=5)  # the backstop; to list charts is dear for the server
_USAGE = timedelta(minutes=1)  # which asks nothing, only looks whether the last message is old
_APP_STATS = 30  # seconds between two messages
_CHART_STATS = 120  # the server lists all charts for each
_OLD = 3  # messages that failed to come
_SETTLING = 1.0  # seconds after an event that tells less than all


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    """List the apps; no apps are none only where the server says that it would run some."""
    client = refresh.client
    round_ = client.round()
    host = _host(client)
    answer = await round_.ask_first(
        Ask("app.query", [], {"extra": {"host_ip": host}}), Ask("chart.release.query", [], {})
    )
    if answer is None:
        for error in round_.lacking:
            raise error
        return Reading(items={})
    apps = parse.apps(answer, host)
    if not apps and not await _is_settled(round_):
        raise NotReady
    known = {
        parse.app_path(app.name): with_memory(app, refresh.previous.get(parse.app_path(app.name)))
        for app in apps
    }
    return Reading(items=await _named(refresh, known))


async def _is_settled(round_: Round) -> bool:
    """Whether the server's word that there are no apps can be taken for it.

    It lists none either while the service that runs them starts, stops or has failed.
    """
    answer = await round_.ask_first(Ask("docker.status"), Ask("kubernetes.status"))
    return answer is None or text(mapping(answer).get("status")) in _SETTLED


def _host(client: TrueNas) -> str:
    """Return where people reach the server, for apps that listen on all of its addresses."""
    host = urlsplit(client.url).hostname or ""
    return f"[{host}]" if ":" in host else host


def with_memory(app: App, before: object) -> App:
    """Keep in mind what people call the newest version: the list does not always tell."""
    if (
        not isinstance(before, App)
        or not app.lacks_summary
        or (before.version, before.latest_version) != (app.version, app.latest_version)
    ):
        return app
    return replace(
        app, latest_human_version=before.latest_human_version, summary_of=before.summary_of
    )


async def _named(refresh: Refresh[TrueNas], apps: Mapping[Path, App]) -> dict[Path, App]:
    """Ask once for each newer version what people call it, where somebody wants to know."""
    wanted = refresh.wanted
    asked = {
        path: app
        for path, app in apps.items()
        if app.lacks_summary and (wanted is None or path in wanted)
    }
    names = await asyncio.gather(
        *(operations.name_of_latest(refresh.client, app) for app in asked.values())
    )
    return dict(apps) | {
        path: replace(app, latest_human_version=name, summary_of=app.latest_version or "")
        for (path, app), name in zip(asked.items(), names, strict=True)
    }


def _whole_server(items: Mapping[Path, Any]) -> Iterable[Path]:
    """One stream tells of all apps; there is none to follow where there are none."""
    return [ROOT] if items else []


async def _follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    charts = any(app.chart for app in sink.items.values())
    async with client.subscribe("chart.release.query" if charts else "app.query") as changes:
        sink.connected()
        async for change in changes:
            _take(sink, change, _host(client))


def _take(sink: Sink, change: Change, host: str) -> None:
    """Show what an event tells at once, and read what it does not tell."""
    path = parse.app_path(str(change.id))
    before: App | None = sink.items.get(path)
    app = None if change.kind == "removed" else parse.app(change.fields, host)
    if app is None or (app.chart and before is None):
        sink.refresh_soon(_SETTLING)
        return
    if app.chart and before is not None and "config" not in change.fields:
        # An event without the settings stems from the server's memory: only the state is new.
        if app.version != before.version:
            sink.refresh_soon(_SETTLING)
        sink.push({path: replace(before, state=app.state, containers=app.containers)})
        return
    app = with_memory(app, before)
    sink.push({path: app})
    if app.lacks_summary:
        sink.refresh_soon(_SETTLING)


async def _fetch_usage(refresh: Refresh[TrueNas]) -> Reading:
    """Keep what was pushed lately, for the apps that there are."""
    now = asyncio.get_running_loop().time()
    apps = refresh.latest(APPS.key)
    return Reading(
        items={path: _unless_old(refresh.previous.get(path), apps[path], now) for path in apps}
    )


def _unless_old(usage: object, app: App, now: float) -> AppUsage:
    if not isinstance(usage, AppUsage):
        return AppUsage(chart=app.chart)
    longest = _OLD * (_CHART_STATS if app.chart else _APP_STATS)
    old = usage.sample is not None and now - usage.sample.at > longest
    return AppUsage(chart=app.chart) if old else usage


def _without_stopped(
    usages: Mapping[Path, Any], apps: Mapping[Path, Any], changed: set[Path]
) -> dict[Path, AppUsage]:
    """Show at once what a stopped app uses, and that of a new one nothing is known yet."""
    return {
        path: parse.idle(chart=app.chart)
        if (app := apps[path]).state is AppState.STOPPED
        else AppUsage(chart=app.chart)
        for path in changed
        if path not in usages or apps[path].state is AppState.STOPPED
    }


def _has_lost(usages: Mapping[Path, Any], apps: Mapping[Path, Any], _changed: set[Path]) -> bool:
    return any(path not in apps for path in usages)


async def _follow_usage(client: TrueNas, _scope: Path, sink: Sink) -> None:
    clock = asyncio.get_running_loop().time
    if any(usage.chart for usage in sink.items.values()):
        event, seconds = "chart.release.statistics", _CHART_STATS
    else:
        event, seconds = "app.stats", _APP_STATS
    async with client.subscribe(f"{event}:{json.dumps({'interval': seconds})}") as changes:
        sink.connected()
        async for change in changes:
            sink.push(parse.usages(change.fields, sink.items, clock()))


APPS: Group[TrueNas] = Group(
    key="apps",
    interval=_APPS,
    fetch=_fetch,
    watch=Watch(scopes=_whole_server, run=_follow),
    optional=True,
    timeout=90.0,
)
APP_USAGE: Group[TrueNas] = Group(
    key="app_usage",
    interval=_USAGE,
    fetch=_fetch_usage,
    watch=Watch(scopes=_whole_server, run=_follow_usage),
    follow=Follow(group=APPS.key, adjust=_without_stopped, hurry=_has_lost),
    optional=True,
)

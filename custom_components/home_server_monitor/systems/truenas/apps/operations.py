"""What can be done to an app, by one name for both kinds; one thing at a time for each app."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from ...errors import Busy, CannotConnect, HomeServerError, InvalidAuth
from ...paths import Path
from ..client import Progress, TrueNas
from ..wire import mapping, sequence, text
from . import parse
from .models import App, AppState, Versions

_LATEST = "latest"
_at_work: WeakKeyDictionary[TrueNas, set[str]] = WeakKeyDictionary()


@contextmanager
def alone(client: TrueNas, app: App) -> Iterator[None]:
    """Keep everybody else off this app; raises ``Busy`` where somebody is at it already."""
    names = _at_work.setdefault(client, set())
    if app.name in names:
        raise Busy
    names.add(app.name)
    try:
        yield
    finally:
        names.discard(app.name)


async def start(client: TrueNas, app: App) -> None:
    """Start an app and wait until the server has done so; a chart is scaled to one replica."""
    if app.chart:
        await client.job("chart.release.scale", app.name, {"replica_count": 1})
    else:
        await client.job("app.start", app.name)


async def stop(client: TrueNas, app: App) -> None:
    """Stop an app and wait until it has stopped."""
    if app.chart:
        await client.job("chart.release.scale", app.name, {"replica_count": 0})
    else:
        await client.job("app.stop", app.name)


async def redeploy(client: TrueNas, app: App) -> None:
    """Make the app's containers anew from its settings."""
    await client.job("chart.release.redeploy" if app.chart else "app.redeploy", app.name)


async def update(client: TrueNas, app: App, progress: Progress | None = None) -> None:
    """Bring the newest version, or the newest images of the same; charts do both in one."""
    if app.chart:
        method, options = "chart.release.upgrade", {"item_version": _LATEST}
    elif app.has_newer_version:
        method, options = "app.upgrade", {"app_version": _LATEST}
    else:
        await client.job("app.pull_images", app.name, {"redeploy": True}, progress=progress)
        return
    await client.job(method, app.name, options, progress=progress)


async def roll_back(
    client: TrueNas, app: App, version: str, *, snapshot: bool, progress: Progress | None = None
) -> None:
    """Go back to ``version``; with ``snapshot`` the app's own volumes go back as well."""
    method = "chart.release.rollback" if app.chart else "app.rollback"
    key = "item_version" if app.chart else "app_version"
    options = {key: version, "rollback_snapshot": snapshot}
    await client.job(method, app.name, options, progress=progress)


async def versions(client: TrueNas, app: App) -> Versions:
    """Ask which versions the app can go back to."""
    if not app.chart:
        return parse.back_versions(await client.call("app.rollback_versions", app.name))
    answer = await client.call("chart.release.query", *_only(app, {"history": True}))
    return parse.chart_history(answer)


async def summary(client: TrueNas, app: App) -> Any:
    """Ask what the newest version brings. Raises ``Rejected`` where there is none."""
    if app.chart:
        method, options = "chart.release.upgrade_summary", {"item_version": _LATEST}
    else:
        method, options = "app.upgrade_summary", {"app_version": _LATEST}
    return await client.call(method, app.name, options)


async def name_of_latest(client: TrueNas, app: App) -> str | None:
    """Ask what people call the newest version; None where the server does not say."""
    try:
        answer = mapping(await summary(client, app))
    except CannotConnect, InvalidAuth:
        raise
    except HomeServerError:
        return None
    return text(answer.get("latest_human_version"))


async def notes(client: TrueNas, _path: Path, app: App) -> str | None:
    """Return the release notes: the changelog, or which images are newer."""
    if app.has_newer_version:
        return text(mapping(await summary(client, app)).get("changelog"))
    if not app.has_newer_images:
        return None
    if app.chart:
        images = list(
            mapping(mapping(await summary(client, app)).get("container_images_to_update"))
        )
    else:
        images = sequence(await client.call("app.outdated_docker_images", app.name))
    return "\n".join(f"- `{image}`" for image in images) or None


async def state(client: TrueNas, app: App) -> AppState | None:
    """Ask what one app does at present; None where it is gone."""
    method = "chart.release.query" if app.chart else "app.query"
    found = parse.apps(await client.call(method, *_only(app, {})), "")
    return next((one.state for one in found if one.name == app.name), None)


def _only(app: App, extra: dict[str, Any]) -> Sequence[Any]:
    return [["id", "=", app.name]], {"extra": extra}

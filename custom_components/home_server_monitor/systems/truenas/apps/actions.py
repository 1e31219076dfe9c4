"""The actions on apps."""

from collections.abc import Awaitable, Callable
from functools import partial

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...errors import Refused
from ...system import Action, Call
from ..client import TrueNas
from . import operations, parse
from .controls import Operation, procedure, told_progress
from .models import App, Versions
from .restart import restart

_SHOWN = 10


def _on_app(
    operation: Operation,
) -> Callable[[Call[TrueNas, App]], Awaitable[JsonObjectType | None]]:
    async def run(call: Call[TrueNas, App]) -> JsonObjectType | None:
        await procedure(call, partial(operation, call.client, call.item))
        return None

    return run


async def _restart(call: Call[TrueNas, App]) -> JsonObjectType | None:
    await restart(call)
    return None


async def _roll_back(call: Call[TrueNas, App]) -> JsonObjectType | None:
    """Go back to a version that the server still has; another is refused before anything is done.

    Return ``{"version", "from_version"}``.
    """
    app = call.item
    version = _chosen(app, await operations.versions(call.client, app), call.data["version"])
    work = partial(
        operations.roll_back,
        call.client,
        app,
        version,
        snapshot=call.data["rollback_snapshot"],
        progress=told_progress(call),
    )
    await procedure(call, work)
    return {"version": version, "from_version": app.version}


def _chosen(app: App, versions: Versions, wanted: str) -> str:
    """Find the version that is meant; people may also name it as they see it."""
    wanted = wanted.strip()
    for version, name in versions.back:
        # What people see is the app's own version, an underscore, and the catalogue's.
        if wanted in (version, name) or wanted.endswith(f"_{version}"):
            return version
    if not versions.back:
        raise Refused("no_app_versions", name=app.name)
    there = ", ".join(version for version, _ in versions.back[:_SHOWN])
    raise Refused("unknown_app_version", name=app.name, version=wanted, versions=there)


async def _list_versions(call: Call[TrueNas, App]) -> JsonObjectType | None:
    """Return ``{"installed", "rollback": [{"version", "human_version"}, …], "upgrade": […]}``."""
    client, app = call.client, call.item
    back = (await operations.versions(client, app)).back
    newer = (
        parse.forward_versions(await operations.summary(client, app))
        if app.has_newer_version
        else ()
    )
    return {
        "installed": {"version": app.version, "human_version": app.installed},
        "rollback": [{"version": version, "human_version": name} for version, name in back],
        "upgrade": [{"version": version, "human_version": name} for version, name in newer],
    }


ACTIONS = (
    Action[TrueNas, App](name="start_app", model=App, run=_on_app(operations.start)),
    Action[TrueNas, App](name="stop_app", model=App, run=_on_app(operations.stop)),
    Action[TrueNas, App](name="restart_app", model=App, run=_restart),
    Action[TrueNas, App](name="redeploy_app", model=App, run=_on_app(operations.redeploy)),
    Action[TrueNas, App](
        name="rollback_app",
        model=App,
        run=_roll_back,
        schema={
            vol.Required("version"): cv.string,
            vol.Optional("rollback_snapshot", default=True): cv.boolean,
        },
    ),
    Action[TrueNas, App](
        name="list_app_versions",
        model=App,
        run=_list_versions,
        control=False,
        response=SupportsResponse.ONLY,
    ),
)

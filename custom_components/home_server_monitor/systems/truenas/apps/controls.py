"""What can be done to an app: switch, buttons and update. They act only where control is allowed."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory

from ...paths import Path
from ...system import Button, Call, Description, Switch, Update
from ..client import Progress, TrueNas
from . import operations
from .models import App, AppState
from .restart import restart

type Operation = Callable[[TrueNas, App], Awaitable[None]]

_ON = frozenset({AppState.RUNNING, AppState.DEPLOYING, AppState.CRASHED})


def _by_itself(operation: Operation) -> Callable[[TrueNas, Path, App], Awaitable[None]]:
    """Make a control of an operation; raises ``Busy`` while another works on the app."""

    async def act(client: TrueNas, _path: Path, app: App) -> None:
        with operations.alone(client, app):
            await operation(client, app)

    return act


def told_progress(call: Call[TrueNas, App]) -> Progress:
    """Return what passes the progress of a job on to the update entity."""

    def tell(percent: float | None, _words: str) -> None:
        call.workshop.progress(call.path, percent)

    return tell


async def procedure(call: Call[TrueNas, App], work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` as the only one on its app, though nobody should wait for it any more."""

    async def run() -> None:
        with operations.alone(call.client, call.item):
            await work()

    await call.workshop.run(call.path, run())


async def install(call: Call[TrueNas, App]) -> None:
    """Bring the newest version or images, and tell how far it is."""
    progress = told_progress(call)
    progress(None, "")
    await procedure(call, partial(operations.update, call.client, call.item, progress))


def _has(*states: AppState) -> Callable[[Any], bool]:
    return lambda app: app.state in states


APP: tuple[Description, ...] = (
    Update[TrueNas, App](
        key="app_update",
        installed=lambda item: item.installed,
        latest=lambda item: item.latest,
        install=install,
        notes=operations.notes,
    ),
    Switch[TrueNas, App](
        key="app_power",
        device_class=SwitchDeviceClass.SWITCH,
        value=lambda item: item.state in _ON,
        turn_on=_by_itself(operations.start),
        turn_off=_by_itself(operations.stop),
    ),
    Button[TrueNas, App](
        key="app_restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_registry_enabled_default=False,
        procedure=restart,
        available=_has(*_ON),
    ),
    Button[TrueNas, App](
        key="app_redeploy",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=_by_itself(operations.redeploy),
        available=_has(*_ON),
    ),
)

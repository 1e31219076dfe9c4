"""The restart of an app, which has no word for it: stopped, then started, and never left between.

What was stopped for a restart is started again, though Home Assistant or the connection should
break off in between: the journal says so.
"""

from ....procedures.journal import Record
from ...errors import Busy, CannotConnect, HomeServerError
from ...paths import Path
from ...system import Call, Workshop
from ..client import TrueNas
from . import operations
from .models import App, AppState

PROCEDURE = "restart_app"


async def restart(call: Call[TrueNas, App]) -> None:
    """Restart an app and wait until it was started."""
    await call.workshop.run(call.path, _restart(call.client, call.path, call.item, call.workshop))


async def _restart(client: TrueNas, path: Path, app: App, workshop: Workshop) -> None:
    journal = workshop.journal
    with operations.alone(client, app):
        record = await journal.begin(PROCEDURE, path, {"name": app.name, "chart": app.chart})
        try:
            await journal.note(record, "stop", {})
            await operations.stop(client, app)
            await journal.note(record, "start", {})
            await operations.start(client, app)
        except CannotConnect:
            # The record stays open: whoever takes it up starts what was stopped.
            raise
        except HomeServerError:
            await journal.end(record, {"procedure": PROCEDURE, "done": False})
            raise
        await journal.end(record, {"procedure": PROCEDURE, "done": True})


async def resume(client: TrueNas, record: Record, workshop: Workshop) -> None:
    """Start an app that was stopped for a restart; raises ``Busy`` while it is still stopping."""
    app = App(
        name=str(record.facts["name"]),
        chart=record.facts["chart"] is True,
        state=AppState.OTHER,
    )
    with operations.alone(client, app):
        state = await operations.state(client, app)
        if state is AppState.STOPPING:
            raise Busy
        if state is AppState.STOPPED:
            await operations.start(client, app)
        await workshop.journal.end(record, {"procedure": PROCEDURE, "done": state is not None})

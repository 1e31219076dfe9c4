"""The actions on alerts: list them, put one aside, fetch it back."""

from collections.abc import Awaitable, Callable

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ....errors import Refused
from ....system import Action, Call
from ...client import TrueNas
from . import parse
from .models import Alert, Alerts, Level

_LEVELS = [level.value for level in Level if level is not Level.OTHER]


async def _list(call: Call[TrueNas, Alerts]) -> JsonObjectType:
    """Return ``{"alerts": [{"uuid", "level", "kind", "text", "raised", "last_seen", "dismissed"}]}``.

    The worst first, as they are now.
    """
    alerts = parse.alerts(await call.client.call("alert.list"))
    least = Level(call.data["minimum_level"]).rank
    chosen = alerts.all if call.data["dismissed"] else alerts.active
    return {"alerts": [_row(alert) for alert in chosen if alert.level.rank >= least]}


def _row(alert: Alert) -> JsonObjectType:
    return {
        "uuid": alert.uuid,
        "level": alert.level.value,
        "kind": alert.kind,
        "text": alert.text,
        "raised": alert.raised.isoformat() if alert.raised else None,
        "last_seen": alert.last_seen.isoformat() if alert.last_seen else None,
        "dismissed": alert.dismissed,
    }


def _on_each(method: str) -> Callable[[Call[TrueNas, Alerts]], Awaitable[None]]:
    async def run(call: Call[TrueNas, Alerts]) -> None:
        # TrueNAS says nothing at all when there is no such alert.
        known = {alert.uuid for alert in parse.alerts(await call.client.call("alert.list")).all}
        for uuid in call.data["alert"]:
            if uuid not in known:
                raise Refused("no_such_alert", alert=uuid)
        for uuid in call.data["alert"]:
            await call.client.call(method, uuid)

    return run


_WHICH = {vol.Required("alert"): vol.All(cv.ensure_list, vol.Length(min=1), [cv.string])}

ACTIONS = (
    Action[TrueNas, Alerts](
        name="list_alerts",
        model=Alerts,
        run=_list,
        control=False,
        response=SupportsResponse.ONLY,
        schema={
            vol.Optional("dismissed", default=False): cv.boolean,
            vol.Optional("minimum_level", default=Level.INFO.value): vol.In(_LEVELS),
        },
    ),
    Action[TrueNas, Alerts](
        name="dismiss_alert", model=Alerts, run=_on_each("alert.dismiss"), schema=_WHICH
    ),
    Action[TrueNas, Alerts](
        name="restore_alert", model=Alerts, run=_on_each("alert.restore"), schema=_WHICH
    ),
)

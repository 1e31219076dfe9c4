"""The actions that restart the NAS and shut it down, for administrators."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ....system import Action, Call
from ...client import TrueNas
from ..system.models import Nas
from .operations import REASON, go_down

_LONGEST_DELAY = 3600

_SCHEMA: dict[Any, Any] = {
    vol.Optional("reason", default=REASON): vol.All(cv.string, vol.Length(min=1, max=200)),
    vol.Optional("delay"): vol.All(vol.Coerce(int), vol.Range(min=0, max=_LONGEST_DELAY)),
}


def _going_down(
    how: Literal["reboot", "shutdown"],
) -> Callable[[Call[TrueNas, Nas]], Awaitable[None]]:
    async def run(call: Call[TrueNas, Nas]) -> None:
        await go_down(call.client, how, call.data["reason"], call.data.get("delay"))

    return run


ACTIONS = (
    Action[TrueNas, Nas](
        name="reboot_nas", model=Nas, run=_going_down("reboot"), schema=_SCHEMA, admin=True
    ),
    Action[TrueNas, Nas](
        name="shutdown_nas", model=Nas, run=_going_down("shutdown"), schema=_SCHEMA, admin=True
    ),
)

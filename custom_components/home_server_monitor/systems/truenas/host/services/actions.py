"""Starting and stopping services, by whichever method the version has for it."""

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ....errors import Refused, Rejected
from ....system import Action, Call
from ...api.errors import MissingMethod
from ...client import TrueNas
from ..wire import rows, text
from .models import Services, name_of

_OPERATIONS = ("start", "stop", "restart", "reload")
_SPEAK = {"silent": False}  # or a service that does not come up is no error


async def _control(call: Call[TrueNas, Services]) -> None:
    client, operation = call.client, str(call.data["operation"])
    service = await _find(client, call.data["service"])
    try:
        await client.job("service.control", operation.upper(), service, _SPEAK)
    except MissingMethod:
        await client.call(f"service.{operation}", service, _SPEAK)
    # What the older methods return means one thing in one version and the opposite in the next.
    if await client.call("service.started", service) is (operation == "stop"):
        raise Rejected(f"{name_of(service)}: {operation}")


async def _find(client: TrueNas, wanted: str) -> str:
    """Return TrueNAS's name of a service, by that or by what people call it."""
    answer = await client.call("service.query")
    keys = [key for row in rows(answer) if (key := text(row.get("service")))]
    for key in keys:
        if wanted.lower() in (key.lower(), name_of(key).lower()):
            return key
    raise Refused("no_such_service", service=wanted, services=", ".join(sorted(keys)))


ACTIONS = (
    Action[TrueNas, Services](
        name="control_service",
        model=Services,
        run=_control,
        schema={
            vol.Required("service"): cv.string,
            vol.Required("operation"): vol.In(_OPERATIONS),
        },
    ),
)

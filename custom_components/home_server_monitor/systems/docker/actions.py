"""The actions on containers; each is a few lines that call the engine."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..system import Action, Call
from .client import Engine
from .consumers import CONSUMER_ACTIONS
from .controls import Operation, engine_of
from .groups import Engines
from .logs import decode, search
from .models import Container
from .quota_actions import QUOTA_ACTIONS

_MOST_LINES = 2000


def _on_container(
    operation: Operation,
) -> Callable[[Call[Engines, Container]], Awaitable[JsonObjectType | None]]:
    async def run(call: Call[Engines, Container]) -> JsonObjectType | None:
        await operation(engine_of(call.client, call.path), call.item.id)
        return None

    return run


async def _get_logs(call: Call[Engines, Container]) -> JsonObjectType | None:
    """Return ``{"lines": [{"stream", "time", "text"}, …]}``, the newest last."""
    since: timedelta | None = call.data.get("since")
    start = None if since is None else f"{(dt_util.utcnow() - since).timestamp():.6f}"
    body, framed = await engine_of(call.client, call.path).logs(
        call.item.id, call.data["tail"], start
    )
    lines = search(decode(body, framed=framed), call.data.get("search"))
    return {
        "lines": [{"stream": line.stream, "time": line.time, "text": line.text} for line in lines]
    }


ACTIONS = (
    Action[Engines, Container](
        name="start_container", model=Container, run=_on_container(Engine.start)
    ),
    Action[Engines, Container](
        name="stop_container", model=Container, run=_on_container(Engine.stop)
    ),
    Action[Engines, Container](
        name="restart_container", model=Container, run=_on_container(Engine.restart)
    ),
    Action[Engines, Container](
        name="get_container_logs",
        model=Container,
        run=_get_logs,
        control=False,
        response=SupportsResponse.ONLY,
        schema={
            vol.Optional("tail", default=100): vol.All(
                vol.Coerce(int), vol.Range(min=1, max=_MOST_LINES)
            ),
            vol.Optional("since"): cv.positive_time_period,
            vol.Optional("search"): cv.string,
        },
    ),
    *QUOTA_ACTIONS,
    *CONSUMER_ACTIONS,
)

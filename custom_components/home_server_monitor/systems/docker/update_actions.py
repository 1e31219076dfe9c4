"""The actions that update a container safely, take an update back, and tell of earlier ones."""

from typing import Any

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ...procedures import container_exchange, container_update
from ..system import Action
from .groups import Engines
from .models import Container

PATIENCE: dict[Any, Any] = {
    vol.Optional("timeout", default=container_exchange.TIMEOUT): vol.All(
        vol.Coerce(float), vol.Range(min=1, max=3600)
    ),
    vol.Optional("settle", default=container_exchange.SETTLE): vol.All(
        vol.Coerce(float), vol.Range(min=0, max=3600)
    ),
}
"""How long a new container gets to prove itself; see ``container_proof.Patience``."""

_UPDATE: dict[Any, Any] = {
    **PATIENCE,
    vol.Optional("keep_images", default=container_exchange.KEEP_IMAGES): vol.All(
        vol.Coerce(int), vol.Range(min=0, max=10)
    ),
    vol.Optional("force", default=False): cv.boolean,
}

UPDATE_ACTIONS = (
    Action[Engines, Container](
        name="update_container",
        model=Container,
        run=container_update.update,
        schema=_UPDATE,
    ),
    Action[Engines, Container](
        name="rollback_container",
        model=Container,
        run=container_update.rollback,
        schema=_UPDATE,
    ),
    Action[Engines, Container](
        name="get_update_history",
        model=Container,
        run=container_update.history,
        control=False,
        response=SupportsResponse.ONLY,
    ),
)

"""The actions that say what is risky: about containers as they are, and about a compose file."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...analysis import container_audit
from ...analysis.container_audit import ComposeError, Surroundings
from ..errors import HomeServerError, NotFound, Refused
from ..free_action import FreeAction
from ..system import Action, Call
from . import tree
from .audit import settings_of, surroundings
from .client import Engine
from .controls import engine_of
from .groups import Engines
from .models import Container, Host
from .mount_facts import file_teller, judge_mounts
from .settings import ContainerSettings


async def _neighbourhood(
    call: Call[Engines, Any], engine: Engine, fresh: list[str]
) -> tuple[dict[str, ContainerSettings | HomeServerError], Surroundings]:
    """Return the settings of the host's containers by id, the ``fresh`` ones as they are now."""
    containers = tree.containers_of(call.latest("containers"), engine.path)
    read, around = await asyncio.gather(
        settings_of(engine, containers.values(), fresh), surroundings(engine)
    )
    neighbours = tuple(one for one in read.values() if isinstance(one, ContainerSettings))
    return read, replace(around, neighbours=neighbours)


async def _audit_container(call: Call[Engines, Container]) -> JsonObjectType | None:
    """Return ``{"image", "score", "findings"}`` of a container as it is set up now.

    With ``files``, also ``files`` with the findings about what it mounts, and ``files_unread``.
    """
    engine = engine_of(call.client, call.path)
    read, around = await _neighbourhood(call, engine, [call.item.id])
    settings = read.get(call.item.id, NotFound(call.item.name))
    if isinstance(settings, HomeServerError):
        raise settings
    report = container_audit.audit(settings, around)
    told = {key: value for key, value in report.as_dict().items() if key != "name"}
    if not call.data["files"]:
        return told
    teller = await file_teller(engine, call.workshop.neighbours())
    found, unread = await judge_mounts(engine, settings, around, teller)
    return {**told, "files": [one.as_dict() for one in found], "files_unread": unread}


async def _audit_host(call: Call[Engines, Host]) -> JsonObjectType | None:
    """Return ``{"score", "containers", "unread"}`` of a host as it is set up now."""
    engine = call.client.engines[call.path]
    containers = tree.containers_of(call.latest("containers"), engine.path)
    ids = [item.id for item in containers.values()]
    read, around = await _neighbourhood(call, engine, ids)
    house = container_audit.audit_host(around.neighbours, replace(around, neighbours=()))
    unread = {
        item.name: str(error)
        for item in containers.values()
        if isinstance(error := read.get(item.id), HomeServerError)
    }
    return {**house.as_dict(), "unread": unread}


async def _audit_compose(data: Mapping[str, Any]) -> JsonObjectType:
    """Return ``{"score", "findings", "services", "not_read"}`` of a compose file's text."""
    try:
        # A long file takes a while.
        report = await asyncio.to_thread(container_audit.audit_compose, data["text"])
    except ComposeError as err:
        raise _refused(err) from None
    return report.as_dict()


def _refused(error: ComposeError) -> Refused:
    if error.service:
        return Refused(f"compose_{error.key}", service=error.service)
    if error.line:
        return Refused(f"compose_{error.key}_at", line=str(error.line), column=str(error.column))
    return Refused(f"compose_{error.key}")


_GET_AUDIT: dict[str, Any] = {
    "name": "get_container_audit",
    "control": False,
    "schema": {vol.Optional("files", default=False): cv.boolean},
    "response": SupportsResponse.ONLY,
}

AUDIT_ACTIONS = (
    Action[Engines, Container](model=Container, run=_audit_container, **_GET_AUDIT),
    Action[Engines, Host](model=Host, run=_audit_host, **_GET_AUDIT),
)

FREE_ACTIONS = (
    FreeAction(name="audit_compose", run=_audit_compose, schema={vol.Required("text"): cv.string}),
)

"""Which services run: one cheap list, read rarely."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ....paths import ROOT, child
from ....system import Follow, Group, Kind, Reading, Refresh
from ...client import TrueNas
from ..system.group import SYSTEM
from ..wire import rows, text
from . import entities
from .models import Service, Services

SERVICES = "nas_services"
SERVICE = "service"

_STATES = {"RUNNING": True, "STOPPED": False}


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    answer = await refresh.client.call("service.query")
    services = [service for row in rows(answer) if (service := _service(row))]
    parts = {child(ROOT, SERVICE, service.key): service for service in services}
    running = sum(service.running is True for service in services)
    return Reading(items={ROOT: Services(running=running), **parts})


def _service(row: Mapping[str, Any]) -> Service | None:
    key = text(row.get("service"))
    if key is None:
        return None
    return Service(key=key, running=_STATES.get(str(row.get("state"))))


def _placeholders(item: Service) -> dict[str, str]:
    return {"service": item.name}


GROUP: Group[TrueNas] = Group(
    key=SERVICES,
    interval=timedelta(minutes=5),
    fetch=_fetch,
    follow=Follow(group=SYSTEM),
    optional=True,
)
KINDS = (
    Kind(model=Services, group=SERVICES, entities=entities.SERVICES),
    Kind(
        model=Service,
        group=SERVICES,
        name=SERVICE,
        entities=entities.SERVICE,
        part_of=lambda *_: ROOT,
        placeholders=_placeholders,
    ),
)

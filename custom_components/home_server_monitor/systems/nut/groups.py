"""What is read from a NUT server, and how often: one group, for all of it is cheap."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..errors import CannotConnect, HomeServerError, InvalidAuth, NotFound
from ..paths import ROOT, Path, child
from ..system import Group, Reading, Refresh
from .client import NutClient
from .models import Ups

UPS = "ups"

_CALM = timedelta(seconds=30)
_TENSE = timedelta(seconds=10)


async def _fetch(refresh: Refresh[NutClient]) -> Reading:
    """Read the server and each of its UPSes; one whose driver is silent costs only itself."""
    client = refresh.client
    listed = await client.upses()
    items: dict[Path, Any] = {ROOT: await client.server()}
    failed: dict[Path, HomeServerError] = {}
    tense = False
    for name, description in listed.items():
        path = child(ROOT, UPS, name)
        try:
            ups = await client.ups(name, description)
        except NotFound:
            continue
        except CannotConnect, InvalidAuth:
            raise
        except HomeServerError as err:
            failed[path] = err
        else:
            tense = tense or ups.on_battery is True
            items[path] = _with_memory(ups, refresh.previous.get(path))
    return Reading(items=items, failed=failed, again=_TENSE if tense or failed else None)


def _with_memory(ups: Ups, before: Ups | None) -> Ups:
    """Keep in mind what the UPS has told before, though it leaves it out now."""
    if before is None or before.reported <= ups.reported:
        return ups
    return replace(ups, reported=ups.reported | before.reported)


UPSES: Group[NutClient] = Group(key="ups", interval=_CALM, fetch=_fetch, paced=True)

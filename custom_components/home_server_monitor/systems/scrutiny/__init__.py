"""Scrutiny (``scrutiny``): the SMART values that it collects, read only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..errors import CannotConnect, HomeServerError
from ..paths import ROOT, Path, child
from ..smart import external
from ..smart.external import DiskServer, Told
from ..system import Field, Group, Identity, Reading, Refresh, Sessions, System
from .client import DEFAULT_PORT, ScrutinyClient
from .models import Listed

_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_COLLECTED = "collected"


async def _connect(data: Mapping[str, Any], sessions: Sessions) -> ScrutinyClient:
    client = ScrutinyClient(data["url"], sessions.get(data.get("verify_ssl", True)))
    await client.prove()
    return client


async def _identify(client: ScrutinyClient) -> Identity:
    """Name it by its address, for it has no id of its own."""
    url = client.url
    port = "" if url.port == DEFAULT_PORT else f":{url.port}"
    return Identity(
        unique_id=f"scrutiny {url.host}:{url.port}{url.path.rstrip('/')}",
        title=f"Scrutiny {url.host}{port}",
        stable=False,
    )


async def _fetch(refresh: Refresh[ScrutinyClient]) -> Reading:
    """Read which disks there are, and the results of those of which there are newer ones."""
    told: list[Told] = []
    failed: dict[Path, HomeServerError] = {}
    for disk in await refresh.client.summary():
        try:
            told.append(await _told(refresh, disk))
        except CannotConnect:
            raise
        except HomeServerError as err:
            failed[child(ROOT, external.DISK, disk.label.serial)] = err
    server = DiskServer(name="Scrutiny", maker="Scrutiny", url=str(refresh.client.url))
    return await external.reading(refresh, server, told, failed)


async def _told(refresh: Refresh[ScrutinyClient], disk: Listed) -> Told:
    """Return what is known of a disk; what was read before is not asked for again."""
    unread = Told(label=disk.label, name=disk.name, day=refresh.now.date(), host=disk.host)
    known = refresh.archive.history(disk.label.serial) is not None
    if known and refresh.memory.recall(unread.path).get(_COLLECTED) == disk.collected:
        return unread
    results = await refresh.client.results(disk)
    refresh.memory.remember(unread.path, {_COLLECTED: disk.collected})
    if not results:
        return unread
    newest, *older = results
    before = {result.day: result.report for result in older}
    return replace(unread, day=newest.day, report=newest.report, before=before)


SCRUTINY: System[ScrutinyClient] = System(
    key="scrutiny",
    name="Scrutiny",
    fields=(
        Field(key="url", selector=_URL),
        Field(key="verify_ssl", selector=BooleanSelector(), default=True),
    ),
    connect=_connect,
    identify=_identify,
    groups=(Group(key=external.GROUP, interval=external.INTERVAL, fetch=_fetch, timeout=120.0),),
    kinds=external.KINDS,
    actions=external.ACTIONS,
)

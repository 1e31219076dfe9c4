"""smartctl_exporter (``smartctl_exporter``): the SMART values that it has for Prometheus, read only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..smart import external
from ..smart.external import DiskServer, Told
from ..system import Field, Group, Identity, Reading, Refresh, Sessions, System
from .client import DEFAULT_PORT, ExporterClient

_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))


async def _connect(data: Mapping[str, Any], sessions: Sessions) -> ExporterClient:
    client = ExporterClient(data["url"], sessions.get(data.get("verify_ssl", True)))
    await client.prove()
    return client


async def _identify(client: ExporterClient) -> Identity:
    """Name it by its address, for it has no id of its own."""
    url = client.url
    port = "" if url.port == DEFAULT_PORT else f":{url.port}"
    return Identity(
        unique_id=f"smartctl_exporter {url.host}:{url.port}",
        title=f"smartctl_exporter {url.host}{port}",
        stable=False,
    )


async def _fetch(refresh: Refresh[ExporterClient]) -> Reading:
    devices = await refresh.client.devices()
    server = DiskServer(
        name="smartctl_exporter", maker="Prometheus", url=str(refresh.client.url.origin())
    )
    today = refresh.now.date()
    told = [
        Told(
            label=replace(report.label, serial=report.serial or name),
            name=name,
            day=today,
            report=report,
        )
        for name, report in devices.items()
    ]
    return await external.reading(refresh, server, told)


SMARTCTL_EXPORTER: System[ExporterClient] = System(
    key="smartctl_exporter",
    name="smartctl_exporter",
    fields=(
        Field(key="url", selector=_URL),
        Field(key="verify_ssl", selector=BooleanSelector(), default=True),
    ),
    connect=_connect,
    identify=_identify,
    groups=(Group(key=external.GROUP, interval=external.INTERVAL, fetch=_fetch, timeout=60.0),),
    kinds=external.KINDS,
    actions=external.ACTIONS,
)

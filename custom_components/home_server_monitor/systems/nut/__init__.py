"""Network UPS Tools (``nut``): a ``upsd`` and the UPSes that it watches, read only."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..paths import ROOT, Path
from ..system import DeviceDetails, Field, Identity, Kind, Sessions, System
from . import groups, sensors
from .client import NutClient
from .models import NutServer, Ups

DEFAULT_PORT = 3493


class _PortSelector(NumberSelector):
    """A box for a port: a number field gives a float, and a port is none."""

    @override
    def __call__(self, data: Any) -> int:
        return int(super().__call__(data))


_PORT = _PortSelector(NumberSelectorConfig(min=1, max=65535, step=1, mode=NumberSelectorMode.BOX))
_PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))


async def _connect(data: Mapping[str, Any], sessions: Sessions) -> NutClient:
    """Connect to the ``upsd`` at ``host`` and ``port`` and let it prove itself."""
    client = NutClient(data["host"], int(data["port"]), data.get("username"), data.get("password"))
    try:
        await client.prove()
    except BaseException:
        await client.close()
        raise
    return client


async def _identify(client: NutClient) -> Identity:
    """Name the server by its address, for it has no id of its own.

    A UPS's serial number would not do: a server may have several UPSes, many report none, and
    one that is replaced must not make another system of the server.
    """
    port = "" if client.port == DEFAULT_PORT else f":{client.port}"
    return Identity(
        unique_id=f"{client.host.lower()}:{client.port}",
        title=f"NUT {client.host}{port}",
        stable=False,
    )


def _server_device(_path: Path, server: NutServer) -> DeviceDetails:
    return DeviceDetails(
        name="NUT server",
        parent=None,
        manufacturer="Network UPS Tools",
        model="upsd",
        sw_version=server.version,
    )


def _ups_device(_path: Path, ups: Ups) -> DeviceDetails:
    return DeviceDetails(
        name=ups.description or ("UPS" if ups.name.lower() == "ups" else ups.name),
        parent=ROOT,
        physical=True,
        manufacturer=ups.manufacturer,
        model=ups.model,
        sw_version=ups.firmware,
        serial_number=ups.serial,
    )


NUT: System[NutClient] = System(
    key="nut",
    name="NUT (Network UPS Tools)",
    fields=(
        Field(key="host", selector=TextSelector()),
        Field(key="port", selector=_PORT, default=DEFAULT_PORT),
        Field(key="username", selector=TextSelector(), required=False, credential=True),
        Field(key="password", selector=_PASSWORD, required=False, secret=True, credential=True),
    ),
    connect=_connect,
    identify=_identify,
    announced_as=("_nut._tcp.local.",),
    groups=(groups.UPSES,),
    kinds=(
        Kind(
            model=NutServer,
            group=groups.UPSES.key,
            device=_server_device,
            entities=sensors.SERVER,
        ),
        Kind(
            model=Ups,
            group=groups.UPSES.key,
            name=groups.UPS,
            device=_ups_device,
            entities=sensors.UPS,
        ),
    ),
)

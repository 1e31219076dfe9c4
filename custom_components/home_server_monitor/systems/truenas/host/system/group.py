"""The heart: one cheap call that says whether the NAS is there, and how it is."""

from datetime import timedelta

from ....paths import ROOT, Path
from ....system import DeviceDetails, Group, Kind, Reading, Refresh
from ...client import TrueNas
from ..power import controls
from . import entities, parse
from .models import Nas

SYSTEM = "system"


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    client = refresh.client
    answer = await client.call("system.info")
    nas = parse.nas(
        answer,
        hostname=client.hostname,
        url=client.url,
        now=refresh.now,
        before=refresh.previous.get(ROOT),
    )
    return Reading(items={ROOT: nas})


def _device(_path: Path, nas: Nas) -> DeviceDetails:
    return DeviceDetails(
        name=nas.hostname or "TrueNAS",
        parent=None,
        physical=True,
        manufacturer=nas.manufacturer or "TrueNAS",
        model=nas.product or "TrueNAS SCALE",
        sw_version=nas.version,
        serial_number=nas.serial,
        configuration_url=nas.url,
    )


GROUP: Group[TrueNas] = Group(key=SYSTEM, interval=timedelta(seconds=60), fetch=_fetch, paced=True)
KINDS = (Kind(model=Nas, group=SYSTEM, device=_device, entities=(*entities.NAS, *controls.NAS)),)

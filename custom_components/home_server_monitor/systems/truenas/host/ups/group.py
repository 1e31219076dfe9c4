"""When a UPS is looked at: every minute while its service runs, and hardly ever otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ....paths import ROOT, Path, child
from ....system import DeviceDetails, Follow, Group, Kind, Reading, Refresh
from ...client import TrueNas
from ..alerts.group import ALERTS
from ..alerts.models import Alerts
from ..system.group import SYSTEM
from ..system.models import Nas
from ..wire import rows
from . import entities, parse
from .models import NasUps

UPS = "nas_ups"
_PATH = child(ROOT, "ups", "nas")

_OFTEN = timedelta(seconds=60)
_WINDOW = timedelta(minutes=2)


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Read the graphs, where the NAS watches a UPS."""
    runs = refresh.early and _PATH in refresh.previous
    if not (runs or await _runs(refresh.client)):
        return Reading(items={})
    end = refresh.now + _clock_ahead(refresh.latest(SYSTEM))
    span = {"start": int((end - _WINDOW).timestamp()), "end": int(end.timestamp())}
    # Without aggregates the answer breaks the promises of 25.x, and the NAS notes that down each time.
    answer = await refresh.client.call("reporting.netdata_get_data", parse.GRAPHS, span)
    ups = with_alerts(parse.ups(answer), refresh.latest(ALERTS))
    return Reading(items={_PATH: ups}, again=_OFTEN)


async def _runs(client: TrueNas) -> bool:
    answer = await client.call("service.query", [["service", "=", "ups"]])
    return any(row.get("state") == "RUNNING" for row in rows(answer))


def _clock_ahead(system: Mapping[Path, Any]) -> timedelta:
    nas = system.get(ROOT)
    return nas.clock_ahead if isinstance(nas, Nas) else timedelta()


def with_alerts(ups: NasUps, known: Mapping[Path, Any]) -> NasUps:
    """Add what only the alerts tell: whether the battery carries the load, and whether it is low."""
    alerts = known.get(ROOT)
    if not isinstance(alerts, Alerts):
        return ups
    kinds = {alert.kind for alert in alerts.all}
    return replace(
        ups,
        on_battery=bool(kinds & {"UPSOnBattery", "UPSBatteryLow"}),
        battery_low="UPSBatteryLow" in kinds,
    )


def _device(_path: Path, _ups: NasUps) -> DeviceDetails:
    return DeviceDetails(name="UPS", parent=ROOT, physical=True, model="UPS")


GROUP: Group[TrueNas] = Group(
    key=UPS,
    interval=timedelta(minutes=5),
    fetch=_fetch,
    follow=Follow(group=SYSTEM),
    optional=True,
    deferred=True,
)
KINDS = (Kind(model=NasUps, group=UPS, name="ups", device=_device, entities=entities.UPS),)

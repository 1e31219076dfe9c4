"""TrueNAS: apps that the NAS runs."""

from collections.abc import Mapping
from typing import Any

from ...paths import ROOT, Path
from ...system import DeviceDetails, Kind, Resume
from . import controls, groups, parse, restart, sensors
from .actions import ACTIONS
from .models import App, AppUsage

__all__ = ["ACTIONS", "GROUPS", "KINDS", "PROCEDURES"]


def _device(_path: Path, app: App) -> DeviceDetails:
    return DeviceDetails(
        name=app.name,
        parent=ROOT,
        manufacturer="TrueNAS",
        model="App",
        sw_version=app.installed,
        configuration_url=app.portal,
    )


GROUPS = (groups.APPS, groups.APP_USAGE)
KINDS: tuple[Kind[Any], ...] = (
    Kind(
        model=App,
        group=groups.APPS.key,
        name=parse.APP,
        device=_device,
        entities=(*sensors.APP, *controls.APP),
    ),
    Kind(model=AppUsage, group=groups.APP_USAGE.key, entities=sensors.APP_USAGE),
)
PROCEDURES: Mapping[str, Resume[Any]] = {restart.PROCEDURE: restart.resume}

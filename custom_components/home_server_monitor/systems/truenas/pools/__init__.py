"""TrueNAS: how pools are and what can be done to them."""

from collections.abc import Mapping
from typing import Any

from ...paths import ROOT, Path
from ...system import Action, DeviceDetails, Group, Kind, Resume
from . import controls, groups, sensors
from .models import BootPool, Pool, Vdev


def _device(_path: Path, pool: Pool) -> DeviceDetails:
    return DeviceDetails(name=pool.name, parent=ROOT, model="Pool")


def _boot_device(_path: Path, pool: BootPool) -> DeviceDetails:
    return DeviceDetails(name=pool.name, parent=ROOT, model="Boot pool")


GROUPS: tuple[Group[Any], ...] = (groups.POOLS,)
KINDS: tuple[Kind[Any], ...] = (
    Kind(
        model=Pool,
        group=groups.POOLS.key,
        name=groups.POOL,
        device=_device,
        entities=(*sensors.POOL, *controls.POOL),
        issues=sensors.issues,
    ),
    Kind(
        model=BootPool,
        group=groups.POOLS.key,
        name=groups.POOL,
        device=_boot_device,
        entities=sensors.POOL,
        issues=sensors.issues,
    ),
    Kind(
        model=Vdev,
        group=groups.POOLS.key,
        name=groups.VDEV,
        part_of=lambda path, _vdev: path[:-1],
        placeholders=lambda vdev: {"vdev": vdev.label},
        entities=sensors.VDEV,
    ),
)
ACTIONS: tuple[Action[Any, Any], ...] = ()
PROCEDURES: Mapping[str, Resume[Any]] = {}

"""TrueNAS: disks, and how they are."""

from collections.abc import Mapping
from typing import Any

from ...paths import Path
from ...smart import entities
from ...smart.entities import kind_word
from ...smart.models import DiskBays, DiskHealth
from ...system import Action, DeviceDetails, Group, Kind, Resume
from . import actions, groups, health, sensors
from .models import Disk


def _device(_path: Path, disk: Disk) -> DeviceDetails:
    return DeviceDetails(
        name=f"{disk.model or kind_word(disk.kind)} {disk.serial or disk.name}",
        parent=disk.parent,
        physical=True,
        model=disk.model or kind_word(disk.kind),
        serial_number=disk.serial,
    )


GROUPS: tuple[Group[Any], ...] = (groups.DISKS, health.GROUP)
KINDS: tuple[Kind[Any], ...] = (
    Kind(
        model=Disk,
        group=groups.DISKS.key,
        name=groups.DISK,
        device=_device,
        entities=sensors.DISK,
    ),
    Kind(
        model=DiskHealth,
        group=health.HEALTH,
        entities=entities.DISK_HEALTH,
        issues=entities.replacement,
    ),
    Kind(
        model=DiskBays,
        group=health.HEALTH,
        entities=entities.DISK_BAYS,
        issues=entities.cooling,
    ),
)
ACTIONS: tuple[Action[Any, Any], ...] = actions.ACTIONS
PROCEDURES: Mapping[str, Resume[Any]] = {}

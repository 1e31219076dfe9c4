"""TrueNAS: replication, cloud sync, rsync and cloud backup tasks."""

from collections.abc import Mapping
from typing import Any

from ....procedures import backup_verification, network_backup, restore_test
from ...paths import ROOT, Path
from ...system import DeviceDetails, Group, Kind, Resume
from . import controls, sensors
from .actions import BACKUP_ACTIONS
from .groups import BACKUPS
from .models import BackupTask
from .tasks import LISTS, list_of


def _device(path: Path, task: BackupTask) -> DeviceDetails:
    return DeviceDetails(
        name=task.name,
        parent=ROOT,
        manufacturer="TrueNAS",
        model=list_of(path).title,
    )


GROUPS: tuple[Group[Any], ...] = (BACKUPS,)
KINDS: tuple[Kind[Any], ...] = tuple(
    Kind(
        model=one.model,
        group=BACKUPS.key,
        name=one.kind,
        device=_device,
        entities=(*sensors.BACKUP, *controls.BACKUP),
    )
    for one in LISTS
)
ACTIONS = BACKUP_ACTIONS
PROCEDURES: Mapping[str, Resume[Any]] = {
    backup_verification.PROCEDURE: backup_verification.resume,
    network_backup.PROCEDURE: network_backup.resume,
    restore_test.PROCEDURE: restore_test.resume,
}

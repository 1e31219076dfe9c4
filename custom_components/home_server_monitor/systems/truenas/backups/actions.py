"""The actions on backup tasks: verify one, run one with all that belongs to it, tell of earlier runs."""

from typing import Any

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ....procedures import backup_verification, network_backup
from ...system import Action
from ..client import TrueNas
from .models import BackupTask

_RESTORE: dict[Any, Any] = {vol.Optional("restore_test", default=False): cv.boolean}
_ACCEPT: dict[Any, Any] = {vol.Optional("accept_size", default=False): cv.boolean}

BACKUP_ACTIONS = (
    # It only looks, but for a trial restore, which checks by itself whether control is allowed.
    Action[TrueNas, BackupTask](
        name="verify_backup",
        model=BackupTask,
        run=backup_verification.verify,
        schema={**_RESTORE, **_ACCEPT},
        control=False,
    ),
    Action[TrueNas, BackupTask](
        name="run_backup", model=BackupTask, run=network_backup.run_backup, schema=_RESTORE
    ),
    Action[TrueNas, BackupTask](
        name="get_backup_history",
        model=BackupTask,
        run=network_backup.history,
        control=False,
        response=SupportsResponse.ONLY,
    ),
)

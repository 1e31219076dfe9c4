"""What is shown of the version: the update, and whether a restart is due."""

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.update.const import UpdateDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ....system import Action, BinarySensor, Description, Update
from ...client import TrueNas
from .install import install, notes, update
from .models import Release

RELEASE: tuple[Description, ...] = (
    Update[TrueNas, Release](
        key="nas_update",
        device_class=UpdateDeviceClass.FIRMWARE,
        installed=lambda release: release.installed,
        latest=lambda release: release.latest,
        release_url=lambda release: release.notes_url,
        install=install,
        notes=notes,
    ),
    BinarySensor[Release](
        key="nas_restart_due",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda release: release.needs_restart,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)

ACTIONS = (
    Action[TrueNas, Release](
        name="update_nas",
        model=Release,
        run=update,
        schema={vol.Optional("reboot", default=False): cv.boolean},
        admin=True,
    ),
)

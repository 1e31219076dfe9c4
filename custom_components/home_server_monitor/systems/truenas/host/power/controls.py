"""The buttons that stop the NAS: disabled until somebody wants them."""

from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory

from ....paths import Path
from ....system import Button, Description
from ...client import TrueNas
from ..system.models import Nas
from .operations import REASON, go_down


async def _reboot(client: TrueNas, _path: Path, _nas: Nas) -> None:
    await go_down(client, "reboot", REASON, None)


async def _shut_down(client: TrueNas, _path: Path, _nas: Nas) -> None:
    await go_down(client, "shutdown", REASON, None)


NAS: tuple[Description, ...] = (
    Button[TrueNas, Nas](
        key="nas_reboot",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=_reboot,
    ),
    Button[TrueNas, Nas](
        key="nas_shutdown",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=_shut_down,
    ),
)

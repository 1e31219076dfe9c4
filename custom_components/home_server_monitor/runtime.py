"""What a loaded config entry holds: the system, its client, its coordinators, its devices."""

from dataclasses import dataclass, field
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from .const import CONF_ALLOW_CONTROL
from .systems.errors import InvalidAuth
from .systems.paths import Path
from .systems.system import Call, Client, System

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .archive import DiskArchive
    from .coordinator import GroupCoordinator, Items
    from .devices import DeviceTree
    from .history import EntryHistory
    from .repairs import MissingRights
    from .workshop import EntryWorkshop

_LOGGER = logging.getLogger(__name__)

type HomeServerConfigEntry = ConfigEntry[Runtime]


@dataclass(kw_only=True)
class Runtime:
    """The live parts of one config entry."""

    title: str
    system: System[Any]
    client: Client
    devices: DeviceTree
    workshop: EntryWorkshop
    history: EntryHistory
    rights: MissingRights
    archive: DiskArchive
    coordinators: dict[str, GroupCoordinator] = field(default_factory=dict)

    @callback
    def items(self, group: str) -> Items:
        """Return a group's present models; none where the group is left out."""
        coordinator = self.coordinators.get(group)
        return coordinator.items if coordinator else {}

    @callback
    def async_stop_polling(self, error: InvalidAuth) -> None:
        """Ask nothing more with a credential that was rejected."""
        if not any(coordinator.suspended for coordinator in self.coordinators.values()):
            _LOGGER.error("%s: the credentials were rejected; nothing more is asked", self.title)
        for coordinator in self.coordinators.values():
            coordinator.async_suspend(error)


@callback
def call_on(
    entry: HomeServerConfigEntry, path: Path, item: Any, data: Mapping[str, Any] | None = None
) -> Call[Any, Any]:
    """Return what an action gets that is done to the item at ``path``."""
    runtime = entry.runtime_data
    return Call(
        client=runtime.client,
        path=path,
        item=item,
        data=data or {},
        workshop=runtime.workshop,
        latest=runtime.items,
        history=runtime.history,
        archive=runtime.archive,
        options=entry.options,
    )


@callback
def control_allowed(entry: HomeServerConfigEntry) -> bool:
    """Whether the user lets this entry act on its system."""
    return bool(entry.options.get(CONF_ALLOW_CONTROL, False))

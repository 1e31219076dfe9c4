"""The device tree of a config entry, kept in step with what its coordinators read."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType

from .const import DOMAIN
from .systems.paths import ROOT, Path, covers, from_identifier, kind_of, to_identifier
from .systems.system import DeviceDetails, System

if TYPE_CHECKING:
    from .coordinator import GroupCoordinator, Items
    from .runtime import HomeServerConfigEntry


class DeviceTree:
    """Registers a device for every item whose kind owns one, parents before children."""

    def __init__(
        self, hass: HomeAssistant, entry: HomeServerConfigEntry, system: System[Any]
    ) -> None:
        """Start with what the registry remembers of this entry."""
        self._registry = dr.async_get(hass)
        self._entry = entry
        owners = [kind for kind in system.kinds if kind.device]
        self._owners = {(kind.group, kind.model): kind for kind in owners}
        self._groups = {kind.name: kind.group for kind in owners}
        # Declared before what may hang below it, so that parents are registered first.
        self._order = {kind.name: number for number, kind in enumerate(owners)}
        self._details: dict[Path, DeviceDetails] = {}
        self._ids = dict(self._registered())

    def _registered(self) -> Iterable[tuple[Path, str]]:
        for device in dr.async_entries_for_config_entry(self._registry, self._entry.entry_id):
            if (path := self.path_of(device)) is not None:
                yield path, device.id

    @callback
    def path_of(self, device: dr.AnyDeviceEntry) -> Path | None:
        """Return where this device stands in the entry's system, or None if it is not ours."""
        for domain, identifier in device.identifiers:
            if domain == DOMAIN:
                return from_identifier(self._entry.entry_id, identifier)
        return None

    @callback
    def device_id(self, path: Path) -> str | None:
        """Return the registry id of the device at ``path``."""
        return self._ids.get(path)

    @callback
    def group_of(self, path: Path) -> str:
        """Return the key of the group that owns the device at ``path``; empty for none."""
        return self._groups.get(kind_of(path), "")

    @callback
    def is_current(self, path: Path) -> bool:
        """Whether the device at ``path`` belongs to something that is there."""
        return path in self._details

    @callback
    def async_sync(
        self, coordinator: GroupCoordinator, items: Items, changed: set[Path], gone: Iterable[Path]
    ) -> None:
        """Register what is new or changed, and drop what a full listing no longer has."""
        for path in sorted(changed, key=self._rank):
            kind = self._owners.get((coordinator.group.key, type(items[path])))
            if kind is not None and kind.device is not None:
                self._register(path, kind.device(path, items[path]))
        self._drop(coordinator, items)

    def _rank(self, path: Path) -> tuple[int, int]:
        return len(path), self._order.get(kind_of(path), 0)

    def _register(self, path: Path, details: DeviceDetails) -> None:
        if self._details.get(path) == details:
            return
        self._details[path] = details
        via = None if details.parent is None else self._ids.get(details.parent)
        device = self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            identifiers={(DOMAIN, to_identifier(self._entry.entry_id, path))},
            entry_type=None if details.physical else DeviceEntryType.SERVICE,
            name=details.name,
            manufacturer=details.manufacturer,
            model=details.model,
            sw_version=details.sw_version,
            serial_number=details.serial_number,
            configuration_url=details.configuration_url,
            via_device_id=via,
        )
        self._ids[path] = device.id

    def _drop(self, coordinator: GroupCoordinator, items: Items) -> None:
        """Remove devices of this group that are gone, those from an earlier run included."""
        stale = [
            path
            for path in self._ids
            if path != ROOT
            and self._groups.get(kind_of(path)) == coordinator.group.key
            and path not in items
            and not coordinator.is_failed(path)
        ]
        for path in stale:
            self._remove(path)

    def _remove(self, path: Path) -> None:
        for below in [known for known in self._ids if covers(path, known)]:
            device_id = self._ids.pop(below)
            self._details.pop(below, None)
            if self._registry.async_get(device_id):
                self._registry.async_remove_device(device_id)

"""Update entities: every ``Update`` description of every system."""

from typing import Any, override

from homeassistant.components.update import UpdateEntity
from homeassistant.components.update.const import UpdateEntityFeature
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import GroupCoordinator
from .entity import HomeServerEntity, async_setup_entities
from .exceptions import translated_errors
from .runtime import HomeServerConfigEntry, control_allowed
from .systems.paths import Path
from .systems.system import Update

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeServerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the update entities of an entry."""
    async_setup_entities(entry, Platform.UPDATE, Update, HomeServerUpdate, async_add_entities)


class HomeServerUpdate(HomeServerEntity, UpdateEntity):
    """A newer version of an item; installs it where control is allowed."""

    entity_description: Update[Any, Any]
    _attr_supported_features = UpdateEntityFeature(0)

    def __init__(
        self, coordinator: GroupCoordinator, path: Path, description: Update[Any, Any]
    ) -> None:
        """Offer to install only what may be installed."""
        super().__init__(coordinator, path, description)
        if description.install and control_allowed(coordinator.config_entry):
            self._attr_supported_features |= (
                UpdateEntityFeature.INSTALL | UpdateEntityFeature.PROGRESS
            )
        if description.notes:
            self._attr_supported_features |= UpdateEntityFeature.RELEASE_NOTES

    @property
    @override
    def installed_version(self) -> str | None:
        """What is installed."""
        return self.entity_description.installed(self.item)

    @property
    @override
    def latest_version(self) -> str | None:
        """What could be installed."""
        return self.entity_description.latest(self.item)

    @property
    @override
    def release_url(self) -> str | None:
        """Where its release is described."""
        return self.entity_description.release_url(self.item)

    @property
    @override
    def release_summary(self) -> str | None:
        """What there is to know before installing."""
        return self.entity_description.summary(self.item)

    @override
    async def async_release_notes(self) -> str | None:
        """What is new in it, as Markdown."""
        notes = self.entity_description.notes
        if notes is None:
            return None
        entry = self.coordinator.config_entry
        with translated_errors(self.hass, entry):
            return await notes(entry.runtime_data.client, self.path, self.item)

    @override
    def version_is_newer(self, latest_version: str, installed_version: str) -> bool:
        """Judge by difference: tags and digests have no order."""
        return latest_version != installed_version

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the procedures on this item."""
        await super().async_added_to_hass()
        workshop = self.coordinator.config_entry.runtime_data.workshop
        self.async_on_remove(workshop.async_on_progress(self.path, self._progressed))

    @callback
    def _progressed(self, running: bool, percent: float | None) -> None:
        self._attr_in_progress = running
        self._attr_update_percentage = percent
        self.async_write_ha_state()

    @override
    async def async_install(self, version: str | None, backup: bool, **kwargs: Any) -> None:
        """Install what is newest."""
        if self.entity_description.install:
            await self.async_run(self.entity_description.install)

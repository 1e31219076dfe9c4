"""Event entities: every ``Event`` description of every system."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.event import EventEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HomeServerEntity, async_setup_entities
from .runtime import HomeServerConfigEntry
from .systems.system import Event

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeServerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entities of an entry."""
    async_setup_entities(entry, Platform.EVENT, Event, HomeServerEvent, async_add_entities)


class HomeServerEvent(HomeServerEntity, EventEntity):
    """What happens to an item, as the system tells it."""

    entity_description: Event[Any]

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to what is fired at the item's path."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_on_event(self.path, self._fired))

    @callback
    def _fired(self, event_type: str, attributes: Mapping[str, Any]) -> None:
        if event_type not in self.event_types:
            return
        self._trigger_event(event_type, dict(attributes))
        self.async_write_ha_state()

    @property
    @override
    def told(self) -> None:
        """Nothing: an event entity shows events alone, a change of the item is none."""
        return None

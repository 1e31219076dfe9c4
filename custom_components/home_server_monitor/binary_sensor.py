"""Binary sensors: every ``BinarySensor`` description of every system."""

from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HomeServerEntity, async_setup_entities
from .runtime import HomeServerConfigEntry
from .systems.system import BinarySensor

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeServerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of an entry."""
    async_setup_entities(
        entry, Platform.BINARY_SENSOR, BinarySensor, HomeServerBinarySensor, async_add_entities
    )


class HomeServerBinarySensor(HomeServerEntity, BinarySensorEntity):
    """Something about an item that is so or not."""

    entity_description: BinarySensor[Any]

    @property
    @override
    def is_on(self) -> bool | None:
        """The described truth about the item."""
        return self.entity_description.value(self.item)

    @property
    @override
    def told(self) -> bool | None:
        """The truth alone."""
        return self.is_on

"""Sensors: every ``Sensor`` description of every system."""

from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .entity import HomeServerEntity, async_setup_entities
from .runtime import HomeServerConfigEntry
from .systems.system import Sensor

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeServerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of an entry."""
    async_setup_entities(entry, Platform.SENSOR, Sensor, HomeServerSensor, async_add_entities)


class HomeServerSensor(HomeServerEntity, SensorEntity):
    """A value of an item."""

    entity_description: Sensor[Any]

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """The described value of the item."""
        return self.entity_description.value(self.item)

    @property
    @override
    def told(self) -> StateType | datetime:
        """The value alone."""
        return self.native_value

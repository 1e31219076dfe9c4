"""Switches: every ``Switch`` description of every system, where control is allowed."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HomeServerEntity, async_setup_entities
from .runtime import HomeServerConfigEntry
from .systems.system import Switch

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeServerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of an entry."""
    async_setup_entities(entry, Platform.SWITCH, Switch, HomeServerSwitch, async_add_entities)


class HomeServerSwitch(HomeServerEntity, SwitchEntity):
    """An item that can be turned on and off."""

    entity_description: Switch[Any, Any]

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether the item is on."""
        return self.entity_description.value(self.item)

    @property
    @override
    def told(self) -> bool | None:
        """The position alone."""
        return self.is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn the item on."""
        await self.async_act(self.entity_description.turn_on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn the item off."""
        await self.async_act(self.entity_description.turn_off)

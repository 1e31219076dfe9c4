"""Buttons: every ``Button`` description of every system, where control is allowed."""

from typing import Any, override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HomeServerEntity, async_setup_entities
from .runtime import HomeServerConfigEntry
from .systems.system import Button

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeServerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of an entry."""
    async_setup_entities(entry, Platform.BUTTON, Button, HomeServerButton, async_add_entities)


class HomeServerButton(HomeServerEntity, ButtonEntity):
    """Something that can be done to an item."""

    entity_description: Button[Any, Any]

    @property
    @override
    def available(self) -> bool:
        """Whether pressing makes sense while the item is as it is."""
        return super().available and self.entity_description.available(self.item)

    @property
    @override
    def told(self) -> None:
        """Nothing: a button shows only whether it can be pressed."""
        return None

    @override
    async def async_press(self) -> None:
        """Do it."""
        if self.entity_description.procedure:
            await self.async_run(self.entity_description.procedure)
        elif self.entity_description.press:
            await self.async_act(self.entity_description.press)

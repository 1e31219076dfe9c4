"""What all tests share: the lab's servers, and Home Assistant with the integration in it."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_ALLOW_CONTROL, CONF_SYSTEM, DOMAIN

pytest_plugins = ["tests.lab.fixtures"]

type SetUp = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def set_up(hass: HomeAssistant, enable_custom_integrations: None) -> SetUp:
    """Give a function that sets up an entry: ``await set_up("docker", url=…, options={…})``."""

    async def run(
        system: str, *, options: dict[str, Any] | None = None, **data: Any
    ) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=system,
            unique_id=f"{system}-1",
            data={CONF_SYSTEM: system, **data},
            options={CONF_ALLOW_CONTROL: True, **(options or {})},
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return run

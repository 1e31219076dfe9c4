"""An entry of the simulated TrueNAS; the fixture `nas` is the lab's."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.lab.truenas import (
    ALL_VERSIONS,
    V24_04,
    V24_10,
    V25_04,
    V25_10,
    V26,
    TrueNas,
)

from .storage import Storage

every_version = pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)
"""Runs a test, or a class of them, once with each version."""


@pytest.fixture
def quick_loop(hass: HomeAssistant) -> None:
    """Do without the event loop's own debugging, which takes half of the time of long tests."""
    hass.loop.set_debug(False)


type AddNas = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
async def add_nas(hass: HomeAssistant, nas: TrueNas, set_up: SetUp) -> AsyncGenerator[AddNas]:
    """Give ``await add_nas(nas, options={…}, api_key=…)``, which sets up the entry of a server.

    It is unloaded before the server goes. Control is allowed, as in ``set_up``.
    """

    async def run(
        server: TrueNas, *, options: dict[str, Any] | None = None, **data: Any
    ) -> MockConfigEntry:
        connection = {
            "url": server.url,
            "username": server.username,
            "api_key": server.api_key,
            "verify_ssl": False,
        }
        return await set_up("truenas", options=options, **{**connection, **data})

    yield run
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


type OpenStorage = Callable[..., Awaitable[Storage]]


@pytest.fixture
def open_storage(hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> OpenStorage:
    """Give ``await open_storage(…)``, which adds the NAS; what it gets goes to ``add_nas``."""

    async def run(**how: Any) -> Storage:
        return Storage(hass, nas, await add_nas(nas, **how))

    return run


__all__ = [
    "ALL_VERSIONS",
    "V24_04",
    "V24_10",
    "V25_04",
    "V25_10",
    "V26",
    "AddNas",
    "OpenStorage",
    "every_version",
]

"""What all tests share: the lab's servers, and Home Assistant with the integration in it."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any
from unittest.mock import PropertyMock, patch

from aiohttp.resolver import AsyncResolver
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from hypothesis import settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.home_server_monitor.const import CONF_ALLOW_CONTROL, CONF_SYSTEM, DOMAIN

# A machine that does other things as well is no fault of an example. The same examples each time
# tell whether a change broke something; `--hypothesis-profile=search` looks for what nobody knew.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("same")

pytest_plugins = [
    "tests.lab.fixtures",
    "tests.lab.truenas.fixtures",
    "tests.harness",
    "tests.one_engine",
]


@pytest.fixture
def socket_enabled() -> None:
    """Permit what the lab needs: loopback and UNIX sockets, and nothing else."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


type SetUp = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def set_up(hass: HomeAssistant, enable_custom_integrations: None) -> SetUp:
    """Give a function that sets up an entry: ``await set_up("docker", url=…, options={…})``."""

    async def run(
        system: str,
        *,
        options: dict[str, Any] | None = None,
        unique_id: str | None = None,
        **data: Any,
    ) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=system,
            unique_id=unique_id or f"{system}-1",
            data={CONF_SYSTEM: system, **data},
            options={CONF_ALLOW_CONTROL: True, **(options or {})},
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return run


@pytest.fixture(autouse=True)
def no_internet() -> Generator[None]:
    """Know no names, so that no test asks the registries out there."""
    with patch.object(AsyncResolver, "resolve", side_effect=OSError("no names in tests")):
        yield


@pytest.fixture
def all_entities_enabled() -> Generator[None]:
    """Register every entity enabled, as a person could do one by one."""
    with patch.object(
        Entity, "entity_registry_enabled_default", new_callable=PropertyMock, return_value=True
    ):
        yield

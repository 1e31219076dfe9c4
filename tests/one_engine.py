"""An entry of one engine with two containers, and what the tests of the coordinator ask of it."""

import asyncio
from collections.abc import Callable
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import container, coordinator, until, value
from tests.lab.docker import SimulatedEngine


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration wrote into the log for people to see."""
    records = [one for one in caplog.records if DOMAIN in one.name or "update_coord" in one.name]
    assert not [one for one in records if one.exc_info and one.levelno > logging.DEBUG]
    return [one.getMessage() for one in records if one.levelno >= logging.INFO]


@callback
def ignore(event: Event) -> None:
    """Take an event that has been noted."""


@pytest.fixture
async def entry(hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp) -> ConfigEntry:
    """Give a loaded engine with two containers, whose stream stands."""
    docker_engine.add("web", version="1.0")
    docker_engine.add("db")
    entry: ConfigEntry = await set_up("docker", url=docker_engine.url)
    await until(lambda: coordinator(entry, "containers").watcher.open_count)
    await asyncio.sleep(0.05)
    return entry


def shows(hass: HomeAssistant, entry: ConfigEntry, **wanted: str) -> Callable[[], bool]:
    return lambda: all(
        value(hass, entry, container(name), "container_state") == state
        for name, state in wanted.items()
    )

"""An app that was stopped for a restart is started, whatever breaks off in between."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.harness import Clock, until
from tests.lab.truenas import V24_04, CallError, TrueNas
from tests.systems.truenas.conftest import every_version

from .conftest import Shelf

_START = r"^app\.start$"


@every_version
async def test_home_assistant_stops_in_between(
    hass: HomeAssistant, shelf: Shelf, nas: TrueNas
) -> None:
    """When the entry is loaded again, the app is started."""
    method = r"^chart\.release\.scale$" if nas.version <= V24_04 else r"^app\.stop$"
    with nas.jobs.hold(method):
        restarting = asyncio.create_task(shelf.act("sonarr", "restart_app"))
        await until(lambda: nas.jobs.all)
        await hass.config_entries.async_unload(shelf.entry.entry_id)
        with pytest.raises(HomeAssistantError) as raised:
            await restarting
    assert raised.value.translation_key == "interrupted"
    await until(lambda: nas.apps["sonarr"].state == "STOPPED")
    await hass.config_entries.async_setup(shelf.entry.entry_id)
    await until(lambda: nas.apps["sonarr"].state == "RUNNING")
    await shelf.becomes("sonarr", "running")


async def test_the_connection_breaks_in_between(clock: Clock, shelf: Shelf, nas: TrueNas) -> None:
    """It is started as soon as the server can be reached again."""
    nas.faults.reset(_START, count=1)
    error = await shelf.refused("sonarr", "restart_app")
    assert error.translation_key == "cannot_connect"
    assert nas.apps["sonarr"].state == "STOPPED"
    for _ in range(12):
        await clock.forward(5)
    await until(lambda: nas.apps["sonarr"].state == "RUNNING")


async def test_what_does_not_start_is_told(shelf: Shelf, nas: TrueNas) -> None:
    """Nobody tries again and again to start what the server does not want to."""
    nas.jobs.fail(_START, CallError("EFAULT", "port is already allocated"))
    error = await shelf.refused("sonarr", "restart_app")
    assert "port is already allocated" in str(error.translation_placeholders)
    await asyncio.sleep(0.1)
    assert len(nas.jobs.named("app.start")) == 1
    assert not shelf.entry.runtime_data.workshop.journal.open


async def test_an_app_that_went_meanwhile(shelf: Shelf, nas: TrueNas) -> None:
    """There is nothing to start, and nothing is left to do."""
    workshop = shelf.entry.runtime_data.workshop
    await workshop.journal.begin("restart_app", ("app:gone",), {"name": "gone", "chart": False})
    workshop.async_resume()
    await until(lambda: not workshop.journal.open)
    assert not nas.jobs.all

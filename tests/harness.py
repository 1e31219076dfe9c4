"""What the tests of the frame share: time that can be moved, entities by path, forms of flows."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.paths import Path, to_identifier

ROOT: Path = ()


class Clock:
    """The clocks of the event loop and on the wall: whatever was due when they go on runs."""

    def __init__(self, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take over the clock of the loop that Home Assistant and the lab run on, and utcnow."""
        self._offset = 0.0
        real = hass.loop.time
        monkeypatch.setattr(hass.loop, "time", lambda: real() + self._offset)
        monkeypatch.setattr(dt_util, "utcnow", self._utcnow)

    def _utcnow(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    async def forward(self, seconds: float) -> None:
        """Let so many seconds pass, and what was due have its answers in real time.

        A request that is under way is waited for, or its time limit would be over at once; one
        that hangs is not.
        """
        await self._settle()
        self._offset += seconds
        await asyncio.sleep(0.03)
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(30):
            if not any("refresh" in task.get_name() for task in asyncio.all_tasks()):
                return
            await asyncio.sleep(0.01)


@pytest.fixture
def clock(hass: HomeAssistant) -> Generator[Clock]:
    """Give a clock that can be put forward."""
    with pytest.MonkeyPatch.context() as patch:
        yield Clock(hass, patch)


async def until(passed: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something is so, in real time."""
    for _ in range(round(seconds / 0.01)):
        if passed():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("did not become so in time")


def entity_id(hass: HomeAssistant, entry: ConfigEntry, path: Path, key: str) -> str | None:
    """Return the id of the entity for a description at a path, None where there is none."""
    unique_id = to_identifier(entry.entry_id, path, key)
    registry = er.async_get(hass)
    found = (registry.async_get_entity_id(platform, DOMAIN, unique_id) for platform in Platform)
    return next((one for one in found if one), None)


def state(hass: HomeAssistant, entry: ConfigEntry, path: Path, key: str) -> State | None:
    """Return the state of an entity, None where it has none."""
    found = entity_id(hass, entry, path, key)
    return hass.states.get(found) if found else None


def value(hass: HomeAssistant, entry: ConfigEntry, path: Path, key: str) -> str:
    """Return the text of a state; "missing" where there is none."""
    found = state(hass, entry, path, key)
    return found.state if found else "missing"


def device(hass: HomeAssistant, entry: ConfigEntry, path: Path) -> dr.AnyDeviceEntry | None:
    """Return the device at a path."""
    wanted = (DOMAIN, to_identifier(entry.entry_id, path))
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return next((one for one in devices if wanted in one.identifiers), None)


async def act(
    hass: HomeAssistant, entry: ConfigEntry, path: Path, action: str, **data: Any
) -> dict[str, Any]:
    """Call an action on the device at a path and return its one result."""
    found = device(hass, entry, path)
    assert found is not None
    answer = await hass.services.async_call(
        DOMAIN, action, {"device_id": found.id, **data}, blocking=True, return_response=True
    )
    assert answer is not None
    results = answer["results"]
    assert isinstance(results, list)
    (result,) = results
    assert isinstance(result, dict)
    return result


def container(name: str, host: Path = ROOT) -> Path:
    """Return the path of a container."""
    return (*host, f"container:{name}")


def coordinator(entry: ConfigEntry, group: str) -> Any:
    """Return the coordinator of a group of a loaded entry."""
    return entry.runtime_data.coordinators[group]


async def sentence(
    hass: HomeAssistant, category: str, key: str, placeholders: Mapping[str, str] | None
) -> str:
    """Return the English words for a key, filled in; fails where there are none."""
    words = await async_get_translations(hass, "en", category, {DOMAIN})
    return words[f"component.{DOMAIN}.{key}"].format(**(placeholders or {}))


async def error_in_words(hass: HomeAssistant, result: ConfigFlowResult) -> str:
    """Return the sentence that a form shows for its error."""
    errors = result["errors"]
    assert errors is not None
    key = f"config.error.{errors['base']}"
    return await sentence(hass, "config", key, result["description_placeholders"])


def suggested(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form shows in its fields: suggestions, else defaults."""
    schema = result["data_schema"]
    assert schema is not None
    shown = {}
    for marker in schema.schema:
        hint = (marker.description or {}).get("suggested_value")
        default = marker.default
        shown[str(marker)] = default() if hint is None and callable(default) else hint
    return shown

"""What is remembered of items: it outlives restarts, and ends with its entry."""

from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.home_server_monitor import memory as module
from custom_components.home_server_monitor.memory import EntryMemory, async_entry_memory
from tests.harness import Clock

ONE, TWO = ("pool:1",), ("pool:1", "dataset:a")


async def test_it_remembers(hass: HomeAssistant) -> None:
    memory = await async_entry_memory(hass, "a")
    assert memory.recall(ONE) == {}
    memory.remember(ONE, {"a": 1, "b": None})
    memory.remember(ONE, {"b": 2})
    memory.remember(TWO, {"c": 3})
    assert memory.recall(ONE) == {"a": 1, "b": 2}
    assert memory.paths() == {ONE, TWO}
    memory.recall(ONE)["a"] = 5
    assert memory.recall(ONE)["a"] == 1
    memory.forget(ONE)
    memory.forget(ONE)
    assert memory.paths() == {TWO}
    await memory.save()


async def _anew(hass: HomeAssistant, entry_id: str) -> EntryMemory:
    hass.data.pop(module._KEY)
    return await async_entry_memory(hass, entry_id)


async def test_it_outlives_a_restart(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    memory = await async_entry_memory(hass, "a")
    memory.remember(ONE, {"a": 1})
    await memory.save()
    assert (await _anew(hass, "a")).recall(ONE) == {"a": 1}


async def test_entries_do_not_mix(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    mine, other = await async_entry_memory(hass, "a"), await async_entry_memory(hass, "b")
    mine.remember(ONE, {"a": 1})
    other.remember(ONE, {"a": 2})
    await mine.forget_all()
    assert mine.paths() == frozenset()
    assert (await _anew(hass, "b")).recall(ONE) == {"a": 2}


async def test_it_is_written_before_long(
    hass: HomeAssistant, hass_storage: dict[str, Any], clock: Clock
) -> None:
    """What is known already is not written again."""
    memory = await async_entry_memory(hass, "a")
    memory.remember(ONE, {"a": 1})
    assert "home_server_monitor.memory" not in hass_storage
    await clock.forward(11)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    stored = hass_storage.pop("home_server_monitor.memory")
    assert stored["data"] == {"a|pool:1": {"a": 1}}
    memory.remember(ONE, {"a": 1})
    await clock.forward(11)
    await hass.async_block_till_done()
    assert "home_server_monitor.memory" not in hass_storage

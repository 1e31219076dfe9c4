"""What a language model may ask of the disks that are exposed to it."""

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput
from homeassistant.setup import async_setup_component
import pytest

from custom_components.home_server_monitor.llm import async_get_tools
from tests import harness
from tests.lab.truenas import V24_10, TrueNas
from tests.systems.truenas.conftest import AddNas, add_nas

ASSISTANT = "conversation"
PATH = ("disk:ZW6000A1",)

__all__ = ["add_nas"]


def _context(assistant: str = ASSISTANT) -> LLMContext:
    return LLMContext(
        platform="test", context=Context(), language="en", assistant=assistant, device_id=None
    )


@pytest.mark.parametrize("nas", [V24_10], indirect=True, ids=str)
async def test_only_disks_that_are_exposed(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
) -> None:
    await async_setup_component(hass, "homeassistant", {})
    nas.disks.degrade("sda", s187=3)
    entry = await add_nas(nas)
    await harness.until(lambda: harness.coordinator(entry, "disk_health").complete)
    entity = harness.entity_id(hass, entry, PATH, "disk_level")
    assert entity is not None
    for one in hass.states.async_entity_ids("sensor"):
        async_expose_entity(hass, ASSISTANT, one, should_expose=one == entity)
    assert async_get_tools(hass, _context(""), LLM_API_ASSIST) is None
    assert async_get_tools(hass, _context(), "other") is None
    found = async_get_tools(hass, _context(), LLM_API_ASSIST)
    assert found is not None
    (tool,) = found.tools
    assert tool.annotations.read_only
    name = "ST4000VN006-3CW104 ZW6000A1"
    asked = ToolInput(tool_name=tool.name, tool_args={"disk": name})
    result = await tool.async_call(hass, asked, _context())
    assert result.data["serial"] == "ZW6000A1"  # type: ignore[union-attr] # a ToolResult
    async_expose_entity(hass, ASSISTANT, entity, should_expose=False)
    assert async_get_tools(hass, _context(), LLM_API_ASSIST) is None
    gone = await tool.async_call(hass, asked, _context())
    assert gone.error  # type: ignore[union-attr] # a ToolResult

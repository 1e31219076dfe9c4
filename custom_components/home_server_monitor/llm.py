"""What a language model may ask: how the disks are that are exposed to it. It reads, and no more."""

from collections.abc import Iterator
from typing import override

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
import probatio

from .const import DOMAIN
from .runtime import HomeServerConfigEntry
from .systems.paths import Path, to_identifier
from .systems.smart.models import DiskHealth
from .systems.smart.report import report

_LEVEL = "disk_level"


class DiskReportTool(Tool):
    """Tells all that is known of a disk."""

    name = f"{DOMAIN}__get_disk_report"
    title = "Get disk report"
    description = (
        "Get the health report of a disk of the home server: the level (healthy, watch, warn,"
        " replace_now), the risk of failure in percent, the reasons, what to do, and SMART values."
    )
    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )
    integration = DOMAIN

    def __init__(self, disks: list[str]) -> None:
        """Let the model choose among the disks that are exposed."""
        self.parameters = probatio.Schema({probatio.Required("disk"): probatio.In(disks)})

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return the report."""
        wanted = self.parameters(tool_input.tool_args)["disk"]
        disk = dict(_exposed(hass, llm_context.assistant or "")).get(wanted)
        if disk is None:
            return ToolResult(data={"error": "Disk not found"}, error=True)
        return ToolResult(data=report(disk))


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tool while a disk is exposed to the assistant."""
    if api_id != LLM_API_ASSIST or not llm_context.assistant:
        return None
    disks = sorted(dict(_exposed(hass, llm_context.assistant)))
    return LLMTools(tools=[DiskReportTool(disks)]) if disks else None


def _exposed(hass: HomeAssistant, assistant: str) -> Iterator[tuple[str, DiskHealth]]:
    """Yield the disks whose health is exposed, by the names of their devices."""
    entry: HomeServerConfigEntry
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        for coordinator in entry.runtime_data.coordinators.values():
            for path, item in coordinator.items.items():
                if not isinstance(item, DiskHealth):
                    continue
                if name := _name(hass, entry.entry_id, path, assistant):
                    yield name, item


def _name(hass: HomeAssistant, entry_id: str, path: Path, assistant: str) -> str | None:
    """Return what the disk is called; None where its health is not exposed."""
    unique_id = to_identifier(entry_id, path, _LEVEL)
    entity_id = er.async_get(hass).async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
    if entity_id is None or not async_should_expose(hass, assistant, entity_id):
        return None
    entity = er.async_get(hass).async_get(entity_id)
    device = dr.async_get(hass).async_get(entity.device_id or "") if entity else None
    return (device.name_by_user or device.name) if device else None

"""A dashboard that shows the house at a glance: one view for each system, and what hangs below it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .config_folder import DOMAIN
from .home_assistant import HomeAssistant, Json

_PATH = "home-server"
_FIGURES = ("sensor", "binary_sensor")


@dataclass(slots=True)
class _Device:
    """A device with the ids of its enabled main entities, and what is connected through it."""

    id: str
    name: str
    entities: list[str] = field(default_factory=list)
    children: list[_Device] = field(default_factory=list)
    is_child: bool = False

    @property
    def switchable(self) -> bool:
        """Whether it is a small thing among many, such as a container."""
        return any(entity.startswith("switch.") for entity in self.entities)

    @property
    def page(self) -> Json:
        """Return the action that opens its page."""
        return {"action": "navigate", "navigation_path": f"/config/devices/device/{self.id}"}


async def make(home: HomeAssistant) -> None:
    """Save the dashboard and let it be the first thing that the page shows."""
    registered = await home.command("config/device_registry/list")
    entities = await home.command("config/entity_registry/list")
    titles = {entry["entry_id"]: entry["title"] for entry in await home.entries(DOMAIN)}
    states = {state["entity_id"]: state["attributes"] for state in await home.command("get_states")}
    views = []
    for entry_id, title in titles.items():
        devices = _devices((d for d in registered if entry_id in d["config_entries"]), entities)
        sections = [_section(device, states) for device in devices if not device.switchable]
        shown = [section for section in sections if len(section["cards"]) > 1]
        views.append({"title": title, "type": "sections", "sections": shown})
    await home.command(
        "lovelace/dashboards/create", url_path=_PATH, title="Home server", icon="mdi:server"
    )
    await home.command("lovelace/config/save", url_path=_PATH, config={"views": views})
    await home.command("frontend/set_system_data", key="core", value={"default_panel": _PATH})


def _devices(registered: Iterable[Json], entities: Iterable[Json]) -> list[_Device]:
    """Return an entry's devices, those that nothing hangs above first."""
    known = list(registered)
    devices = {device["id"]: _Device(device["id"], device["name"]) for device in known}
    for entity in entities:
        is_main = entity["disabled_by"] is None and entity["entity_category"] is None
        if is_main and entity["device_id"] in devices:
            devices[entity["device_id"]].entities.append(entity["entity_id"])
    for device in known:
        if device["via_device_id"] in devices:
            devices[device["id"]].is_child = True
            devices[device["via_device_id"]].children.append(devices[device["id"]])
    return sorted(devices.values(), key=lambda device: (device.is_child, device.name))


def _section(device: _Device, states: dict[str, Any]) -> Json:
    """Return a heading, then a tile for each small thing below it, else the device's own figures."""
    heading = {"type": "heading", "heading": device.name, "tap_action": device.page}
    small = sorted((child for child in device.children if child.switchable), key=_name)
    own = [] if small and device.is_child else _figures(device)
    tiles: list[Json] = [
        {"type": "tile", "entity": entity, "name": {"type": "entity"}} for entity in own
    ]
    tiles += [
        {
            "type": "tile",
            "entity": _state_of(child, states),
            "name": child.name,
            "tap_action": child.page,
        }
        for child in small
    ]
    return {"type": "grid", "cards": [heading, *tiles]}


def _name(device: _Device) -> str:
    return device.name


def _figures(device: _Device) -> list[str]:
    return [entity for entity in device.entities if entity.startswith(_FIGURES)]


def _state_of(device: _Device, states: dict[str, Any]) -> str:
    """Return the entity that says in a word how a thing is, else its first."""
    for entity in _figures(device):
        if "options" in states.get(entity, {}):
            return entity
    return device.entities[0]

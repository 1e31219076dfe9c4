"""icons.json: its sections, and that each icon exists in Home Assistant's page."""

import json
from typing import TYPE_CHECKING, Any

import voluptuous as vol

from .validate import key, messages, slug, slug_or_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .project import Problem, Project

ICON_LIST = ".venv*/lib/python*/site-packages/hass_frontend/static/mdi/iconList.json"


def icon(value: Any) -> str:
    """Accept the name of a Material Design icon."""
    if not isinstance(value, str) or not value.startswith("mdi:") or "<" in value:
        raise vol.Invalid(f"{value!r} must start with mdi:")
    return value


def _not_redundant(value: Any) -> Any:
    default = value.get("default")
    repeated = [name for name, state in value.get("state", {}).items() if state == default]
    if repeated:
        raise vol.Invalid(f"state icons repeat the default: {', '.join(repeated)}")
    return value


def _range(value: Any) -> Any:
    try:
        steps = [float(step) for step in value]
    except ValueError as error:
        raise vol.Invalid("a range is keyed by numbers") from error
    if steps != sorted(steps):
        raise vol.Invalid("a range must ascend")
    return value


STATES = {key: icon}
ATTRIBUTE = vol.All({"default": icon, "state": STATES}, _not_redundant)
ENTITY = vol.All(
    {
        "default": icon,
        "state": STATES,
        "range": vol.All({str: icon}, _range),
        "state_attributes": {key: ATTRIBUTE},
    },
    _not_redundant,
)
FLOW = {"step": {str: {"sections": {str: icon}}}}
SCHEMA = vol.Schema(
    {
        "config": FLOW,
        "options": FLOW,
        "issues": {str: {"fix_flow": FLOW}},
        "entity": {slug: {key: ENTITY}},
        "services": {slug: {"service": icon, "sections": {str: icon}}},
        "triggers": {slug_or_hidden: {vol.Required("trigger"): icon}},
        "conditions": {slug_or_hidden: {vol.Required("condition"): icon}},
    }
)


def known_icons(root: Path) -> set[str] | None:
    """Return the names of all icons, None if Home Assistant's page is not installed."""
    found = sorted(root.glob(ICON_LIST))
    if not found:
        return None
    return {entry["name"] for entry in json.loads(found[-1].read_text(encoding="utf-8"))}


def used_icons(value: object) -> Iterator[str]:
    """Yield each icon's name below a value."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from used_icons(inner)
    elif isinstance(value, str):
        yield value.removeprefix("mdi:")


def check(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with icons.json."""
    path = project.integration / "icons.json"
    icons = project.read("icons.json")
    if not isinstance(icons, dict):
        yield project.problem(path, "is missing or no JSON object")
        return
    for message in messages(SCHEMA, icons):
        yield project.problem(path, message)
    known = known_icons(project.root)
    if known is not None:
        for name in sorted(set(used_icons(icons)) - known):
            yield project.problem(path, f"there is no icon mdi:{name}")

"""Adds systems to Home Assistant through the integration's own flow, as a person would."""

import asyncio
from collections.abc import Mapping
from typing import Any

from .config_folder import DOMAIN
from .errors import DemoError
from .home_assistant import HomeAssistant, Json

_PAUSE = 0.1
_SYSTEM = "system"
_WAITING = {"not_loaded", "setup_in_progress"}

type House = Mapping[str, Mapping[str, Any]]
"""Each system's name, and how it is reached: ``url`` or ``host`` and ``port``, and credentials."""


async def add_all(home: HomeAssistant, house: House) -> tuple[str, ...]:
    """Add every system of the house that the integration knows; return the names of the others.

    A name is the system's key, or the key with a version behind it (``truenas-25.10``). Raises
    ``DemoError`` with the flow's own error if one is refused.
    """
    known = await _offered(home)
    unknown = []
    for name, door in house.items():
        key = name.partition("-")[0]
        if key in known:
            await _add(home, name, {_SYSTEM: key, "allow_control": True, **door})
        else:
            unknown.append(name)
    return tuple(unknown)


async def _offered(home: HomeAssistant) -> set[str]:
    """Ask the flow's first form which systems there are."""
    step = await home.begin_flow(DOMAIN)
    for field in step["data_schema"]:
        if field["name"] == _SYSTEM:
            return {option["value"] for option in field["selector"]["select"]["options"]}
    raise DemoError(f"The integration's first form does not ask for a system: {step}")


async def _add(home: HomeAssistant, name: str, answers: Mapping[str, Any]) -> None:
    step = await home.begin_flow(DOMAIN)
    seen: set[str] = set()
    while step["type"] == "form":
        if step.get("errors") or step["step_id"] in seen:
            raise DemoError(f"{name} could not be added: {_words(step)}")
        seen.add(step["step_id"])
        asked = {field["name"] for field in step["data_schema"]}
        values = {key: value for key, value in answers.items() if key in asked}
        step = await home.next_step(step["flow_id"], values)
    if step["type"] != "create_entry":
        raise DemoError(f"{name} could not be added: {_words(step)}")


def _words(step: Json) -> str:
    """Say what the flow objects to."""
    if step["type"] == "abort":
        return f"the flow ended with {step['reason']}"
    details = step.get("description_placeholders") or {}
    more = "; ".join(f"{key}: {value}" for key, value in details.items() if value)
    return f"step {step['step_id']} says {step.get('errors')}" + (f" ({more})" if more else "")


async def loaded(home: HomeAssistant) -> list[str]:
    """Wait until every entry is set up and return their titles; ``DemoError`` if one failed."""
    while True:
        entries = await home.entries(DOMAIN)
        if not any(entry["state"] in _WAITING for entry in entries):
            break
        await asyncio.sleep(_PAUSE)
    failed = [entry for entry in entries if entry["state"] != "loaded"]
    if failed:
        said = "; ".join(
            f"{entry['title']} is in state {entry['state']} ({entry['reason']})" for entry in failed
        )
        raise DemoError(f"Not every system could be set up: {said}")
    return [entry["title"] for entry in entries]

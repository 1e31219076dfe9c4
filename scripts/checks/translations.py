"""translations/: the sections of en.json and the rules for the texts in them."""

from typing import TYPE_CHECKING, Any

import voluptuous as vol

from .validate import (
    key,
    messages,
    plain_text,
    slug,
    slug_or_default,
    slug_or_hidden,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Problem, Project

TEXTS = vol.Schema({key: text})


def _flow_section(value: Any) -> Any:
    """Accept a step or section; what is described must be a field of it."""
    unknown = set(value.get("data_description", ())) - set(value.get("data", ()))
    if unknown:
        raise vol.Invalid(f"data_description of unknown fields: {', '.join(sorted(unknown))}")
    return value


SECTION = vol.All(
    vol.Schema(
        {"name": text, "description": text, "data": {str: text}, "data_description": {str: text}}
    ),
    _flow_section,
)
STEP = vol.All(
    vol.Schema(
        {
            "title": text,
            "description": text,
            "data": {str: text},
            "data_description": {str: text},
            "menu_options": {str: text},
            "menu_option_descriptions": {str: text},
            "submit": text,
            "sections": {key: SECTION},
        }
    ),
    _flow_section,
)
FLOW: dict[Any, Any] = {
    vol.Required("step"): {str: STEP},
    "flow_title": text,
    "error": TEXTS,
    "abort": TEXTS,
    "progress": TEXTS,
    "create_entry": TEXTS,
}
SUBENTRY_FLOW = {
    **FLOW,
    vol.Required("entry_type"): text,
    vol.Required("initiate_flow"): vol.Schema({vol.Required("user"): text}, extra=vol.ALLOW_EXTRA),
}
STATE_ATTRIBUTES = {key: {"name": plain_text, "state": {key: plain_text}}}
ENTITY = {
    "name": text,
    "state": {key: plain_text},
    "state_attributes": STATE_ATTRIBUTES,
    "unit_of_measurement": plain_text,
}
ISSUE_FIX = {vol.Required("step"): {str: STEP}, "abort": TEXTS, "error": TEXTS}
ISSUE = vol.Any(
    {vol.Required("title"): text, vol.Required("description"): text},
    {vol.Required("title"): text, vol.Required("fix_flow"): ISSUE_FIX},
    msg="needs a title, and either a description or a fix_flow",
)
# The names of actions, triggers and conditions are plain text, without the rules for texts.
FIELD = {vol.Required("name"): str, vol.Required("description"): text, "example": text}
TRIGGER = {
    vol.Required("name"): str,
    vol.Required("description"): text,
    "fields": {str: FIELD},
}
SERVICE = {
    **TRIGGER,
    "sections": {str: {vol.Required("name"): str, "description": text}},
}
SELECTOR = {
    "options": TEXTS,
    "choices": TEXTS,
    "unit_of_measurement": TEXTS,
    "fields": {str: vol.Any(str, {vol.Required("name"): text, "description": text})},
}


def _nested_texts(value: Any) -> Any:
    """Accept texts at any depth, for sections that this project hardly uses."""
    if not isinstance(value, dict):
        return text(value)
    return {part: _nested_texts(inner) for part, inner in value.items()}


SCHEMA = vol.Schema(
    {
        "title": text,
        "config": {**FLOW, "initiate_flow": {vol.Required("user"): text}},
        "options": FLOW,
        "config_subentries": {slug: SUBENTRY_FLOW},
        "entity": {slug: {key: ENTITY}},
        "entity_component": {slug_or_default: ENTITY},
        "device": {key: {"name": text}},
        "exceptions": {slug: {vol.Required("message"): text}},
        "issues": {key: ISSUE},
        "services": {key: SERVICE},
        "triggers": {slug_or_hidden: TRIGGER},
        "conditions": {slug_or_hidden: TRIGGER},
        "selector": {slug_or_default: SELECTOR},
        "common": {slug: text},
        "system_health": {"info": TEXTS},
        "device_automation": _nested_texts,
        "preview_features": _nested_texts,
        "application_credentials": _nested_texts,
        "config_panel": _nested_texts,
        "conversation": _nested_texts,
    }
)


def check(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with the English texts, which other languages are made from."""
    path = project.integration / "translations" / "en.json"
    texts = project.read("translations", "en.json")
    if not isinstance(texts, dict):
        yield project.problem(path, "is missing or no JSON object")
        return
    for message in messages(SCHEMA, texts):
        yield project.problem(path, message)
    if (project.integration / ".translations").exists():
        yield project.problem(project.integration / ".translations", "must be named translations")

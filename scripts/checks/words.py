"""That actions, triggers, conditions, icons and translation keys fit together.

hassfest asks for this in core only; without it a user of a custom integration sees raw keys.
"""

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Problem, Project

KINDS = ("services", "triggers", "conditions")
ICON_KEY = {"services": "service", "triggers": "trigger", "conditions": "condition"}
# Sections of en.json whose second level is what `translation_key` names.
KEYED = ("exceptions", "issues", "selector", "device", "system_health")


def flat_fields(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of an action, those in its sections among them."""
    fields: dict[str, dict[str, Any]] = {}
    for name, field in (definition.get("fields") or {}).items():
        fields.update(field.get("fields", {name: field}))
    return fields


def section_names(definition: dict[str, Any]) -> set[str]:
    """Return the names of an action's sections."""
    fields = definition.get("fields") or {}
    return {name for name, field in fields.items() if "fields" in field}


def _difference(what: str, wanted: set[str], given: set[str]) -> Iterator[str]:
    for name in sorted(wanted - given):
        yield f"{what} {name} has no words"
    for name in sorted(given - wanted):
        yield f"there are words for {what} {name}, which does not exist"


def missing_words(kind: str, definitions: dict[str, Any], texts: dict[str, Any]) -> Iterator[str]:
    """Yield what lacks words, or has words and does not exist."""
    given = texts.get(kind, {})
    yield from _difference(kind, set(definitions), set(given))
    for name in sorted(set(definitions) & set(given)):
        definition, words = definitions[name] or {}, given[name]
        fields = flat_fields(definition)
        yield from _difference(f"{kind}.{name} field", set(fields), set(words.get("fields", {})))
        yield from _difference(
            f"{kind}.{name} section", section_names(definition), set(words.get("sections", {}))
        )
        for field in fields.values():
            yield from _missing_options(f"{kind}.{name}", field, texts)


def _missing_options(place: str, field: dict[str, Any], texts: dict[str, Any]) -> Iterator[str]:
    select = (field.get("selector") or {}).get("select") or {}
    if "translation_key" not in select:
        return
    words = texts.get("selector", {}).get(select["translation_key"], {}).get("options", {})
    options = (
        option if isinstance(option, str) else option["value"] for option in select["options"]
    )
    for option in options:
        if option not in words:
            yield f"{place}: selector.{select['translation_key']}.options has no {option}"


def missing_icons(kind: str, definitions: dict[str, Any], icons: dict[str, Any]) -> Iterator[str]:
    """Yield what lacks an icon, or has one and does not exist."""
    given = icons.get(kind, {})
    for name in sorted(definitions):
        if ICON_KEY[kind] not in given.get(name, {}):
            yield f"{kind}.{name} has no icon"
    for name in sorted(set(given) - set(definitions)):
        yield f"there is an icon for {kind}.{name}, which does not exist"


def entity_icons(icons: dict[str, Any], texts: dict[str, Any]) -> Iterator[str]:
    """Yield icons of entities that have no words: most likely a slip in the key."""
    for platform, entries in icons.get("entity", {}).items():
        words = texts.get("entity", {}).get(platform, {})
        for name in sorted(set(entries) - set(words)):
            yield f"entity.{platform}.{name} has an icon but no words"


def literal_keys(source: str) -> set[str]:
    """Return the literal values that a module gives as `translation_key`."""
    keywords = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword))
    return {
        keyword.value.value
        for keyword in keywords
        if keyword.arg == "translation_key"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    }


def known_keys(texts: dict[str, Any]) -> set[str]:
    """Return every translation key that en.json has words for."""
    keys = {name for entries in texts.get("entity", {}).values() for name in entries}
    for section in KEYED:
        keys.update(texts.get(section, {}))
    return keys


def check(project: Project) -> Iterator[Problem]:
    """Yield what does not fit together."""
    folder = project.integration
    texts, icons = project.read("translations", "en.json"), project.read("icons.json")
    if not isinstance(texts, dict) or not isinstance(icons, dict):
        return  # reported by their own checks
    for kind in KINDS:
        path = folder / f"{kind}.yaml"
        definitions = project.read(path.name) or {}
        for message in missing_words(kind, definitions, texts):
            yield project.problem(folder / "translations" / "en.json", message)
        for message in missing_icons(kind, definitions, icons):
            yield project.problem(folder / "icons.json", message)
    for message in entity_icons(icons, texts):
        yield project.problem(folder / "icons.json", message)
    known = known_keys(texts)
    for path in project.modules():
        for name in sorted(literal_keys(path.read_text(encoding="utf-8")) - known):
            yield project.problem(path, f"translation_key {name!r} has no words in en.json")

"""services.yaml, triggers.yaml and conditions.yaml: names, fields and selectors."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from homeassistant.helpers.selector import TargetSelector, validate_selector
import voluptuous as vol

from .validate import messages, slug, slug_or_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .project import Problem, Project


def _target(value: Any) -> Any:
    return TargetSelector.CONFIG_SCHEMA(value or {})


def _not_none(value: Any) -> Any:
    if value is None:
        raise vol.Invalid("may not be null")
    return value


FIELD = {
    "example": object,
    "default": _not_none,
    "required": bool,
    "selector": validate_selector,
    "filter": vol.Schema(
        vol.All({"attribute": dict, "supported_features": list}, vol.Length(min=1, max=1))
    ),
}
SECTION = {vol.Required("fields"): {slug: FIELD}, "collapsed": bool}
FIELD_WITH_CONTEXT = {
    **{name: rule for name, rule in FIELD.items() if name != "filter"},
    "context": {str: str},
}


def _field(value: Any) -> Any:
    """Accept a field, or a section of fields."""
    return vol.Schema(SECTION if isinstance(value, dict) and "fields" in value else FIELD)(value)


def _or_nothing(*rules: Any) -> Callable[[Any], Any]:
    """Accept what the rules accept, or an empty value."""
    schema = vol.Schema(vol.All(*rules))
    return lambda value: None if value is None else schema(value)


def _service(value: Any) -> Any:
    fields = value.get("fields", {})
    names = Counter(name for name, field in fields.items() if "fields" not in field)
    for field in fields.values():
        names.update(list(field.get("fields", ())))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise vol.Invalid(f"fields stand twice: {', '.join(twice)}")
    filtered = any("filter" in field for field in fields.values())
    if filtered and "target" not in value:
        raise vol.Invalid("a field's filter needs a target")
    return value


def _context(value: Any) -> Any:
    fields = value.get("fields", {})
    for name, field in fields.items():
        for other in field.get("context", {}).values():
            if "selector" not in field:
                raise vol.Invalid(f"{name} has a context but no selector")
            if other != "target" and other not in fields:
                raise vol.Invalid(f"the context of {name} names the unknown field {other}")
    return value


SERVICES = vol.Schema({slug: _or_nothing({"target": _target, "fields": {slug: _field}}, _service)})
TRIGGERS = vol.Schema(
    {
        slug_or_hidden: _or_nothing(
            {"target": _target, "fields": {slug: FIELD_WITH_CONTEXT}}, _context
        )
    }
)
SCHEMAS = {"services": SERVICES, "triggers": TRIGGERS, "conditions": TRIGGERS}

# What in the code asks for which file.
REGISTERS = (
    "hass.services.register",
    "hass.services.async_register",
    "async_register_entity_service",
    "async_register_admin_service",
)
DEMANDS = {
    "services": ("*.py", REGISTERS),
    "triggers": ("trigger.py", ("async_attach_trigger", "async_get_triggers")),
    "conditions": ("condition.py", ("async_get_conditions",)),
}


def _demanded(project: Project, kind: str) -> bool:
    pattern, words = DEMANDS[kind]
    return any(
        word in path.read_text(encoding="utf-8")
        for path in project.integration.rglob(pattern)
        for word in words
    )


def check(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with the three files."""
    for kind, schema in SCHEMAS.items():
        path = project.integration / f"{kind}.yaml"
        if not path.exists():
            if _demanded(project, kind):
                yield project.problem(path, f"is missing, but the code offers {kind}")
            continue
        for message in messages(schema, project.read(path.name) or {}):
            yield project.problem(path, message)

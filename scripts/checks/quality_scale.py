"""quality_scale.yaml: every rule answered, and the declared tier reached."""

from typing import TYPE_CHECKING, Any

import voluptuous as vol

from .validate import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Problem, Project

TIERS: dict[str, tuple[str, ...]] = {
    "bronze": (
        "action-setup",
        "appropriate-polling",
        "brands",
        "common-modules",
        "config-flow",
        "config-flow-test-coverage",
        "dependency-transparency",
        "docs-actions",
        "docs-conditions",
        "docs-high-level-description",
        "docs-installation-instructions",
        "docs-removal-instructions",
        "docs-triggers",
        "entity-event-setup",
        "entity-unique-id",
        "has-entity-name",
        "runtime-data",
        "test-before-configure",
        "test-before-setup",
        "unique-config-entry",
    ),
    "silver": (
        "action-exceptions",
        "config-entry-unloading",
        "docs-configuration-parameters",
        "docs-installation-parameters",
        "entity-unavailable",
        "integration-owner",
        "log-when-unavailable",
        "parallel-updates",
        "reauthentication-flow",
        "test-coverage",
    ),
    "gold": (
        "devices",
        "diagnostics",
        "discovery",
        "discovery-update-info",
        "docs-data-update",
        "docs-examples",
        "docs-known-limitations",
        "docs-supported-devices",
        "docs-supported-functions",
        "docs-troubleshooting",
        "docs-use-cases",
        "dynamic-devices",
        "entity-category",
        "entity-device-class",
        "entity-disabled-by-default",
        "entity-translations",
        "exception-translations",
        "icon-translations",
        "reconfiguration-flow",
        "repair-issues",
        "stale-devices",
    ),
    "platinum": ("async-dependency", "inject-websession", "strict-typing"),
}
RULES = tuple(rule for rules in TIERS.values() for rule in rules)


def _answer(value: Any) -> Any:
    """Accept done, todo, or a status with a comment; who is exempt says why."""
    if isinstance(value, str):
        return vol.In(("done", "todo"))(value)
    checked = vol.Schema(
        {vol.Required("status"): vol.In(("done", "todo", "exempt")), "comment": str}
    )(value)
    if checked["status"] == "exempt" and not checked.get("comment", "").strip():
        raise vol.Invalid("an exemption needs a comment that says why")
    return value


SCHEMA = vol.Schema({vol.Required("rules"): {vol.In(RULES): _answer}})


def status(answer: object) -> str:
    """Return the status of an answer in either form."""
    return str(answer["status"]) if isinstance(answer, dict) else str(answer)


def unreached(tier: str, rules: dict[str, Any]) -> Iterator[str]:
    """Yield the rules that stand between an integration and the tier it declares."""
    for name, tier_rules in TIERS.items():
        for rule in tier_rules:
            if rule in rules and status(rules[rule]) == "todo":
                yield f"{rule} is to do, but the manifest declares {tier}, which asks for {name}"
        if name == tier:
            return


def check(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with quality_scale.yaml."""
    path = project.integration / "quality_scale.yaml"
    scale = project.read("quality_scale.yaml")
    if not isinstance(scale, dict):
        yield project.problem(path, "is missing or no mapping")
        return
    found = list(messages(SCHEMA, scale))
    for message in found:
        yield project.problem(path, message)
    if found:
        return
    for rule in RULES:
        if rule not in scale["rules"]:
            yield project.problem(path, f"{rule} is not answered")
    tier = (project.read("manifest.json") or {}).get("quality_scale")
    if tier in TIERS:
        for message in unreached(tier, scale["rules"]):
            yield project.problem(path, message)

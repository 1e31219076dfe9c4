"""Integrations and libraries that the code imports must be named in the manifest."""

import ast
from importlib import metadata
import re
import sys
from typing import TYPE_CHECKING

from homeassistant.const import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .project import Problem, Project

ALWAYS_THERE = frozenset(
    {
        "alert",
        "automation",
        "conversation",
        "default_config",
        "device_automation",
        "frontend",
        "group",
        "homeassistant",
        "input_boolean",
        "input_button",
        "input_datetime",
        "input_number",
        "input_select",
        "input_text",
        "media_source",
        "mjpeg",
        "onboarding",
        "panel_custom",
        "persistent_notification",
        "person",
        "script",
        "shopping_list",
        "stream",
        "sun",
        "system_health",
        "system_log",
        "timer",
        "webhook",
        "websocket_api",
        "zone",
    }
)
IMPLIED_BY = {
    "dhcp": ("dhcp",),
    "mqtt": ("mqtt",),
    "ssdp": ("ssdp",),
    "zeroconf": ("zeroconf", "homekit"),
}
PREFIX = "homeassistant.components."
# Home Assistant itself, and the name under which it offers its validation library.
HOME_ASSISTANT = frozenset({"homeassistant", "voluptuous"})


class _Imports(ast.NodeVisitor):
    """Collects (integration, imported names) outside `if TYPE_CHECKING:`."""

    def __init__(self) -> None:
        self.found: list[tuple[str, frozenset[str]]] = []

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                self.visit(other)
            return
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, frozenset())

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            return
        names = frozenset(alias.name for alias in node.names)
        if node.module == PREFIX.rstrip("."):
            for name in names:
                self._add(PREFIX + name, frozenset())
        else:
            self._add(node.module, names)

    def _add(self, module: str, names: frozenset[str]) -> None:
        if module.startswith(PREFIX):
            self.found.append((module.removeprefix(PREFIX).partition(".")[0], names))


def imported_integrations(source: str) -> list[tuple[str, frozenset[str]]]:
    """Return the integrations that a module imports at run time, with the names taken from each."""
    visitor = _Imports()
    visitor.visit(ast.parse(source))
    return visitor.found


def _allowed(project: Project) -> set[str]:
    manifest = project.read("manifest.json") or {}
    implied = {
        name for name, keys in IMPLIED_BY.items() if any(entry in manifest for entry in keys)
    }
    return {
        project.domain,
        *ALWAYS_THERE,
        *(str(platform) for platform in Platform),
        *manifest.get("dependencies", ()),
        *manifest.get("after_dependencies", ()),
        *implied,
    }


def _has_module(integration: Path, name: str) -> bool:
    return (integration / f"{name}.py").is_file() or (integration / name).is_dir()


def _name(requirement: str) -> str:
    """Return the package's name in a requirement, as the package index writes it."""
    found = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def foreign_modules(source: str) -> set[str]:
    """Return the modules outside the standard library and Home Assistant that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - HOME_ASSISTANT


def _unnamed_libraries(project: Project) -> Iterator[Problem]:
    """Yield imports of libraries that neither the manifest nor Home Assistant's core asks for."""
    manifest = project.read("manifest.json") or {}
    core = metadata.requires("homeassistant") or ()
    named = {_name(requirement) for requirement in (*manifest.get("requirements", ()), *core)}
    distributions = metadata.packages_distributions()
    for path in project.modules():
        for module in sorted(foreign_modules(path.read_text(encoding="utf-8"))):
            providers = {_name(provider) for provider in distributions.get(module, (module,))}
            if not providers & named:
                yield project.problem(path, f"imports {module}, which no requirement brings")


def check(project: Project) -> Iterator[Problem]:
    """Yield imports of integrations and libraries that the manifest does not name."""
    yield from _unnamed_integrations(project)
    yield from _unnamed_libraries(project)


def _unnamed_integrations(project: Project) -> Iterator[Problem]:
    """Yield imports of integrations that the manifest does not name."""
    allowed = _allowed(project)
    for path in project.modules():
        for name, taken in imported_integrations(path.read_text(encoding="utf-8")):
            if name in allowed or _has_module(project.integration, name):
                continue
            if name == "http" and taken == {"async_sign_path"}:
                continue
            yield project.problem(
                path, f"imports {name}, which is neither in dependencies nor in after_dependencies"
            )

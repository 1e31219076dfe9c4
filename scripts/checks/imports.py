"""Integrations that the code imports must be named in the manifest."""

import ast
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


def check(project: Project) -> Iterator[Problem]:
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

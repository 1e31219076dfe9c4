"""The arrows of docs/architecture.md: who may import whom."""

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .project import Problem, Project

# These know nothing of Home Assistant, so that they can be read, tested and used without it.
PURE_MODULES = ("client.py", "models.py")
# Folders in systems/ that are no systems: what several of them have in common.
SHARED = frozenset({"smart"})


def imported_modules(path: Path, integration: Path) -> set[tuple[str, ...]]:
    """Return every imported module as its parts; those of the integration start with its domain.

    `from .. import x` counts as an import of the package's x, for x may be a module.
    """
    package = (integration.name, *path.parent.relative_to(integration).parts)
    found: set[tuple[str, ...]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(_absolute(alias.name, integration.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            found.update((*base, alias.name) for alias in node.names)
    return found


def _absolute(name: str, domain: str) -> tuple[str, ...]:
    parts = tuple(name.split("."))
    return parts[1:] if parts[:2] == ("custom_components", domain) else parts


def _base(node: ast.ImportFrom, package: tuple[str, ...]) -> tuple[str, ...]:
    module = node.module or ""
    if not node.level:
        return _absolute(module, package[0])
    parents = package[: len(package) - node.level + 1]
    return (*parents, *(part for part in module.split(".") if part))


def _system_of(module: tuple[str, ...], domain: str, systems: set[str]) -> str | None:
    if module[:2] == (domain, "systems") and len(module) > 2 and module[2] in systems:
        return module[2]
    return None


def forbidden(path: Path, integration: Path, systems: set[str]) -> Iterator[str]:
    """Yield the imports of a module that go against the arrows."""
    place = (integration.name, *path.relative_to(integration).parts)
    own_system = _system_of(place, integration.name, systems)
    in_analysis = place[1] == "analysis"
    pure = in_analysis or (own_system is not None and path.name in PURE_MODULES)
    for module in sorted(imported_modules(path, integration)):
        name = ".".join(module)
        if pure and module[0] == "homeassistant":
            yield f"imports {name}: clients, models and analysis know nothing of Home Assistant"
        other = _system_of(module, integration.name, systems)
        if own_system is not None and other not in (None, own_system):
            yield f"imports {name}: systems meet in a procedure or an analysis, not in each other"
        if in_analysis and other is not None and "models" not in module[3:]:
            yield f"imports {name}: an analysis knows models only"


def check(project: Project) -> Iterator[Problem]:
    """Yield every import against the arrows."""
    folder = project.integration / "systems"
    systems = {path.name for path in folder.glob("*") if path.is_dir()} - SHARED
    for path in project.modules():
        for message in forbidden(path, project.integration, systems):
            yield project.problem(path, message)

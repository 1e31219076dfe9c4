"""The tests run with what the manifest asks for: pyproject.toml pins a version in each of its ranges."""

from collections.abc import Iterator
import tomllib
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .project import Problem, Project

GROUP = "requirements"


def by_name(requirements: list[str]) -> dict[str, Requirement]:
    """Return requirements by the package's name as the index writes it."""
    parsed = (Requirement(text) for text in requirements)
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


def out_of_step(asked: dict[str, Requirement], pinned: dict[str, Requirement]) -> Iterator[str]:
    """Yield where pins and ranges differ."""
    for name in sorted(asked.keys() - pinned.keys()):
        yield f"group {GROUP} does not pin {name}, which the manifest asks for"
    for name in sorted(pinned.keys() - asked.keys()):
        yield f"group {GROUP} pins {name}, which the manifest does not ask for"
    for name in sorted(asked.keys() & pinned.keys()):
        pin = str(pinned[name].specifier)
        if not pin.startswith("==") or not asked[name].specifier.contains(pin.removeprefix("==")):
            yield f"group {GROUP}: {pinned[name]} is no version of the manifest's {asked[name]}"


def check(project: Project) -> Iterator[Problem]:
    """Yield where pyproject.toml and the manifest ask for different libraries."""
    path = project.root / "pyproject.toml"
    if not path.is_file():
        yield project.problem(path, "is missing")
        return
    groups: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["dependency-groups"]
    manifest = project.read("manifest.json") or {}
    try:
        asked = by_name(manifest.get("requirements", []))
    except ValueError:
        return  # reported by the manifest's own check
    for message in out_of_step(asked, by_name(groups.get(GROUP, []))):
        yield project.problem(path, message)

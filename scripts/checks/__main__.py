"""Checks the repository this file is in: `python -m scripts.checks`."""

from pathlib import Path
import sys

from . import (
    CHECKED_WITH,
    brand,
    code,
    hacs,
    icons,
    imports,
    layers,
    manifest,
    pins,
    quality_scale,
    repository,
    services,
    translations,
    words,
)
from .project import Problem, Project

CHECKS = (
    manifest.check,
    pins.check,
    imports.check,
    code.check,
    translations.check,
    icons.check,
    services.check,
    words.check,
    quality_scale.check,
    brand.check,
    hacs.check,
    repository.check,
    layers.check,
)


def problems(project: Project) -> list[Problem]:
    """Return everything that is wrong with a project."""
    return [problem for check in CHECKS for problem in check(project)]


def main() -> int:
    """Print what is wrong; return the exit status."""
    found = problems(Project(Path(__file__).resolve().parents[2]))
    for problem in found:
        print(problem)
    print(f"{len(found)} problems; checked with Home Assistant {CHECKED_WITH}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

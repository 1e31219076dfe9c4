"""hacs.json and what HACS and the marketplace ask of a repository."""

from typing import TYPE_CHECKING

from awesomeversion import AwesomeVersion
import voluptuous as vol

from .project import load
from .validate import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Problem, Project

SCHEMA = vol.Schema(
    {
        vol.Required("name"): str,
        "content_in_root": bool,
        "country": vol.Any(str, [str]),
        "filename": str,
        "hacs": str,
        "hide_default_branch": bool,
        "homeassistant": str,
        "persistent_directory": str,
        "render_readme": bool,
        "zip_release": bool,
    }
)
READMES = ("readme.md", "readme", "info.md", "info")


def check(project: Project) -> Iterator[Problem]:
    """Yield what would keep the repository out of HACS."""
    path = project.root / "hacs.json"
    hacs = load(path)
    if not isinstance(hacs, dict):
        yield project.problem(path, "is missing or no JSON object")
        return
    for message in messages(SCHEMA, hacs):
        yield project.problem(path, message)
    if hacs.get("zip_release") and "filename" not in hacs:
        yield project.problem(path, "zip_release needs a filename")
    if not AwesomeVersion(hacs.get("homeassistant", "2026.10.0")).valid:
        yield project.problem(path, "homeassistant is no version")
    if not any(entry.name.lower() in READMES for entry in project.root.iterdir()):
        yield project.problem(project.root / "README.md", "is missing")
    if not (project.root / "LICENSE").is_file():
        yield project.problem(project.root / "LICENSE", "is missing")
    folders = [
        entry
        for entry in (project.root / "custom_components").iterdir()
        if entry.is_dir() and entry.name != "__pycache__"
    ]
    if len(folders) > 1:
        yield project.problem(project.root / "custom_components", "holds more than one integration")

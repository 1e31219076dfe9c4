"""The files under check, and what a check reports."""

from dataclasses import dataclass
import json
from pathlib import Path
import subprocess
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend: the file it is in, relative to the repository, and what is wrong there."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class Project:
    """A repository that holds one custom integration."""

    root: Path

    @property
    def integration(self) -> Path:
        """The integration's folder: the first below custom_components, as HACS takes it."""
        parent = self.root / "custom_components"
        folders = [
            path for path in parent.iterdir() if path.is_dir() and path.name != "__pycache__"
        ]
        return min(folders)

    @property
    def domain(self) -> str:
        """The domain, which is the folder's name."""
        return self.integration.name

    def problem(self, path: Path, message: str) -> Problem:
        """Report something about a file."""
        return Problem(path.relative_to(self.root), message)

    def files(self) -> list[Path]:
        """Return the files that are, or would be, in the repository: ignored ones are not."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        paths = (self.root / name for name in listed.split("\0") if name)
        return sorted({path for path in paths if path.is_file()})

    def modules(self) -> Iterator[Path]:
        """Yield the integration's Python files."""
        yield from sorted(self.integration.rglob("*.py"))

    def read(self, *names: str) -> Any:
        """Return a JSON or YAML file of the integration, or None if it is missing or unreadable.

        That every file can be read is a check of its own.
        """
        return load(self.integration.joinpath(*names))


def load(path: Path) -> Any:
    """Return the content of a JSON or YAML file, or None if it is missing or unreadable."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except ValueError, yaml.YAMLError:
        return None

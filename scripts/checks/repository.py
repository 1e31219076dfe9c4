"""Rules for every file of the repository."""

import json
import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .project import Problem, Project

MAX_LINES = 400
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|farm|tmp|root)/[a-z]")
REGISTRY = re.compile(r"https?://\S+/(?:simple|pool|dists)/")
# A lock file names the index that its packages come from; that is what it is for.
LOCKS = (".lock",)


class _Yaml(yaml.SafeLoader):
    """Reads blueprints as well."""


def _keep(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> object:
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Yaml.add_multi_constructor("!", _keep)


def parse_error(path: Path, text: str) -> str | None:
    """Return why a JSON or YAML file cannot be read, None if it can or is neither."""
    try:
        if path.suffix == ".json":
            json.loads(text)
        elif path.suffix in (".yaml", ".yml"):
            for _ in yaml.load_all(text, Loader=_Yaml):
                pass
    except (ValueError, yaml.YAMLError) as error:
        return str(error).replace("\n", " ")
    return None


def wrong_with(path: Path, text: str) -> Iterator[str]:
    """Yield what is wrong with one file."""
    lines = text.count("\n")
    if path.suffix == ".py" and lines > MAX_LINES:
        yield f"has {lines} lines; {MAX_LINES} is what one subject takes"
    if (error := parse_error(path, text)) is not None:
        yield f"cannot be read: {error}"
    if path.suffix in LOCKS:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if MACHINE_PATH.search(line):
            yield f"line {number} holds a path of one machine"
        if REGISTRY.search(line):
            yield f"line {number} holds the address of a package index"


def check(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with any file."""
    own_manifest = project.integration / "manifest.json"
    for path in project.files():
        if path.name == "manifest.json" and path != own_manifest:
            yield project.problem(path, "hassfest would take this folder for an integration")
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a recording
        for message in wrong_with(path, text):
            yield project.problem(path, message)

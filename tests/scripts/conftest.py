"""A small integration in which every check finds nothing, to break one thing at a time."""

from collections.abc import Callable
import json
from pathlib import Path
import struct
import subprocess
from typing import Any
import zlib

import pytest
import yaml

from scripts.checks.project import Project
from scripts.checks.quality_scale import RULES

MANIFEST = {
    "domain": "good",
    "name": "Good",
    "codeowners": ["@somebody"],
    "config_flow": True,
    "documentation": "https://github.com/somebody/good",
    "integration_type": "hub",
    "iot_class": "local_push",
    "issue_tracker": "https://github.com/somebody/good/issues",
    "quality_scale": "platinum",
    "requirements": ["aiodocker>=0.27,<0.28"],
    "version": "0.1.0",
}
TEXTS = {
    "config": {
        "step": {"user": {"data": {"url": "Address"}, "data_description": {"url": "Its address"}}},
        "abort": {"already_configured": "Already there"},
    },
    "entity": {"sensor": {"state": {"name": "State of {name}", "state": {"on-fire": "Burning"}}}},
    "exceptions": {"refused": {"message": "Refused by {host}"}},
    "issues": {"right": {"title": "A right is missing", "description": "Grant {right}"}},
    "services": {
        "restart": {
            "name": "Restart",
            "description": "Restarts it.",
            "fields": {"how": {"name": "How", "description": "How to restart."}},
            "sections": {},
        }
    },
    "triggers": {"died": {"name": "Died", "description": "When it died."}},
    "selector": {"how": {"options": {"soft": "Softly", "hard": "At once"}}},
}
ICONS = {
    "entity": {"sensor": {"state": {"default": "mdi:home", "range": {"0": "mdi:home"}}}},
    "services": {"restart": {"service": "mdi:restart"}},
    "triggers": {"died": {"trigger": "mdi:home"}},
}
SERVICES = {
    "restart": {
        "target": {"entity": {"domain": "sensor"}},
        "fields": {
            "how": {
                "required": True,
                "selector": {"select": {"options": ["soft", "hard"], "translation_key": "how"}},
            }
        },
    }
}
PYPROJECT = '[dependency-groups]\nrequirements = ["aiodocker==0.27.0"]\n'
INIT = '''
"""Good."""
from homeassistant.config_entries import ConfigEntry
type GoodConfigEntry = ConfigEntry[str]
async def async_setup_entry(hass, entry: GoodConfigEntry):
    entry.runtime_data = "here"
    raise ConfigEntryNotReady
'''
FLOW = """
async def async_step_user(self): self.async_set_unique_id(1); self._abort_if_unique_id_configured()
async def async_step_reauth(self): ...
async def async_step_reconfigure(self): ...
"""


def png(width: int, height: int, colour: int = 6) -> bytes:
    """Return the head of a PNG, which is all that is looked at."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + check


def write(path: Path, content: object) -> Path:
    """Write text, bytes, JSON or YAML, by the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(content), encoding="utf-8")
    else:
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project without a fault."""
    folder = tmp_path / "custom_components" / "good"
    contents: dict[str, object] = {
        "manifest.json": MANIFEST,
        "translations/en.json": TEXTS,
        "icons.json": ICONS,
        "services.yaml": SERVICES,
        "triggers.yaml": {"died": {"target": {"entity": {"domain": "sensor"}}}},
        "quality_scale.yaml": {"rules": dict.fromkeys(RULES, "done")},
        "__init__.py": INIT,
        "config_flow.py": FLOW,
        "brand/icon.png": png(256, 256),
        "brand/icon@2x.png": png(512, 512),
        "brand/logo.png": png(700, 200),
        "brand/logo@2x.png": png(1400, 400),
    }
    for name, content in contents.items():
        write(folder / name, content)
    write(tmp_path / "hacs.json", {"name": "Good", "homeassistant": "2026.10.0"})
    write(tmp_path / "pyproject.toml", PYPROJECT)
    write(tmp_path / "README.md", "Good\n")
    write(tmp_path / "LICENSE", "MIT\n")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return Project(tmp_path)


type Change = Callable[[str, Callable[[Any], None]], None]


@pytest.fixture
def change(project: Project) -> Change:
    """Return a function that changes what is in a JSON or YAML file of the integration."""

    def apply(name: str, mutate: Callable[[Any], None]) -> None:
        content = project.read(name)
        mutate(content)
        write(project.integration / name, content)

    return apply

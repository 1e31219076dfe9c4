"""manifest.json: the keys, their values and their order."""

import json
from pathlib import Path
import re
from typing import TYPE_CHECKING, Any

from awesomeversion import AwesomeVersion, AwesomeVersionException, AwesomeVersionStrategy
import voluptuous as vol

from .validate import https, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Problem, Project

CORE_DOCUMENTATION = "https://www.home-assistant.io/integrations"
INTEGRATION_TYPES = ("device", "entity", "hardware", "helper", "hub", "service", "system")
IOT_CLASSES = (
    "assumed_state",
    "calculated",
    "cloud_polling",
    "cloud_push",
    "local_polling",
    "local_push",
)
QUALITY_SCALES = (
    "bronze",
    "silver",
    "gold",
    "platinum",
    "custom",
    "no_score",
    "internal",
    "legacy",
)
VERSION_STRATEGIES = [
    AwesomeVersionStrategy.CALVER,
    AwesomeVersionStrategy.SEMVER,
    AwesomeVersionStrategy.SIMPLEVER,
    AwesomeVersionStrategy.BUILDVER,
    AwesomeVersionStrategy.PEP440,
]
# A package of Home Assistant that lists the categories; the release before 2026.11 has none.
GENERATED = "lib/python*/site-packages/homeassistant/generated"


def version(value: Any) -> str:
    """Accept a version that Home Assistant's loader accepts."""
    try:
        AwesomeVersion(value, ensure_strategy=VERSION_STRATEGIES)
    except AwesomeVersionException as error:
        raise vol.Invalid(f"{value!r} is no version") from error
    return str(value)


def requirement(value: Any) -> str:
    """Accept a requirement: a package's name and versions, without a space or an address."""
    if not isinstance(value, str) or not re.fullmatch(
        r"[A-Za-z0-9][\w.\[\],-]*(?:[=<>!~]\S+)?", value
    ):
        raise vol.Invalid(f"{value!r} is no requirement")
    if "://" in value:
        raise vol.Invalid(f"{value!r} comes from an address, not from the package index")
    return value


def codeowner(value: Any) -> str:
    """Accept a GitHub account with its at sign."""
    if not isinstance(value, str) or not re.fullmatch(r"@[\w-]+(?:/[\w-]+)?", value):
        raise vol.Invalid(f"{value!r} does not name an account: @name")
    return value


def documentation(value: Any) -> str:
    """Accept an https address outside Home Assistant's own pages."""
    if https(value).startswith(CORE_DOCUMENTATION):
        raise vol.Invalid("only core integrations are documented there")
    return str(value)


def _matcher(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise vol.Invalid("must be a mapping")
    for name, part in value.items():
        if name in ("macaddress", "vid", "pid") and part != part.upper():
            raise vol.Invalid(f"{name} must be upper case")
        if name in ("hostname", "name") and part != part.lower():
            raise vol.Invalid(f"{name} must be lower case")
    return value


def _zeroconf(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if "type" not in _matcher(value):
        raise vol.Invalid("needs a type")
    return value


SCHEMA = vol.Schema(
    {
        vol.Required("domain"): str,
        vol.Required("name"): str,
        vol.Required("codeowners"): vol.All([codeowner], vol.Length(min=1)),
        vol.Required("documentation"): documentation,
        vol.Required("issue_tracker"): https,
        vol.Required("integration_type"): vol.In(INTEGRATION_TYPES),
        vol.Required("iot_class"): vol.In(IOT_CLASSES),
        vol.Required("version"): vol.All(str, version),
        "after_dependencies": [str],
        "bluetooth": [_matcher],
        "categories": vol.All([str], vol.Length(min=1, max=3)),
        "config_flow": bool,
        "connectivity": [str],
        "dependencies": [str],
        "dhcp": [_matcher],
        "disabled": str,
        "homekit": dict,
        "import_executor": bool,
        "loggers": [str],
        "mqtt": [str],
        "preview_features": dict,
        "quality_scale": vol.In(QUALITY_SCALES),
        "requirements": [requirement],
        "single_config_entry": bool,
        "ssdp": [dict],
        "usb": [_matcher],
        "zeroconf": [_zeroconf],
    }
)


def key_order(keys: list[str]) -> list[str]:
    """Return keys as hassfest wants them: domain, name, then by the alphabet."""
    return sorted(keys, key=lambda name: (name != "domain", name != "name", name))


def known_slugs(root: Path, kind: str) -> set[str] | None:
    """Return Home Assistant's slugs of a kind (categories, connectivity), None if it has no list."""
    found = sorted(root.glob(f".venv*/{GENERATED}/integration_{kind}.json"))
    if not found:
        return None
    slugs: set[str] = set()
    for group in json.loads(found[-1].read_text(encoding="utf-8")):
        slugs.add(group["slug"])
        slugs.update(f"{group['slug']}.{part['slug']}" for part in group.get("subcategories", ()))
    return slugs


def _check_slugs(root: Path, kind: str, values: list[str]) -> Iterator[str]:
    known = known_slugs(root, kind)
    for value in values:
        if known is not None and value not in known:
            yield f"{kind}: {value!r} is not one of Home Assistant's"


def check(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with manifest.json."""
    path = project.integration / "manifest.json"
    manifest = project.read("manifest.json")
    if not isinstance(manifest, dict):
        yield project.problem(path, "is missing or no JSON object")
        return
    found = list(messages(SCHEMA, manifest))
    if manifest.get("domain") != project.domain:
        found.append(f"domain must be the folder's name, {project.domain}")
    if list(manifest) != key_order(list(manifest)):
        found.append("keys must be ordered: domain, name, then by the alphabet")
    if manifest.get("connectivity", []) != sorted(manifest.get("connectivity", [])):
        found.append("connectivity must be ordered by the alphabet")
    for kind in ("categories", "connectivity"):
        found.extend(_check_slugs(project.root, kind, manifest.get(kind, [])))
    for message in found:
        yield project.problem(path, message)

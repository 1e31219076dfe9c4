"""Home Assistant's configuration folder, as it stands before the first start."""

import json
from pathlib import Path
import shutil

DOMAIN = "home_server_monitor"

# default_config would bring cloud, bluetooth and a hundred packages; this is what a page needs.
_CONFIGURATION = f"""\
config:
conversation:
diagnostics:
frontend:
history:
logbook:
my:
recorder:
repairs:
search:
system_log:

automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml

logger:
  default: warning
  logs:
    custom_components.{DOMAIN}: info
"""


def make(folder: Path, project: Path, *, host: str, port: int) -> None:
    """Fill an empty folder: the configuration, this integration and its blueprints.

    ``project`` is the root of the checkout. The integration is linked, so that a change to it needs
    only a restart of Home Assistant.
    """
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    (folder / "configuration.yaml").write_text(_CONFIGURATION)
    (folder / "automations.yaml").write_text("[]\n")
    (folder / "scenes.yaml").write_text("[]\n")
    (folder / "scripts.yaml").write_text("{}\n")
    _link(folder / "custom_components" / DOMAIN, project / "custom_components" / DOMAIN)
    _copy_blueprints(folder, project)
    _store(storage, "http", 3, 1, _http(host, port))
    _store(storage, "core.config", 1, 4, _HOME)
    _store(storage, "onboarding", 4, 1, {"done": ["core_config", "analytics", "integration"]})


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir()
    link.symlink_to(target, target_is_directory=True)


def _copy_blueprints(folder: Path, project: Path) -> None:
    source = project / "blueprints" / "automation" / DOMAIN
    if source.is_dir():
        shutil.copytree(source, folder / "blueprints" / "automation" / DOMAIN)


def _store(storage: Path, key: str, version: int, minor_version: int, data: object) -> None:
    """Write one of Home Assistant's own files, in the shape in which it stores them."""
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content))


_HOME = {
    "latitude": 52.3731,
    "longitude": 4.8926,
    "elevation": 0,
    "unit_system_v2": "metric",
    "location_name": "Home",
    "time_zone": "UTC",
    "external_url": None,
    "internal_url": None,
    "currency": "EUR",
    "country": "NL",
    "language": "en",
    "radius": 100,
}


def _http(host: str, port: int) -> dict[str, object]:
    """Return a server setting that counts as confirmed.

    The same address in configuration.yaml would be on trial for five minutes, with a question in
    the page, and would then be taken back.
    """
    stable = {
        "server_host": [host],
        "server_port": port,
        "cors_allowed_origins": ["https://cast.home-assistant.io"],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "intermediate_v6",
        "use_x_frame_options": True,
        "created_at": "2026-11-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    return {"stable": stable, "pending": None, "yaml_migration_done": True}

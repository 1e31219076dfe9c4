"""The checks of code and of the repository find what they are for."""

import pytest

from scripts.checks.imports import imported_integrations
from scripts.checks.layers import check as check_layers
from scripts.checks.project import Project
from tests.scripts.conftest import FLOW, INIT, write
from tests.scripts.test_checks_files import found

# Split, so that this file does not hold what it looks for.
MACHINE_PATH = "/" + "work/main"
REGISTRY = "https://packages.example/" + "simple/x"


@pytest.mark.parametrize(
    ("source", "integration"),
    [
        ("import homeassistant.components.energy", "energy"),
        ("import homeassistant.components.energy.data as d", "energy"),
        ("from homeassistant.components import energy", "energy"),
        ("from homeassistant.components.recorder import get_instance", "recorder"),
        ("def f():\n    from homeassistant.components.recorder.util import x", "recorder"),
        (
            "import typing\nif typing.TYPE_CHECKING:\n    import homeassistant.components.lovelace",
            "lovelace",
        ),
        ("from homeassistant.components.http import HomeAssistantView", "http"),
    ],
)
def test_imported_integrations_are_named(project: Project, source: str, integration: str) -> None:
    write(project.integration / "systems" / "x" / "client.py", "")
    write(project.integration / "helper.py", source)
    assert f"helper.py: imports {integration}" in found(project)


@pytest.mark.parametrize(
    "source",
    [
        "from homeassistant.components.sensor import SensorEntity",
        "from homeassistant.components import persistent_notification",
        "from homeassistant.components.http import async_sign_path",
        "from .components import energy",
        "if TYPE_CHECKING:\n    from homeassistant.components.recorder import Recorder",
        "from homeassistant.components.diagnostics import async_redact_data",
    ],
)
def test_imports_that_need_no_name(project: Project, source: str) -> None:
    write(project.integration / "diagnostics.py", source)
    assert found(project) == ""


def test_a_dependency_may_be_imported(project: Project) -> None:
    manifest = project.read("manifest.json")
    ordered = dict(sorted({**manifest, "after_dependencies": ["recorder"]}.items()))
    first = {"domain": ordered.pop("domain"), "name": ordered.pop("name")}
    write(project.integration / "manifest.json", {**first, **ordered})
    write(project.integration / "helper.py", "import homeassistant.components.recorder")
    assert found(project) == ""


def test_the_other_branch_of_type_checking_is_looked_at() -> None:
    source = "if TYPE_CHECKING:\n    pass\nelse:\n    import homeassistant.components.energy"
    assert imported_integrations(source) == [("energy", frozenset())]


@pytest.mark.parametrize(
    ("source", "library"),
    [
        ("import hypothesis.strategies", "hypothesis"),
        ("from aionut import AIONUTClient", "aionut"),
        ("def f():\n    import nobody_has_this", "nobody_has_this"),
    ],
)
def test_imported_libraries_are_required(project: Project, source: str, library: str) -> None:
    write(project.integration / "helper.py", source)
    assert f"helper.py: imports {library}, which no requirement brings" in found(project)


@pytest.mark.parametrize(
    "source",
    ["import aiodocker", "import aiohttp.web", "import voluptuous", "import asyncio.events"],
)
def test_libraries_that_are_required_already(project: Project, source: str) -> None:
    write(project.integration / "helper.py", source)
    assert found(project) == ""


@pytest.mark.parametrize(
    ("path", "source", "message"),
    [
        ("analysis/a.py", "import homeassistant", "know nothing of Home Assistant"),
        ("analysis/a.py", "from homeassistant.util import dt", "know nothing of Home Assistant"),
        ("systems/nut/client.py", "import homeassistant.core", "know nothing of Home Assistant"),
        ("systems/nut/models.py", "from homeassistant import const", "know nothing"),
        ("systems/nut/sensors.py", "from ..docker import client", "systems meet in"),
        ("systems/nut/sensors.py", "from .. import docker", "systems meet in"),
        ("systems/nut/sensors.py", "from ..docker.models import Container", "systems meet in"),
        ("systems/nut/a.py", "import custom_components.good.systems.docker", "systems meet in"),
        ("analysis/a.py", "from ..systems.docker.client import x", "knows models only"),
    ],
)
def test_layers(project: Project, path: str, source: str, message: str) -> None:
    write(project.integration / "systems" / "docker" / "client.py", "")
    write(project.integration / path, source)
    assert message in found(project)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("analysis/a.py", "from ..systems.docker.models import Container"),
        ("systems/nut/sensors.py", "import homeassistant.core\nfrom .client import x"),
        ("systems/nut/client.py", "from ..errors import CannotConnect\nfrom . import models"),
        ("systems/__init__.py", "from .docker import client\nfrom .nut import sensors"),
        ("procedures/update.py", "from ..systems.docker import client"),
        ("systems/nut/sensors.py", "from ..smart.models import DiskHealth"),
    ],
)
def test_layers_allow_the_arrows(project: Project, path: str, source: str) -> None:
    write(project.integration / "systems" / "docker" / "client.py", "")
    write(project.integration / "systems" / "smart" / "models.py", "")
    write(project.integration / path, source)
    assert list(check_layers(project)) == []


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("config_flow.py", "x = 1", "keeps an entry from being added twice"),
        ("config_flow.py", FLOW.replace("reconfigure", "x"), "no async_step_reconfigure"),
        ("config_flow.py", FLOW.replace("reauth", "x"), "no async_step_reauth"),
        (
            "config_flow.py",
            "async def async_step_zeroconf(self): self._async_abort_entries_match()",
            "sets no unique id",
        ),
        ("__init__.py", INIT + "async def async_setup(hass, config): ...", "needs CONFIG_SCHEMA"),
        ("__init__.py", INIT.replace("entry.runtime_data", "data"), "assigns no entry.runtime"),
        ("__init__.py", INIT.replace("raise ConfigEntryNotReady", ""), "nothing tells that setup"),
        ("__init__.py", INIT.replace("entry: Good", "entry: "), "takes a ConfigEntry"),
        ("helper.py", "async_register_admin_service", ""),
        ("trigger.py", "def async_get_triggers(): ...", ""),
        ("helper.py", "raise Error(translation_key='unheard')", "'unheard' has no words"),
    ],
)
def test_code(project: Project, name: str, source: str, message: str) -> None:
    write(project.integration / name, source)
    said = found(project)
    assert message in said
    assert bool(said) == bool(message)


@pytest.mark.parametrize(
    "line",
    ["CONFIG_SCHEMA = 1", "CONFIG_SCHEMA: object = 1", "from aiohttp import web as CONFIG_SCHEMA"],
)
def test_a_schema_may_be_assigned_or_imported(project: Project, line: str) -> None:
    source = f"{line}\n{INIT}\nasync def async_setup(hass, config): ..."
    write(project.integration / "__init__.py", source)
    assert found(project) == ""


@pytest.mark.parametrize("name", ["__init__.py", "config_flow.py"])
def test_code_that_must_be_there(project: Project, name: str) -> None:
    (project.integration / name).unlink()
    assert f"{name}: is missing" in found(project)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("services.yaml", "hass.services.async_register(DOMAIN)"),
        ("triggers.yaml", "async def async_get_triggers(hass): ..."),
        ("conditions.yaml", "async def async_get_conditions(hass): ..."),
    ],
)
def test_what_the_code_offers_is_described(project: Project, name: str, source: str) -> None:
    (project.integration / name).unlink(missing_ok=True)
    module = {"triggers.yaml": "trigger.py", "conditions.yaml": "condition.py"}.get(name, "a.py")
    write(project.integration / module, source)
    assert f"{name}: is missing, but the code offers" in found(project)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tests/long.py", "x = 1\n" * 401, "has 401 lines"),
        ("docs/a.md", f"see {MACHINE_PATH}\n", "line 1 holds a path of one machine"),
        ("scripts/a", f"x\ncurl {REGISTRY}\n", "line 2 holds the address of a package index"),
        ("custom_components/good/translations/de.json", "{", "de.json: cannot be read"),
        ("blueprints/a.yaml", "a: [", "a.yaml: cannot be read"),
        ("tests/x/manifest.json", "{}", "take this folder for an integration"),
    ],
)
def test_repository(project: Project, name: str, content: str, message: str) -> None:
    write(project.root / name, content)
    assert message in found(project)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tests/short.py", "x = 1\n" * 400),
        ("docs/a.md", "https://example.com" + MACHINE_PATH + "\n"),
        ("uv.lock", f'url = "{REGISTRY}"\n'),
        ("blueprints/a.yaml", "a: !input b\nc: !secret d\n"),
        ("docs/picture.png", "\ud800"),
    ],
)
def test_repository_accepts(project: Project, name: str, content: str) -> None:
    path = write(project.root / name, "")
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    assert found(project) == ""


def test_ignored_files_are_not_judged(project: Project) -> None:
    write(project.root / ".gitignore", "/private/\n")
    write(project.root / "private" / "long.py", "x = 1\n" * 500)
    assert found(project) == ""

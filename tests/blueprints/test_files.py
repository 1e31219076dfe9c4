"""The files themselves: Home Assistant imports them, and every name in them is one of ours."""

from pathlib import Path
import re
from typing import Any

from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.const import __version__ as installed_version
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.docker import DOCKER, PORTAINER
from custom_components.home_server_monitor.systems.docker.events import EVENT_TYPES

from .conftest import FOLDER

FILES = sorted(FOLDER.glob("*.yaml"))
COMPONENT = FOLDER.parents[2] / "custom_components" / DOMAIN
_PAGES = "https://github.com/home-server-monitor/home-server-monitor/blob/main/"
_RAW = "https://raw.githubusercontent.com/home-server-monitor/home-server-monitor/main/"
# Events that the alert sends to itself.
_OWN_EVENTS = {"home_server_monitor_alert_asked", "home_server_monitor_alert_answered"}

every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
of_containers = pytest.mark.parametrize(
    "file",
    [file for file in FILES if file.stem.startswith("container_")],
    ids=lambda file: file.stem,
)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _inputs(blueprint: dict[str, Any]) -> dict[str, Any]:
    sections = blueprint["blueprint"]["input"].values()
    return {name: one for section in sections for name, one in section["input"].items()}


@every_file
async def test_home_assistant_imports_it_from_its_source_url(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker, file: Path
) -> None:
    text = _text(file)
    source = load_yaml_dict(str(file))["blueprint"]["source_url"]
    path = file.relative_to(FOLDER.parents[2]).as_posix()
    assert source == _PAGES + path
    aioclient_mock.get(_RAW + path, text=text)
    imported = await fetch_blueprint_from_url(hass, source)
    assert imported.blueprint.validate() is None
    assert imported.blueprint.domain == "automation"
    assert imported.suggested_filename == f"home-server-monitor/{file.stem}"


@every_file
async def test_every_input_is_described_and_chosen_with_a_selector(
    hass: HomeAssistant, file: Path
) -> None:
    blueprint = load_yaml_dict(str(file))
    for name, one in _inputs(blueprint).items():
        assert one["name"], name
        assert one["description"], name
        assert one["selector"], name
    sections = blueprint["blueprint"]["input"].values()
    assert all(section["name"] and section["icon"] for section in sections)
    assert blueprint["blueprint"]["homeassistant"]["min_version"] <= installed_version


@of_containers
async def test_every_name_in_it_exists(hass: HomeAssistant, file: Path) -> None:
    text = _text(file)
    services = load_yaml_dict(str(COMPONENT / "services.yaml"))
    offered = {action.name for action in DOCKER.actions}
    assert offered == {action.name for action in PORTAINER.actions}
    used = set(re.findall(rf"{DOMAIN}\.(\w+)", text))
    assert used
    assert used <= offered & set(services)
    assert set(re.findall(rf"\b{DOMAIN}_(?!monitor)\w+", text)) <= _OWN_EVENTS

    blueprint = load_yaml_dict(str(file))
    trigger = blueprint["triggers"][0]
    assert trigger["trigger"] == "event.received"
    assert set(trigger["options"]["event_type"]) <= set(EVENT_TYPES)
    words = re.findall(r"(?:now_event|last|event|'event_type'\)) (?:==|!=) '(\w+)'", text)
    for listed in re.findall(r"event in \[([^\]]*)\]", text):
        words += re.findall(r"'(\w+)'", listed)
    assert len(words) > 3
    assert set(words) <= set(EVENT_TYPES)


@of_containers
async def test_selectors_offer_our_containers_alone(hass: HomeAssistant, file: Path) -> None:
    inputs = _inputs(load_yaml_dict(str(file)))
    wanted = {"integration": DOMAIN, "domain": "event"}
    if "containers" in inputs:
        assert inputs["containers"]["selector"]["target"]["entity"] == wanted
    else:
        assert inputs["container"]["selector"]["entity"]["filter"] == wanted

"""The actions: whom they are done to, when they are refused, and what they give back."""

import ast
import json
from pathlib import Path as FilePath
import re
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

import custom_components.home_server_monitor as integration
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems import errors
from custom_components.home_server_monitor.systems.paths import Path
from tests.conftest import SetUp
from tests.harness import ROOT, container, device, entity_id, until, value
from tests.lab.docker import SimulatedEngine, SocketProxy
from tests.lab.portainer import Portainer

FOLDER = FilePath(str(integration.__file__)).parent
WEB, DB = container("web"), container("db")
HOST = ("environment:1",)


@pytest.fixture
async def entry(hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp) -> ConfigEntry:
    """Give a loaded engine with two containers in a stack of each its own, and control."""
    docker_engine.add("web")
    docker_engine.add("db")
    entry: ConfigEntry = await set_up("docker", url=docker_engine.url)
    return entry


def _device_id(hass: HomeAssistant, entry: ConfigEntry, path: Path) -> str:
    found = device(hass, entry, path)
    assert found is not None
    return found.id


async def _call(hass: HomeAssistant, action: str, **data: Any) -> list[dict[str, Any]]:
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    results = answer["results"]
    assert isinstance(results, list)
    return [result for result in results if isinstance(result, dict)]


def _status(engine: SimulatedEngine, *names: str) -> list[str]:
    return [engine.find(name).status for name in names]


# --- Whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["device", "entity", "area", "label", "entity label", "both"])
async def test_targets(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry, kind: str
) -> None:
    device_id = _device_id(hass, entry, WEB)
    entity = entity_id(hass, entry, WEB, "container_state")
    assert entity
    area = ar.async_get(hass).async_create("Rack")
    label = lr.async_get(hass).async_create("Shop")
    targets: dict[str, dict[str, Any]] = {
        "device": {"device_id": device_id},
        "entity": {"entity_id": entity},
        "area": {"area_id": area.id},
        "label": {"label_id": label.label_id},
        "entity label": {"label_id": label.label_id},
        # Named in two ways it is still done once.
        "both": {"device_id": [device_id], "entity_id": [entity]},
    }
    if kind == "area":
        dr.async_get(hass).async_update_device(device_id, area_id=area.id)
    if kind == "label":
        dr.async_get(hass).async_update_device(device_id, labels={label.label_id})
    if kind == "entity label":
        er.async_get(hass).async_update_entity(entity, labels={label.label_id})
    results = await _call(hass, "restart_container", **targets[kind])
    assert results == [{"device_id": device_id, "name": "web"}]
    assert docker_engine.count(r"/restart", "POST") == 1
    assert docker_engine.count(f"{docker_engine.find('web').id}/restart") == 1


async def test_area_brings_only_what_fits(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry
) -> None:
    """The host and a lamp stand in the same area; neither can be stopped, nor is in the way."""
    area = ar.async_get(hass).async_create("Rack")
    other = MockConfigEntry(domain="lamps")
    other.add_to_hass(hass)
    lamp = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("lamps", "1")}
    )
    ids = [_device_id(hass, entry, path) for path in (ROOT, WEB)]
    for one in (lamp.id, *ids):
        dr.async_get(hass).async_update_device(one, area_id=area.id)
    results = await _call(hass, "stop_container", area_id=area.id)
    assert [result["name"] for result in results] == ["web"]
    assert _status(docker_engine, "web", "db") == ["exited", "running"]


async def test_several_over_entries_and_environments(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    portainer: Portainer,
    entry: ConfigEntry,
    set_up: SetUp,
) -> None:
    async with SimulatedEngine() as other:
        other.add("app")
        number = portainer.add_environment("other", other.url).id
        front = await set_up("portainer", url=portainer.url, token=portainer.api_key)
        ids = [
            _device_id(hass, entry, WEB),
            _device_id(hass, front, container("db", HOST)),
            _device_id(hass, front, container("app", (f"environment:{number}",))),
        ]
        results = await _call(hass, "stop_container", device_id=ids)
        assert {result["device_id"] for result in results} == set(ids)
        assert _status(docker_engine, "web", "db") == ["exited", "exited"]
        assert _status(other, "app") == ["exited"]
        await until(lambda: value(hass, entry, WEB, "container_state") == "exited")
        # Without wanting an answer none is given.
        answer = await hass.services.async_call(
            DOMAIN, "start_container", {"device_id": ids}, blocking=True
        )
        assert answer is None
        assert _status(other, "app") == ["running"]
        await hass.config_entries.async_unload(front.entry_id)


# --- Refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "key", "words"),
    [
        ("host", "wrong_target", "This action cannot be used on lab"),
        ("lamp", "unknown_target", "does not belong to this integration"),
        ("light.lamp", "unknown_target", "light.lamp does not belong to this integration"),
        ("no such device", "unknown_target", "no such device does not belong"),
        ("unloaded", "not_loaded", "The system of app is not loaded"),
        ("read only", "control_not_allowed", "Control is not allowed for docker. Turn it on"),
    ],
)
async def test_one_wrong_target_and_nothing_is_touched(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    entry: ConfigEntry,
    set_up: SetUp,
    wrong: str,
    key: str,
    words: str,
) -> None:
    web = _device_id(hass, entry, WEB)
    data: dict[str, Any] = {"device_id": [web, wrong]}
    async with SimulatedEngine() as engine:
        engine.add("app")
        options = {"allow_control": wrong != "read only"}
        other = await set_up("docker", url=engine.url, options=options)
        if wrong == "host":
            data["device_id"][1] = _device_id(hass, entry, ROOT)
        elif wrong == "lamp":
            lamps = MockConfigEntry(domain="lamps")
            lamps.add_to_hass(hass)
            lamp = dr.async_get(hass).async_get_or_create(
                config_entry_id=lamps.entry_id, identifiers={("lamps", "1")}
            )
            data["device_id"][1] = lamp.id
        elif wrong == "light.lamp":
            data = {"device_id": [web], "entity_id": [wrong]}
        elif wrong in ("unloaded", "read only"):
            data["device_id"][1] = _device_id(hass, other, container("app"))
        if wrong == "unloaded":
            await hass.config_entries.async_unload(other.entry_id)
        with pytest.raises(ServiceValidationError) as caught:
            await _call(hass, "stop_container", **data)
        assert caught.value.translation_domain == DOMAIN
        assert caught.value.translation_key == key
        assert words in str(caught.value)
        assert _status(docker_engine, "web", "db") == ["running", "running"]
        assert docker_engine.count(".*", "POST") == 0
        assert engine.count(".*", "POST") == 0
        await hass.config_entries.async_unload(other.entry_id)


async def test_area_without_anything(hass: HomeAssistant, entry: ConfigEntry) -> None:
    area = ar.async_get(hass).async_create("Garden")
    with pytest.raises(ServiceValidationError) as caught:
        await _call(hass, "stop_container", area_id=area.id)
    assert caught.value.translation_key == "no_target"
    with pytest.raises(vol.Invalid):
        await _call(hass, "stop_container")


async def test_reading_logs_needs_no_control(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    docker_engine.add("web", logs=["hello"])
    entry = await set_up("docker", url=docker_engine.url, options={"allow_control": False})
    assert entity_id(hass, entry, WEB, "container_power") is None
    target = {"device_id": _device_id(hass, entry, WEB)}
    (result,) = await _call(hass, "get_container_logs", **target)
    assert [line["text"] for line in result["lines"]] == ["hello"]
    with pytest.raises(ServiceValidationError, match="Control is not allowed for docker"):
        await _call(hass, "stop_container", **target)


# --- Logs ---------------------------------------------------------------------------------------


async def test_logs(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry
) -> None:
    docker_engine.faults.clock_jump(-3600)
    docker_engine.write_log("web", "an hour ago")
    docker_engine.faults.clock_jump(3600)
    docker_engine.write_log("web", "started")
    docker_engine.write_log("web", "\x1b[31mError:\x1b[0m no disk", stream=2)
    docker_engine.write_log("web", "über alles")
    target = {"device_id": _device_id(hass, entry, WEB)}

    async def texts(**data: Any) -> list[str]:
        (result,) = await _call(hass, "get_container_logs", **target, **data)
        assert result["device_id"] == target["device_id"]
        assert result["name"] == "web"
        return [f"{line['stream']}: {line['text']}" for line in result["lines"]]

    every = [
        "stdout: an hour ago",
        "stdout: started",
        "stderr: Error: no disk",
        "stdout: über alles",
    ]
    assert await texts() == every
    assert await texts(tail=2) == every[2:]
    assert await texts(since={"minutes": 10}) == every[1:]
    assert await texts(since="00:10:00", search="ERROR") == ["stderr: Error: no disk"]
    assert await texts(search="Über") == ["stdout: über alles"]
    assert await texts(search="absent") == []
    (result,) = await _call(hass, "get_container_logs", **target, tail=1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", result["lines"][0]["time"])
    for wrong in ({"tail": 0}, {"tail": 2001}, {"since": "-1"}):
        with pytest.raises(vol.Invalid):
            await _call(hass, "get_container_logs", **target, **wrong)


async def test_logs_of_a_terminal_and_of_several(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    docker_engine.add("shell", tty=True, logs=["$ ls", "bin etc"])
    docker_engine.add("web", logs=["hello"])
    entry = await set_up("docker", url=docker_engine.url)
    ids = [_device_id(hass, entry, container(name)) for name in ("shell", "web")]
    results = await _call(hass, "get_container_logs", device_id=ids)
    found = {result["name"]: [line["text"] for line in result["lines"]] for result in results}
    assert found == {"shell": ["$ ls", "bin etc"], "web": ["hello"]}


# --- What goes wrong ----------------------------------------------------------------------------


async def test_errors_of_the_system_in_words(
    hass: HomeAssistant, docker_engine: SimulatedEngine, entry: ConfigEntry
) -> None:
    target = {"device_id": [_device_id(hass, entry, path) for path in (WEB, DB)]}
    web = docker_engine.find("web")
    with docker_engine.bus.silence():
        docker_engine.stop("web")
        docker_engine.stop("db")
    web.start_error = "no such program"
    with pytest.raises(HomeAssistantError) as caught:
        await _call(hass, "start_container", **target)
    assert str(caught.value) == "The system declined: no such program"
    assert caught.value.translation_placeholders == {"detail": "no such program"}
    # The other one was started nevertheless.
    assert _status(docker_engine, "db") == ["running"]

    with docker_engine.bus.silence():
        docker_engine.remove("web")
    with pytest.raises(HomeAssistantError, match="does not know this object: No such container"):
        await _call(hass, "start_container", **target)
    await docker_engine.refuse()
    with pytest.raises(HomeAssistantError, match="Nothing listens at this address: "):
        await _call(hass, "start_container", **target)
    await docker_engine.accept()


async def test_proxy_that_permits_no_actions(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    docker_engine.add("web")
    allow = {"CONTAINERS", "INFO", "SYSTEM"}
    async with SocketProxy(docker_engine.url, allow=allow) as proxy:
        entry = await set_up("docker", url=proxy.url)
        with pytest.raises(HomeAssistantError, match="do not permit this: POST"):
            await _call(hass, "stop_container", device_id=_device_id(hass, entry, WEB))
        # It is the action that fails; what is shown is still right.
        assert value(hass, entry, WEB, "container_state") == "running"
        await hass.config_entries.async_unload(entry.entry_id)


async def test_rejected_credential_starts_reauthentication(
    hass: HomeAssistant, docker_engine: SimulatedEngine, portainer: Portainer, set_up: SetUp
) -> None:
    docker_engine.add("web")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    portainer.api_key = "ptr_new"
    with pytest.raises(HomeAssistantError, match="The credentials were rejected"):
        await _call(
            hass, "stop_container", device_id=_device_id(hass, entry, container("web", HOST))
        )
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert _status(docker_engine, "web") == ["running"]


# --- Words --------------------------------------------------------------------------------------


def _raised() -> dict[str, set[str]]:
    """Return every key of an exception that the code can raise, with what fills it."""
    found: dict[str, set[str]] = {}
    kinds: list[type[errors.HomeServerError]] = [errors.HomeServerError]
    for kind in kinds:
        if kind is not errors.Refused:
            found[kind.key] = set(kind().placeholders)
            kinds += kind.__subclasses__()
    for path in FOLDER.rglob("*.py"):
        text = path.read_text()
        refuses = bool(re.search(r"errors import [^)]*\bRefused\b", text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                found |= _of_call(node, refuses=refuses)
    return found


def _of_call(node: ast.Call, *, refuses: bool) -> dict[str, set[str]]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    words = {part.arg: part.value for part in node.keywords if part.arg}
    if name == "_invalid":
        assert isinstance(node.args[0], ast.Constant)
        return {str(node.args[0].value): set(words)}
    if refuses and name == "Refused" and isinstance(node.args[0], ast.Constant):
        return {f"refused_{node.args[0].value!s}": set(words)}
    key = words.get("translation_key")
    if not name.endswith(("Error", "Failed", "NotReady")) or not isinstance(key, ast.Constant):
        return {}
    filled = words.get("translation_placeholders")
    names = filled.keys if isinstance(filled, ast.Dict) else []
    return {str(key.value): {str(one.value) for one in names if isinstance(one, ast.Constant)}}


def test_every_exception_has_its_words() -> None:
    words = json.loads((FOLDER / "translations/en.json").read_text())
    raised = _raised()
    assert len(raised) > 15
    messages = {key: part["message"] for key, part in words["exceptions"].items()}
    assert raised.keys() - messages.keys() == set()
    # A reason that is chosen while running cannot be read off the code.
    chosen = {key for key in messages.keys() - raised.keys() if key.startswith("refused_")}
    assert messages.keys() - raised.keys() - chosen == set()
    for key in raised:
        assert set(re.findall(r"{(\w+)}", messages[key])) <= raised[key], key
    connecting: list[type[errors.HomeServerError]] = [*errors.CannotConnect.__subclasses__()]
    connecting += [errors.CannotConnect, errors.InvalidAuth, errors.MissingRight]
    for kind in connecting:
        assert kind.key in words["config"]["error"]
    for key, message in words["config"]["error"].items():
        assert set(re.findall(r"{(\w+)}", message)) <= raised[key], key

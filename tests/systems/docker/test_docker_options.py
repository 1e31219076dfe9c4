"""The options of containers: quotas, who is left alone, logins at registries."""

import base64
from collections.abc import AsyncGenerator
import json
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker.logins import header
from tests.conftest import SetUp
from tests.harness import sentence, value
from tests.lab.docker import SimulatedEngine
from tests.lab.docker.usage import Usage, Wave
from tests.lab.portainer import Portainer
from tests.lab.registry import SimulatedRegistry

from .conftest import House
from .test_limits import call
from .test_updates import pushed, run, verdict

GIB = 1 << 30
GENERAL = {"allow_control": True, "scan_interval": 60, "include": []}
LOGIN = {"registry": "ghcr.io", "username": "me", "password": "letmein"}


async def _submit(hass: HomeAssistant, entry: ConfigEntry, **data: Any) -> ConfigFlowResult:
    form = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(form["flow_id"], {**GENERAL, **data})
    await hass.async_block_till_done()
    return result


async def _complaint(hass: HomeAssistant, entry: ConfigEntry, **data: Any) -> str:
    """Submit what cannot be kept; return the sentence beside the field."""
    before = dict(entry.options)
    result = await _submit(hass, entry, **data)
    assert result["type"] is FlowResultType.FORM
    assert dict(entry.options) == before
    assert result["errors"] is not None
    ((field, reason),) = result["errors"].items()
    assert field in data
    words = result["description_placeholders"]
    return await sentence(hass, "options", f"options.error.{reason}", words)


async def _choices(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str]:
    form = await hass.config_entries.options.async_init(entry.entry_id)
    schema = form["data_schema"]
    assert schema is not None
    options = schema.schema["not_updated"].config["options"]
    return {option["value"]: option["label"] for option in options}


async def test_containers_are_chosen_by_what_they_are_called(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, portainer: Portainer
) -> None:
    docker_engine.add("web")
    docker_engine.add("media-sonarr-1", project="media", service="sonarr")
    entry = await set_up("docker", url=docker_engine.url, options={"not_updated": ["gone"]})
    named = {name: name for name in ("gone", "media/sonarr", "web")}
    assert await _choices(hass, entry) == named
    front = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    named = {"1/media/sonarr": "media/sonarr (local)", "1/web": "web (local)"}
    assert await _choices(hass, front) == named


async def test_a_quota_of_ones_own(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, all_entities_enabled: None
) -> None:
    """It beats the label, and what it does not say the label and the table still do."""
    labels = {f"home_server_monitor.quota.{name}": "3" for name in ("cpus", "pids")}
    docker_engine.add("plex", "plexinc/pms-docker", labels=labels, usage=Usage(memory=Wave(GIB)))
    entry = await set_up("docker", url=docker_engine.url)
    row = {"container": "plex", "cpus": " 1.5 ", "memory": "512m", "pids": ""}
    nothing = {"container": "web"}
    docker_engine.add("web")
    await entry.runtime_data.coordinators["containers"].async_refresh()
    result = await _submit(hass, entry, quotas=[row, nothing], include=["usage"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["quotas"] == [{"container": "plex", "cpus": "1.5", "memory": "512m"}]
    path = ("container:plex",)
    await entry.runtime_data.coordinators["usage"].async_refresh()
    await hass.async_block_till_done()
    assert value(hass, entry, path, "container_over_quota") == "on"
    answer = await call(hass, entry, "get_quota_compliance", "plex")
    quotas = {one["resource"]: one["quota"] for one in answer["resources"]}
    assert quotas == {"cpus": 1.5, "memory": GIB / 2}
    answer = await call(hass, entry, "apply_quota", "plex", dry_run=True, force=True)
    told = {"cpus": 1.5, "memory": GIB // 2, "memory_swap": GIB, "pids": 3}
    assert answer["changes"] == told


@pytest.mark.parametrize(
    ("limit", "text", "words"),
    [
        ("cpus", "many", "many is not a number of CPUs"),
        ("cpus", "-1.5", "-1.5 is not a number of CPUs"),
        ("memory", "5m", "less than the 6 MiB"),
        ("memory_swap", "2 apples", "2 apples is not a size"),
        ("pids", "1.5", "whole number of processes"),
        ("io_read", "fast", "fast is not a size"),
    ],
)
async def test_a_quota_that_means_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    limit: str,
    text: str,
    words: str,
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    told = await _complaint(hass, entry, quotas=[{"container": "web", limit: text}])
    assert words in told
    assert "web" in told


async def test_what_is_there_twice(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    rows = [{"container": "web", "cpus": "1"}, {"container": "web", "memory": "1g"}]
    assert "two quotas for web" in await _complaint(hass, entry, quotas=rows)
    logins = [LOGIN, {**LOGIN, "registry": "https://ghcr.io/"}]
    assert "two logins at ghcr.io" in await _complaint(hass, entry, registries=logins)


@pytest.mark.parametrize(
    ("typed", "registry"),
    [
        ("ghcr.io", "ghcr.io"),
        (" https://Registry.example.org:5000/v2/ ", "registry.example.org:5000"),
        ("localhost", "localhost"),
        ("https://hub.docker.com/", "docker.io"),
        ("index.docker.io", "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
async def test_registries_are_kept_as_images_name_them(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, typed: str, registry: str
) -> None:
    entry = await set_up("docker", url=docker_engine.url)
    await _submit(hass, entry, registries=[{**LOGIN, "registry": typed}])
    assert entry.options["registries"] == [{**LOGIN, "registry": registry}]


@pytest.mark.parametrize("typed", ["my registry", "registry", "", "ghcr.io:port", "x/y"])
async def test_what_is_no_registry(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, typed: str
) -> None:
    entry = await set_up("docker", url=docker_engine.url)
    logins = [{**LOGIN, "registry": typed}]
    assert "not the name of a registry" in await _complaint(hass, entry, registries=logins)


async def test_a_password_is_typed_once(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    entry = await set_up("docker", url=docker_engine.url)
    shown = {"registry": "ghcr.io", "username": "me"}
    assert "has no password" in await _complaint(hass, entry, registries=[shown])
    await _submit(hass, entry, registries=[LOGIN])
    await _submit(hass, entry, registries=[{**shown, "username": "you"}])
    assert entry.options["registries"] == [{**LOGIN, "username": "you"}]


async def test_ports_and_pools_for_the_audit(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    entry = await set_up("docker", url=docker_engine.url)
    for text in ("0", "65536", "https", "443/sctp", "80-90", ""):
        told = await _complaint(hass, entry, outside_ports=["443", text])
        assert "is not a port" in told
    told = await _complaint(hass, entry, pool_roots=["tank"])
    assert "tank is not a folder" in told
    await _submit(
        hass, entry, outside_ports=["443/TCP", "443", "51820 / udp"], pool_roots=[" /mnt/tank "]
    )
    assert entry.options["outside_ports"] == ["443", "51820/udp"]
    assert entry.options["pool_roots"] == ["/mnt/tank"]


# --- What they are good for ---------------------------------------------------------------------


@pytest.fixture
async def registry(socket_enabled: None) -> AsyncGenerator[SimulatedRegistry]:
    """Give a registry that shows nothing to strangers."""
    async with SimulatedRegistry() as server:
        server.login = "me:letmein"
        yield server


@pytest.mark.parametrize("kind", ["tokens", "basic"])
@pytest.mark.usefixtures("all_entities_enabled")
async def test_the_registry_is_asked_with_the_login(
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    registry: SimulatedRegistry,
    kind: str,
) -> None:
    setattr(registry, kind, True)
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    entry = await set_up("docker", url=docker_engine.url)
    house = House(hass, entry)
    await house.refresh("updates")
    await house.refresh("updates")
    assert verdict(house) == "refused"
    login = {**LOGIN, "registry": registry.host}
    await _submit(hass, entry, registries=[login], include=["updates"])
    await house.refresh("updates")
    await house.refresh("updates")
    assert verdict(house) == "up_to_date"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_nobody_is_asked_about_those_left_alone(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    entry = await set_up("docker", url=docker_engine.url, options={"not_updated": ["web"]})
    house = House(hass, entry)
    await house.refresh("updates")
    await house.refresh("updates")
    assert verdict(house) == "opted_out"
    assert house.entity_id(house.container("web"), "container_update") is None
    assert not registry.requests


@given(st.text(), st.text())
def test_the_engine_and_portainer_can_read_a_login(username: str, password: str) -> None:
    """They use different alphabets of base64."""
    login = {"registry": "ghcr.io", "username": username, "password": password}
    text = header({"registries": [login]}, "ghcr.io/me/app:1")
    read = json.loads(base64.b64decode(text, validate=True))
    assert read == json.loads(base64.urlsafe_b64decode(text))
    assert read == {"username": username, "password": password, "serveraddress": "ghcr.io"}


def test_a_login_is_for_its_registry_alone() -> None:
    options = {"registries": [LOGIN, {**LOGIN, "registry": "docker.io"}]}
    for image in ("quay.io/me/app", "ghcr.io:5000/me/app", "sha256:" + "ab" * 32, ""):
        assert header(options, image) == ""
    hub = json.loads(base64.b64decode(header(options, "postgres:16")))
    assert hub["serveraddress"] == "https://index.docker.io/v1/"

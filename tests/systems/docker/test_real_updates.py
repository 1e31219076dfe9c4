"""The check for updates against a real engine and a real registry."""

import asyncio
from contextlib import closing
import http.client
import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.portainer import Portainer
from tests.lab.real import RealEngine, RealRegistry

from .conftest import House

pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("docker"),
    pytest.mark.usefixtures("all_entities_enabled"),
]

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


def _publish(engine: RealEngine, registry: RealRegistry, name: str, version: str) -> str:
    """Build a version of the app, push it as `name`, and return its reference."""
    engine.import_image(
        f"lab/{name.replace(':', '-')}:{version}",
        labels={"org.opencontainers.image.source": "https://github.com/lab/app"},
    )
    return registry.push(engine, f"lab/{name.replace(':', '-')}:{version}", name)


def _ask(registry: RealRegistry, method: str, path: str, body: Any = None) -> tuple[str, bytes]:
    """Talk to the registry; return the digest that it names, and the body."""
    headers = {"Accept": _MANIFEST, "Content-Type": _LIST}
    with closing(http.client.HTTPConnection("127.0.0.1", registry.port, timeout=10)) as connection:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read()
    assert answer.status < 300, text
    return answer.headers["Docker-Content-Digest"], text


def _list(registry: RealRegistry, repository: str, *others: str) -> None:
    """Put a list behind the tag `multi`: the image of tag 1 for this platform and for others."""
    digest, body = _ask(registry, "GET", f"/v2/{repository}/manifests/1")
    entry = {"mediaType": _MANIFEST, "digest": digest, "size": len(body)}
    platforms = [{"os": "linux", "architecture": name} for name in ("amd64", "arm64", *others)]
    entries = [{**entry, "platform": platform} for platform in platforms]
    document = {"schemaVersion": 2, "mediaType": _LIST, "manifests": entries}
    _ask(registry, "PUT", f"/v2/{repository}/manifests/multi", document)


async def _next_day(house: House, clock: Clock) -> None:
    await clock.forward(37 * 3600)
    await house.refresh("updates")


def _shown(house: House, key: str = "web") -> tuple[str, str]:
    path = house.container(key)
    return house.value(path, "container_update"), house.value(path, "container_update_state")


@pytest.mark.parametrize("front", ["straight", "portainer"])
async def test_a_newer_image_is_found(
    hass: HomeAssistant,
    real_docker: RealEngine,
    real_registry: RealRegistry,
    set_up: SetUp,
    clock: Clock,
    front: str,
) -> None:
    """By our own question, and by the engine's where the registry is not ours to reach."""
    name = f"{front}:1"
    image = await asyncio.to_thread(_publish, real_docker, real_registry, name, "1.0")
    await asyncio.to_thread(real_docker.run, "web", image=image)
    label = {"home_server_monitor.update": "false"}
    await asyncio.to_thread(real_docker.run, "out", image=image, labels=label)
    await asyncio.to_thread(real_docker.run, "local")
    identity = (await asyncio.to_thread(real_docker.inspect, "web"))["Image"]
    await asyncio.to_thread(real_docker.run, "pinned", image=identity)
    async with Portainer() as server:
        if front == "straight":
            house = House(hass, await set_up("docker", url=real_docker.tcp_url))
        else:
            number = server.add_environment("local", real_docker.url).id
            entry = await set_up("portainer", url=server.url, token=server.api_key)
            house = House(hass, entry, (f"environment:{number}",))
        await house.refresh("updates")
        await house.refresh("updates")
        assert _shown(house) == ("off", "up_to_date")
        for key, told in (("out", "opted_out"), ("local", "local"), ("pinned", "pinned")):
            assert house.value(house.container(key), "container_update_state") == told
            assert house.find(house.container(key), "container_update") is None
        await asyncio.to_thread(_publish, real_docker, real_registry, name, "1.1")
        await _next_day(house, clock)
        assert _shown(house) == ("on", "update_available")
        state = house.find(house.container("web"), "container_update")
        assert state is not None
        if front == "straight":
            assert state.attributes["installed_version"] == "1.0"
            assert state.attributes["latest_version"] == "1.1"
        assert state.attributes["release_url"] == "https://github.com/lab/app/releases"
        await asyncio.to_thread(real_docker.remove, "web")
        await asyncio.to_thread(real_docker.run, "web", image=image)
        await house.until(house.container("web"), "container_update_state", "up_to_date")
        await hass.config_entries.async_unload(house.entry.entry_id)


async def test_a_list_that_changed_for_others(
    hass: HomeAssistant,
    real_docker: RealEngine,
    real_registry: RealRegistry,
    set_up: SetUp,
    clock: Clock,
) -> None:
    """The digest of the list is another one, this platform's image is the same."""
    await asyncio.to_thread(_publish, real_docker, real_registry, "many:1", "1.0")
    await asyncio.to_thread(_list, real_registry, "many")
    pull = f"/images/create?fromImage={real_registry.host}/many&tag=multi"
    await asyncio.to_thread(real_docker.request, "POST", pull)
    image = f"{real_registry.host}/many:multi"
    await asyncio.to_thread(real_docker.run, "web", image=image)
    house = House(hass, await set_up("docker", url=real_docker.tcp_url))
    await house.refresh("updates")
    await house.refresh("updates")
    assert _shown(house) == ("off", "up_to_date")
    await asyncio.to_thread(_list, real_registry, "many", "riscv64")
    await _next_day(house, clock)
    assert _shown(house) == ("off", "up_to_date")
    state = house.find(house.container("web"), "container_update")
    assert state is not None
    assert state.attributes["latest_version"] == state.attributes["installed_version"]
    await hass.config_entries.async_unload(house.entry.entry_id)


async def test_a_registry_that_is_gone(
    hass: HomeAssistant, real_docker: RealEngine, set_up: SetUp
) -> None:
    """It is not known, and everything else goes on."""
    with RealRegistry() as registry:
        image = await asyncio.to_thread(_publish, real_docker, registry, "gone:1", "1.0")
        await asyncio.to_thread(real_docker.run, "web", image=image)
    house = House(hass, await set_up("docker", url=real_docker.tcp_url))
    await house.refresh("updates")
    await house.refresh("updates")
    assert _shown(house) == ("unknown", "unreachable")
    assert house.value(house.container("web"), "container_state") == "running"
    assert house.entry.runtime_data.coordinators["updates"].last_update_success
    await hass.config_entries.async_unload(house.entry.entry_id)


async def test_install(
    hass: HomeAssistant,
    real_docker: RealEngine,
    real_registry: RealRegistry,
    set_up: SetUp,
) -> None:
    """The update entity brings what it offers, and then has nothing more to offer."""
    image = await asyncio.to_thread(_publish, real_docker, real_registry, "install:1", "1.0")
    before = await asyncio.to_thread(real_docker.run, "web", image=image)
    await asyncio.to_thread(_publish, real_docker, real_registry, "install:1", "1.1")
    house = House(hass, await set_up("docker", url=real_docker.tcp_url))
    await house.refresh("updates")
    await house.refresh("updates")
    assert _shown(house) == ("on", "update_available")
    target = {"entity_id": house.entity_id(house.container("web"), "container_update")}
    await hass.services.async_call("update", "install", target, blocking=True)
    await house.until(house.container("web"), "container_update_state", "up_to_date", 20)
    assert _shown(house) == ("off", "up_to_date")
    state = house.find(house.container("web"), "container_update")
    assert state is not None
    assert state.attributes["installed_version"] == "1.1"
    after = await asyncio.to_thread(real_docker.inspect, "web")
    assert after["Id"] != before
    await hass.config_entries.async_unload(house.entry.entry_id)

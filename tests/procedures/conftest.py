"""A container on a real engine with an image in a real registry, and Home Assistant beside it."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
import io
import secrets
import tarfile
from typing import Any
from urllib.parse import quote, urlencode

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from tests.conftest import SetUp
from tests.harness import act, container as path_of
from tests.lab.real import RealEngine, RealRegistry
from tests.lab.real.helpers import STAY

SECOND = 10**9
GOOD = f'CMD ["sh", "-c", "{STAY}"]'
BAD = 'CMD ["sh", "-c", "exit 3"]'


@dataclass
class Shop:
    """Publishes images under one tag, and runs a container of the first."""

    engine: RealEngine
    registry: RealRegistry
    repository: str = field(default_factory=lambda: f"app-{secrets.token_hex(4)}")
    images: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        return f"{self.registry.host}/{self.repository}:1"

    def publish(self, changes: str, *, payload: bytes = b"") -> str:
        """Push an image; only the registry has it then, except for the first. Return its id."""
        number = len(self.images) + 1
        local = f"lab/{self.repository}:{number}"
        image = self._build(local, f"LABEL org.opencontainers.image.version={number}.0\n{changes}")
        if payload:
            image = self._with_layer(local, payload)
        before = self.engine.request("GET", f"/images/{self.reference}/json")
        self.registry.push(self.engine, local, f"{self.repository}:1")
        self.engine.call("DELETE", f"/images/{local}?noprune=1")
        self.images.append(image)
        if before.status == 200:
            self.engine.call("DELETE", f"/images/{image}?force=1")
            query = f"repo={self.registry.host}/{self.repository}&tag=1"
            self.engine.call("POST", f"/images/{before.json()['Id']}/tag?{query}")
        return image

    def _build(self, local: str, changes: str) -> str:
        return self.engine.import_image(local, changes=changes)

    def _with_layer(self, local: str, payload: bytes) -> str:
        """Add a layer that no other image has."""
        made = self.engine.call("POST", "/containers/create", {"Image": local})["Id"]
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo("payload")
            entry.size = len(payload)
            tar.addfile(entry, io.BytesIO(payload))
        self.engine.call("PUT", f"/containers/{made}/archive?path=/", archive.getvalue())
        repository, tag = local.split(":")
        query = urlencode({"container": made, "repo": repository, "tag": tag})
        image: str = self.engine.call("POST", f"/commit?{query}", {})["Id"]
        self.engine.call("DELETE", f"/containers/{made}?force=1&v=1")
        return image

    def run(self, name: str, **more: Any) -> str:
        """Run a container of the image with the image's own command; return its id."""
        options: dict[str, Any] = {"Cmd": None, **more}
        return self.engine.run(name, image=self.reference, more=options)

    def write(self, name: str, *paths: str) -> None:
        """Put a file into each folder of a running container."""
        for path in paths:
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w") as tar:
                entry = tarfile.TarInfo("mark")
                entry.size = len(name)
                tar.addfile(entry, io.BytesIO(name.encode()))
            target = f"/containers/{name}/archive?path={quote(path)}"
            self.engine.call("PUT", target, archive.getvalue())

    def holds(self, name: str, *paths: str) -> bool:
        """Whether the files that ``write`` left are there."""
        for path in paths:
            asked = f"/containers/{name}/archive?path={quote(path)}/mark"
            reply = self.engine.request("GET", asked)
            if reply.status != 200:
                return False
            with tarfile.open(fileobj=io.BytesIO(reply.body)) as tar:
                found = tar.extractfile("mark")
                if found is None or found.read() != name.encode():
                    return False
        return True


@dataclass
class Home:
    """Home Assistant with the engine's entry."""

    hass: HomeAssistant
    entry: ConfigEntry

    async def act(self, action: str, name: str, **data: Any) -> dict[str, Any]:
        """Call an action on a container and return its one result."""
        await self.entry.runtime_data.coordinators["containers"].async_refresh()
        return await self.call(action, name, **data)

    async def call(self, action: str, name: str, **data: Any) -> dict[str, Any]:
        """Do the same for a container that is known to Home Assistant."""
        return await act(self.hass, self.entry, path_of(name), action, **data)

    async def update(self, name: str, **data: Any) -> dict[str, Any]:
        return await self.act("update_container", name, **{"timeout": 5, "settle": 0.6, **data})

    @property
    def open_records(self) -> list[Any]:
        """Records of procedures that are not closed."""
        return list(self.entry.runtime_data.workshop.journal.open)


@pytest.fixture
def shop(
    real_docker: RealEngine, real_registry: RealRegistry, hass_storage: dict[str, Any]
) -> Generator[Shop]:
    """Give an engine and a registry with names of the test's own."""
    made = Shop(real_docker, real_registry)
    yield made
    real_docker.reset()
    for image in made.images:
        real_docker.request("DELETE", f"/images/{image}?force=1")


@pytest.fixture
def old_shop(
    real_docker_old: RealEngine, real_registry: RealRegistry, hass_storage: dict[str, Any]
) -> Shop:
    """Give the oldest engine that is supported."""
    return Shop(real_docker_old, real_registry)


@pytest.fixture
async def home(hass: HomeAssistant, shop: Shop, set_up: SetUp) -> AsyncGenerator[Home]:
    """Give Home Assistant with the engine; what is not asked for is left out."""
    entry = await set_up("docker", url=shop.engine.tcp_url, options={"include": []})
    yield Home(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def old_home(hass: HomeAssistant, old_shop: Shop, set_up: SetUp) -> AsyncGenerator[Home]:
    """Give Home Assistant with the oldest engine."""
    entry = await set_up("docker", url=old_shop.engine.tcp_url, options={"include": []})
    yield Home(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)


async def ask(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call the engine from a thread, as somebody at a terminal would."""
    return await asyncio.to_thread(function, *arguments, **options)

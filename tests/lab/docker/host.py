"""A simulated Docker host: its images, networks and containers, and how they are found."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
import itertools
from typing import Any

from ..clock import SECOND, Clock
from .dialect import DIALECTS, Dialect
from .events import EventBus
from .model import Container, EngineError, Image, LogLine, Network, digest


class Host:
    """What stands on a host, and the events about it.

    Objects are found by name, id or unambiguous id prefix; `EngineError` carries the real engine's
    status and words. Delays are seconds and may be changed by tests:

    * `restart_delay`: first pause of a restart policy, doubled each time; None: a container stays
      "restarting" until `come_back(name)`.
    * `health_delay`: how long a health check says "starting"; `crash_delay`: how long a crashing
      container lives.
    """

    def __init__(self, clock: Clock, *, dialect: str = "docker", cgroup: int = 2) -> None:
        """Start an empty host; `dialect` docker, podman or podman-4; `cgroup` 1 or 2."""
        self.dialect: Dialect = DIALECTS[dialect]
        self.cgroup = cgroup
        self.clock = clock
        self.bus = EventBus(clock)
        self.containers: dict[str, Container] = {}
        self.images: dict[str, Image] = {}
        self.networks: dict[str, Network] = {}
        self.volumes: dict[str, int] = {}
        self.registry: dict[str, Image] = {}
        self.host_name = "lab"
        self.booted = clock.stamp() - 40 * 86_400 * SECOND
        self.restart_delay: float | None = 0.1
        self.health_delay = 1.0
        self.crash_delay = 0.05
        self.pids = itertools.count(4200)
        self._numbers = itertools.count(1)
        self._jobs: set[asyncio.Task[None]] = set()
        for name, driver in (("bridge", "bridge"), ("host", "host"), ("none", "null")):
            self.add_network(name, driver=driver)

    # -- finding ------------------------------------------------------------------------------

    def find(self, name: str) -> Container:
        """Return a container by name (with or without "/"), id or id prefix."""
        wanted = name.removeprefix("/")
        if wanted in self.containers:
            return self.containers[wanted]
        for container in self.containers.values():
            if container.name == wanted:
                return container
        found = [c for c in self.containers.values() if wanted and c.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        raise EngineError(404, f"No such container: {name}")

    def by_name(self, name: str) -> Container | None:
        """Return the container of exactly this name."""
        return next((c for c in self.containers.values() if c.name == name), None)

    def new_id(self) -> str:
        """Return an id that no other object of this host has."""
        return digest(f"{self.host_name}-{next(self._numbers)}")

    # -- images and networks ------------------------------------------------------------------

    def add_image(self, ref: str, **fields: Any) -> Image:
        """Add an image (or return the one that has the tag); `fields` are those of `Image`.

        The registry gets it as well, so that an update check finds nothing newer.
        """
        ref = self.normalize(ref)
        if ref in self.images:
            return self.images[ref]
        identity = digest(f"image-{ref}")
        repository = ref.rsplit(":", 1)[0]
        fields.setdefault("created", self.clock.stamp() - 9 * 86_400 * SECOND)
        fields.setdefault("digests", [f"{repository}@sha256:{digest(f'manifest-{ref}')}"])
        image = Image(f"sha256:{identity}", [ref], tag_time=self.clock.stamp(), **fields)
        self.images[ref] = image
        self.registry[ref] = image
        return image

    def unique_images(self) -> list[Image]:
        """Return every image once, however many tags it has."""
        return list({image.id: image for image in self.images.values()}.values())

    def normalize(self, ref: str) -> str:
        """Add what the engine adds to a reference: `:latest`, and Podman's registry."""
        if "@" not in ref and ":" not in ref.rsplit("/", 1)[-1]:
            ref = f"{ref}:latest"
        prefix = self.dialect.image_prefix
        plain = "." not in ref.split("/", 1)[0] if "/" in ref else True
        return f"{prefix}{ref}" if prefix and plain else ref

    def find_image(self, ref: str) -> Image:
        """Return an image by tag, digest or id."""
        for image in self.images.values():
            if ref in (image.id, *image.digests) or image.id.removeprefix("sha256:") == ref:
                return image
        name = self.normalize(ref)
        if name in self.images:
            return self.images[name]
        shown = ref if ":" in ref else f"{ref}:latest"
        raise EngineError(404, f"No such image: {shown}")

    def add_network(self, name: str, *, driver: str = "bridge", **labels: str) -> Network:
        """Add a network (or return the one of that name)."""
        if name in self.networks:
            return self.networks[name]
        network = Network(
            name, digest(f"{self.host_name}-net-{name}"), driver, self.clock.stamp(), labels=labels
        )
        if driver == "bridge":
            number = 17 + sum(1 for other in self.networks.values() if other.driver == "bridge")
            network.subnet = f"172.{number % 240}.0.0/16"
            network.gateway = f"172.{number % 240}.0.1"
        self.networks[name] = network
        if name not in ("bridge", "host", "none"):
            self.network_event("create", network, None)
        return network

    # -- containers -------------------------------------------------------------------------------

    def register(self, container: Container) -> Container:
        """Add a created container and announce it."""
        if self.by_name(container.name) is not None:
            holder = self.find(container.name)
            raise EngineError(
                self.dialect.conflict_status,
                f'Conflict. The container name "/{container.name}" is already in use by container '
                f'"{holder.id}". You have to remove (or rename) that container to be able to reuse '
                "that name.",
            )
        for name in container.networks:
            self.add_network(name)
        self.containers[container.id] = container
        self.emit(container, "create")
        return container

    def write_log(self, name: str, text: str, *, stream: int = 1) -> None:
        """Let a container write a line (without line end): `stream` 1 stdout, 2 stderr."""
        container = self.find(name)
        # A terminal has one stream only, and its own line ends.
        end, stream = ("\r\n", 1) if container.tty else ("\n", stream)
        container.log.append(LogLine(self.clock.stamp(), stream, f"{text}{end}".encode()))
        container.notify()

    def emit(self, container: Container, action: str, **attributes: str) -> None:
        """Publish an event of a container."""
        own = {**container.labels, "image": container.image_ref, "name": container.name}
        self.bus.publish("container", action, container.id, {**own, **attributes})
        container.notify()

    async def end_jobs(self) -> None:
        """Cancel everything that was going to happen by itself."""
        for job in list(self._jobs):
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def later(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Let something happen by itself; `end_jobs()` cancels what has not ended by then."""
        job = asyncio.get_running_loop().create_task(coroutine)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    def connect(self, container: Container, name: str) -> None:
        """Give a container an address in a network."""
        network = self.add_network(name)
        address = ""
        if network.subnet:
            taken = set(network.containers.values())
            prefix = network.subnet.removesuffix(".0.0/16")
            candidates = (f"{prefix}.{n // 250}.{n % 250 + 2}" for n in itertools.count())
            address = next(ip for ip in candidates if ip not in taken)
        network.containers[container.id] = address
        self.network_event("connect", network, container)

    def disconnect_all(self, container: Container) -> None:
        """Take a container out of its networks' addresses, as at its end."""
        for name in container.networks:
            network = self.networks.get(name)
            if network is not None:
                network.containers.pop(container.id, None)
                self.network_event("disconnect", network, container)

    def network_event(self, action: str, network: Network, container: Container | None) -> None:
        """Publish an event of a network."""
        attributes = {"name": network.name, "type": network.driver}
        if container is not None:
            attributes["container"] = container.id
        self.bus.publish("network", action, network.id, attributes)

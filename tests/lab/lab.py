"""The home server in a box: all simulated systems together.

A later system is one more entry of `REGISTRY`: a function that gets the running lab and the port
to use (0: a free one), opens its server, furnishes it for the demo and returns it with the facts
that `python -m tests.lab` prints.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from .clock import Clock
from .docker import SimulatedEngine, furnish as furnish_engine, furnish_attic
from .nut import NutServer, furnish as furnish_nut
from .portainer import Portainer
from .scrutiny import Scrutiny, furnish as furnish_scrutiny, typical_disks
from .server import HttpServer
from .smartctl_exporter import SmartctlExporter
from .truenas import ALL_VERSIONS, TrueNas, Version, furnish as furnish_truenas

type Server = HttpServer | NutServer
type Door = dict[str, str | int | bool]
type Starter = Callable[[Lab, int], Awaitable[tuple[Server, Door]]]


class Lab:
    """Simulated systems on 127.0.0.1 with one common clock.

    async with Lab(["docker", "portainer"]) as lab:
        lab.doors["portainer"]           # {"url": …, "token": …}
        lab.engine.die("sonarr", 1)      # each server: `engine`, `portainer`, `nut`, `truenas()`
    """

    def __init__(
        self,
        systems: list[str] | None = None,
        *,
        ports: dict[str, int] | None = None,
        docker_url: str | None = None,
    ) -> None:
        """Choose systems (None: all), fixed `ports` by system, and the engine behind Portainer.

        `docker_url` (`http://`, `tcp://` or `unix:///path`) puts Portainer before that engine
        instead of the simulated one, and is then what `docker` says as well.
        """
        self.systems = list(REGISTRY) if systems is None else systems
        unknown = [name for name in self.systems if name not in REGISTRY]
        if unknown:
            raise ValueError(f"no such systems: {unknown}; known: {list(REGISTRY)}")
        self.clock = Clock()
        self.ports = ports or {}
        self.docker_url = docker_url
        self.servers: dict[str, Server] = {}
        self.doors: dict[str, Door] = {}
        self._stack = AsyncExitStack()

    @property
    def engine(self) -> SimulatedEngine:
        """The simulated engine."""
        server = self.servers["docker"]
        assert isinstance(server, SimulatedEngine)
        return server

    @property
    def portainer(self) -> Portainer:
        """The front door."""
        server = self.servers["portainer"]
        assert isinstance(server, Portainer)
        return server

    @property
    def nut(self) -> NutServer:
        """The simulated upsd."""
        server = self.servers["nut"]
        assert isinstance(server, NutServer)
        return server

    def truenas(self, label: str = "25.10") -> TrueNas:
        """Return the simulated TrueNAS of a release."""
        server = self.servers[f"truenas-{label}"]
        assert isinstance(server, TrueNas)
        return server

    async def start(self, name: str) -> Server:
        """Start a system if it does not run yet."""
        if name not in self.servers:
            server, door = await REGISTRY[name](self, self.ports.get(name, 0))
            self._stack.push_async_callback(server.close)
            self.servers[name], self.doors[name] = server, door
        return self.servers[name]

    async def open_attic(self) -> SimulatedEngine:
        """Start a second, small host, for Portainer to look after."""
        attic = SimulatedEngine(clock=self.clock)
        furnish_attic(attic)
        await attic.open()
        self._stack.push_async_callback(attic.close)
        return attic

    async def __aenter__(self) -> Self:
        """Start the chosen systems."""
        try:
            for name in self.systems:
                await self.start(name)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop them all."""
        await self._stack.aclose()


async def _docker(lab: Lab, port: int) -> tuple[Server, Door]:
    engine = SimulatedEngine(port=port, clock=lab.clock)
    furnish_engine(engine)
    await engine.open()
    return engine, {"url": lab.docker_url or engine.url}


async def _portainer(lab: Lab, port: int) -> tuple[Server, Door]:
    portainer = Portainer(port=port, clock=lab.clock)
    if lab.docker_url is None:
        attic = await lab.open_attic()
        portainer.add_environment("attic", attic.url)
        portainer.add_stack("attic")
    else:
        portainer.add_environment("local", lab.docker_url)
    await portainer.open()
    return portainer, {"url": portainer.url, "token": portainer.api_key}


async def _nut(lab: Lab, port: int) -> tuple[Server, Door]:
    server = NutServer(port=port, clock=lab.clock)
    furnish_nut(server)
    await server.open()
    door: Door = {"host": server.host, "port": server.port}
    return server, {**door, "username": server.username, "password": server.password}


def _truenas(version: Version) -> Starter:
    async def start(lab: Lab, port: int) -> tuple[Server, Door]:
        name = f"truenas-{version.label}"
        server = TrueNas(version, port=port, clock=lab.clock, name=name)
        furnish_truenas(server)
        await server.open()
        door: Door = {"url": server.url, "username": server.username, "api_key": server.api_key}
        return server, {**door, "verify_ssl": False}

    return start


async def _scrutiny(lab: Lab, port: int) -> tuple[Server, Door]:
    server = Scrutiny(port=port, clock=lab.clock)
    furnish_scrutiny(server)
    await server.open()
    return server, {"url": server.url}


async def _smartctl_exporter(lab: Lab, port: int) -> tuple[Server, Door]:
    server = SmartctlExporter(port=port, clock=lab.clock)
    for disk in typical_disks():
        server.add(disk)
    await server.open()
    return server, {"url": server.url}


REGISTRY: dict[str, Starter] = {
    "docker": _docker,
    "portainer": _portainer,
    "nut": _nut,
    "scrutiny": _scrutiny,
    "smartctl_exporter": _smartctl_exporter,
    **{f"truenas-{version.label}": _truenas(version) for version in ALL_VERSIONS},
}

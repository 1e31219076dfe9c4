"""pytest fixtures of the lab; a plugin module for `pytest_plugins = ["tests.lab.fixtures"]`.

Simulated: `docker_engine`, `portainer` (before it), `nut_server`, each new for every test.
Real (only for tests with the marker `real`): `real_docker` (28.5), `real_docker_old` (20.10),
`real_registry`, `real_nut`. Their daemons start once for a run; after each test containers and
variables are put back. Where real daemons cannot be had, the test is left out with the reason.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager

import pytest
import pytest_socket

from .docker import SimulatedEngine
from .nut import NutServer
from .portainer import Portainer
from .real import RealEngine, RealNut, RealRegistry, unavailable


@pytest.fixture
async def docker_engine(socket_enabled: None) -> AsyncGenerator[SimulatedEngine]:
    """Give a simulated engine without containers."""
    async with SimulatedEngine() as engine:
        yield engine


@pytest.fixture
async def portainer(docker_engine: SimulatedEngine) -> AsyncGenerator[Portainer]:
    """Give a Portainer with one environment, "local", before `docker_engine`."""
    async with Portainer() as server:
        server.add_environment("local", docker_engine.url)
        yield server


@pytest.fixture
async def nut_server(socket_enabled: None) -> AsyncGenerator[NutServer]:
    """Give a simulated upsd with one UPS, "ups"."""
    async with NutServer() as server:
        server.add("ups")
        yield server


@contextmanager
def _daemon_start() -> Generator[None]:
    """Permit sockets while a daemon starts: at that time the test's own fixtures have not yet."""
    if reason := unavailable():
        pytest.skip(reason)
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
    try:
        yield
    finally:
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def _docker_daemon() -> Generator[RealEngine]:
    engine = RealEngine("28.5")
    with _daemon_start():
        engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def _old_docker_daemon() -> Generator[RealEngine]:
    engine = RealEngine("20.10")
    with _daemon_start():
        engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def _registry_daemon() -> Generator[RealRegistry]:
    registry = RealRegistry()
    with _daemon_start():
        registry.start()
    yield registry
    registry.stop()


@pytest.fixture(scope="session")
def _nut_daemon() -> Generator[RealNut]:
    nut = RealNut()
    with _daemon_start():
        nut.start()
    yield nut
    nut.stop()


@pytest.fixture
def real_docker(_docker_daemon: RealEngine, socket_enabled: None) -> Generator[RealEngine]:
    """Give a real Docker Engine 28.5 without containers."""
    yield _docker_daemon
    _docker_daemon.reset()


@pytest.fixture
def real_docker_old(_old_docker_daemon: RealEngine, socket_enabled: None) -> Generator[RealEngine]:
    """Give a real Docker Engine 20.10 without containers."""
    yield _old_docker_daemon
    _old_docker_daemon.reset()


@pytest.fixture
def real_registry(_registry_daemon: RealRegistry, socket_enabled: None) -> RealRegistry:
    """Give a real registry."""
    return _registry_daemon


@pytest.fixture
def real_nut(_nut_daemon: RealNut, socket_enabled: None) -> Generator[RealNut]:
    """Give a real upsd with one UPS, "ups", on the mains."""
    yield _nut_daemon
    _nut_daemon.reset()

"""pytest fixtures of the lab; a plugin module for `pytest_plugins = ["tests.lab.fixtures"]`."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from .docker import SimulatedEngine
from .nut import NutServer
from .portainer import Portainer


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

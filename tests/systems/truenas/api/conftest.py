"""Clients of the simulated TrueNAS that leave nothing behind, and a clock to put forward."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

from aiohttp import ClientSession, TCPConnector
import pytest

from custom_components.home_server_monitor.systems.system import Sessions
from custom_components.home_server_monitor.systems.truenas.client import TrueNas
from custom_components.home_server_monitor.systems.truenas.connect import connect
from tests.harness import until
from tests.lab import truenas as lab
from tests.lab.truenas.methods import declarations, method

type Reach = Callable[..., Awaitable[TrueNas]]


@pytest.fixture
async def sessions(socket_enabled: None) -> AsyncGenerator[Sessions]:
    """Give sessions like those that Home Assistant shares."""
    async with (
        ClientSession() as verified,
        ClientSession(connector=TCPConnector(ssl=False)) as unverified,
    ):
        yield Sessions(verified=verified, unverified=unverified)


@pytest.fixture
async def reach(nas: lab.TrueNas, sessions: Sessions) -> AsyncGenerator[Reach]:
    """Give ``await reach(nas, api_key=…)``; at the end neither task nor socket may be left."""
    clients: list[TrueNas] = []

    async def run(server: lab.TrueNas, **data: Any) -> TrueNas:
        client = await connect({**door(server), **data}, sessions)
        clients.append(client)
        return client

    yield run
    for client in clients:
        await client.close()
    assert tasks() == []
    await until(lambda: not nas.sessions)


def door(server: lab.TrueNas) -> dict[str, Any]:
    """Return the fields of the form for a server."""
    return {
        "url": server.url,
        "username": server.username,
        "api_key": server.api_key,
        "verify_ssl": False,
    }


def tasks() -> list[asyncio.Task[Any]]:
    """Return the tasks of clients that run at present."""
    return [task for task in asyncio.all_tasks() if task.get_name() == "truenas wire"]


def offer(server: lab.TrueNas, name: str, function: lab.Handler, **more: Any) -> None:
    """Let a server have one more method."""
    (declared,) = declarations([method(name, role=lab.LOGGED_IN, **more)(function)])
    server.methods[name] = declared


class Time:
    """The event loop's clock, which can be put forward."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Take over the clock of the loop that runs."""
        self._ahead = 0.0
        loop = asyncio.get_running_loop()
        real = loop.time
        patch.setattr(loop, "time", lambda: real() + self._ahead)

    async def forward(self, seconds: float) -> None:
        """Let so many seconds pass, and what was due happen."""
        self._ahead += seconds
        await asyncio.sleep(0.05)

    def skip(self, seconds: float) -> None:
        """Put it forward, without a moment for anything to happen."""
        self._ahead += seconds


@pytest.fixture
async def time(socket_enabled: None) -> AsyncGenerator[Time]:
    """Give a clock that can be put forward."""
    with pytest.MonkeyPatch.context() as patch:
        yield Time(patch)


@pytest.fixture
def at_most() -> Generator[Callable[[lab.TrueNas], list[int]]]:
    """Give ``seen = at_most(nas)``, a list of how many calls each connection had in flight."""
    watchers: list[asyncio.Task[None]] = []

    def watch(server: lab.TrueNas) -> list[int]:
        seen: list[int] = []

        async def look() -> None:
            while True:
                seen.extend(session.gate.count for session in server.sessions)
                await asyncio.sleep(0)

        watchers.append(asyncio.get_running_loop().create_task(look()))
        return seen

    yield watch
    for task in watchers:
        task.cancel()

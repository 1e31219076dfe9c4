"""Every fault does what it says, on every HTTP system alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
import time

import aiohttp
import pytest

from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


async def status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        await answer.read()
        return answer.status


async def test_refuse_and_accept_keep_the_port(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    port = docker_engine.port
    async with session.get(f"{docker_engine.url}/events") as stream:
        await docker_engine.refuse()
        with pytest.raises(aiohttp.ClientError):
            await stream.content.read()
    with pytest.raises(aiohttp.ClientConnectorError):
        await status(session, f"{docker_engine.url}/_ping")
    await docker_engine.accept()
    assert docker_engine.port == port
    assert await status(session, f"{docker_engine.url}/_ping") == 200


async def test_hang_until_it_is_removed(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    with docker_engine.faults.hang("/version") as fault:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await status(session, f"{docker_engine.url}/version")
        assert await status(session, f"{docker_engine.url}/_ping") == 200
        assert fault.hits == 1
        # aiohttp would repeat a GET by itself.
        waiting = asyncio.create_task(session.post(f"{docker_engine.url}/version"))
        await asyncio.sleep(0.05)
    with pytest.raises(aiohttp.ClientError):
        await waiting
    assert await status(session, f"{docker_engine.url}/version") == 200


async def test_slow(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    docker_engine.faults.slow(0.2, count=1)
    begun = time.monotonic()
    assert await status(session, f"{docker_engine.url}/_ping") == 200
    assert time.monotonic() - begun >= 0.19


async def test_statuses_have_the_systems_own_bodies(
    docker_engine: SimulatedEngine, portainer: Portainer, session: aiohttp.ClientSession
) -> None:
    docker_engine.faults.not_found("/containers/abc/", count=1)
    async with session.get(f"{docker_engine.url}/containers/abc/json") as answer:
        assert (answer.status, list(await answer.json())) == (404, ["message"])
    portainer.faults.unauthorized()
    async with session.get(f"{portainer.url}/api/endpoints") as answer:
        assert answer.status == 401
        assert await answer.json() == {"message": "Invalid JWT token", "details": "Unauthorized"}
    portainer.faults.clear()
    portainer.faults.too_many(retry_after=7)
    async with session.get(f"{portainer.url}/api/system/status") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("kind", ["forbidden", "server_error"])
async def test_count_and_method(
    kind: str, docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    expected = {"forbidden": 403, "server_error": 500}[kind]
    getattr(docker_engine.faults, kind)(count=2, method="GET")
    seen = [await status(session, f"{docker_engine.url}/_ping") for _ in range(3)]
    assert seen == [expected, expected, 200]
    assert [answered.status for answered in docker_engine.requests] == seen


async def test_garbage_is_no_json(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.faults.garbage("json")
    async with session.get(f"{docker_engine.url}/containers/json") as answer:
        assert answer.status == 200
        with pytest.raises(ValueError, match=r"codec|Expecting"):
            await answer.json()


async def test_half_a_body(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    docker_engine.add("one")
    docker_engine.faults.half_body("/containers/json")
    async with session.get(f"{docker_engine.url}/containers/json") as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_reset(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    docker_engine.faults.reset(count=1)
    reader, writer = await asyncio.open_connection("127.0.0.1", docker_engine.port)
    writer.write(b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    assert await status(session, f"{docker_engine.url}/_ping") == 200


async def test_clock_jump(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    docker_engine.add("one", age=60)
    docker_engine.faults.clock_jump(7200)
    async with session.get(f"{docker_engine.url}/containers/json") as answer:
        assert (await answer.json())[0]["Status"] == "Up 2 hours"


async def test_counts(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    docker_engine.add("one")
    await status(session, f"{docker_engine.url}/v1.44/containers/one/json")
    await status(session, f"{docker_engine.url}/containers/two/json")
    assert docker_engine.counts == {("GET", "/containers/{id}/json"): 2}
    assert docker_engine.count("/containers/one/") == 1
    assert docker_engine.bytes_sent > 1000
    docker_engine.reset_counts()
    assert (docker_engine.requests, docker_engine.bytes_sent) == ([], 0)

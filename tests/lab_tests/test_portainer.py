"""The lab's Portainer: its own API, its errors, and the way through to an engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
import json
from typing import Any

import aiohttp
from pyportainer import Portainer as PortainerClient
import pytest

from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer
from tests.lab.real import RealEngine


@pytest.fixture
async def session(portainer: Portainer) -> AsyncGenerator[aiohttp.ClientSession]:
    headers = {"X-API-Key": portainer.api_key}
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(portainer.url, headers=headers, timeout=timeout) as session:
        yield session


async def get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_who_may_come_in(portainer: Portainer, session: aiohttp.ClientSession) -> None:
    missing = {"message": "A valid authorization token is missing", "details": "Unauthorized"}
    wrong = {"message": "Invalid JWT token", "details": "Unauthorized"}
    async with aiohttp.ClientSession(portainer.url) as stranger:
        assert (await get(stranger, "/api/system/status"))["Version"] == portainer.version
        async with stranger.get("/api/endpoints") as answer:
            assert (answer.status, await answer.json()) == (401, missing)
        async with stranger.get("/api/endpoints", headers={"X-API-Key": "no"}) as answer:
            assert (answer.status, await answer.json()) == (401, wrong)
        async with stranger.get("/api/users/me", params={"x-api-key": portainer.api_key}) as answer:
            assert answer.status == 200
    assert (await get(session, "/api/users/me"))["Role"] == 1
    portainer.api_key = "another"
    async with session.get("/api/endpoints/1/docker/info") as answer:
        assert answer.status == 401


async def test_environments(
    portainer: Portainer, docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.add("one", project="p", health="healthy")
    docker_engine.add("two", state="exited")
    portainer.add_environment("away", "http://127.0.0.1:9", up=False)
    portainer.add_environment("cluster", "http://127.0.0.1:9", kind=5)
    async with session.get("/api/endpoints") as answer:
        assert answer.headers["X-Total-Count"] == "3"
        listed = await answer.json()
    assert [(e["Name"], e["Status"], e["Type"]) for e in listed] == [
        ("local", 1, 1),
        ("away", 2, 1),
        ("cluster", 1, 5),
    ]
    snapshot = listed[0]["Snapshots"][0]
    assert (snapshot["ContainerCount"], snapshot["RunningContainerCount"]) == (2, 1)
    assert (snapshot["HealthyContainerCount"], snapshot["StackCount"]) == (1, 1)
    assert len(await get(session, "/api/endpoints?status[]=1&excludeSnapshots=true")) == 2
    assert [e["Id"] for e in await get(session, "/api/endpoints?start=1&limit=1")] == [2]
    async with session.get("/api/endpoints/2/docker/info") as answer:
        assert (answer.status, await answer.read()) == (502, b"")
    async with session.get("/api/endpoints/3/docker/info") as answer:
        assert (answer.status, (await answer.json())["message"]) == (500, "Unable to create proxy")
    async with session.get("/api/endpoints/9/docker/info") as answer:
        assert answer.status == 404
        assert (await answer.json())["message"].startswith("Unable to find an environment")
    portainer.environments[1].forbidden = True
    async with session.get("/api/endpoints/1/docker/info") as answer:
        assert answer.status == 403
    await docker_engine.refuse()
    portainer.environments[1].forbidden = False
    async with session.post("/api/endpoints/1/snapshot") as answer:
        assert answer.status == 204
    assert (await get(session, "/api/endpoints/1"))["Status"] == 2


async def test_streams_come_through(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.add("one", logs=["first"])
    base = "/api/endpoints/1/docker"
    async with session.get(f"{base}/v1.44/events") as stream:
        docker_engine.die("one", 3)
        actions = [json.loads(await stream.content.readline())["Action"] for _ in range(2)]
    assert actions == ["disconnect", "die"]
    async with session.get(f"{base}/containers/one/logs?stdout=1") as answer:
        assert answer.content_type == "application/vnd.docker.multiplexed-stream"
        assert (await answer.read())[8:] == b"first\n"
    async with session.get(f"{base}/containers/none/json") as answer:
        assert (answer.status, await answer.json()) == (404, {"message": "No such container: none"})
    docker_engine.faults.half_body("containers/json")
    with pytest.raises(aiohttp.ClientPayloadError):
        await get(session, f"{base}/containers/json")


async def test_stacks(
    portainer: Portainer, docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    one = docker_engine.add("one", project="media")
    portainer.add_stack("media")
    assert (await get(session, "/api/stacks"))[0]["Name"] == "media"
    assert await get(session, '/api/stacks?filters={"EndpointID":7}') == []
    async with session.post("/api/stacks/1/stop?endpointId=1") as answer:
        assert (await answer.json())["Status"] == 2
    assert one.status == "exited"
    async with session.post("/api/stacks/1/stop?endpointId=1") as answer:
        assert answer.status == 400
    async with session.get("/api/stacks/5") as answer:
        assert answer.status == 404


async def test_the_library_understands_it(
    portainer: Portainer, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("one")
    async with aiohttp.ClientSession() as session:
        client = PortainerClient(portainer.url, portainer.api_key, session=session)
        endpoints = await client.get_endpoints()
        assert [endpoint.name for endpoint in endpoints] == ["local"]
        containers = await client.get_containers(endpoints[0].id)
        assert containers[0].names == ["/one"]
        assert (await client.portainer_system_status()).version == portainer.version


@pytest.mark.real
async def test_before_a_real_engine(
    portainer: Portainer, real_docker: RealEngine, session: aiohttp.ClientSession
) -> None:
    real_docker.run("one")
    for number, target in enumerate((real_docker.tcp_url, real_docker.socket_url), 2):
        portainer.add_environment(f"real{number}", target)
        listed = await get(session, f"/api/endpoints/{number}/docker/containers/json")
        assert [entry["Names"] for entry in listed] == [["/one"]]
        assert (await get(session, f"/api/endpoints/{number}"))["Snapshots"][0][
            "ContainerCount"
        ] == 1
    async with session.get("/api/endpoints/2/docker/events") as stream:
        real_docker.act("kill", "one")
        assert json.loads(await stream.content.readline())["Action"] == "kill"

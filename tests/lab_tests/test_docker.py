"""What only the simulated engine can do: dialects, both control groups, a thousand containers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.lab.docker import EngineError, SimulatedEngine, SocketProxy, Usage, furnish
from tests.lab.tls import make_certificates


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


async def get(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_usage_advances_or_stands_still(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    url = f"{docker_engine.url}/containers/one/stats?stream=false&one-shot=true"
    container = docker_engine.add("one", memory_limit=100_000_000)
    first = await get(session, url)
    docker_engine.clock.jump(100)
    second = await get(session, url)
    for path in (("cpu_stats", "cpu_usage", "total_usage"), ("networks", "eth0", "rx_bytes")):
        before, after = first, second
        for key in path:
            before, after = before[key], after[key]
        assert after > before
    container.usage.set(
        cpu=5_000, memory=40_000_000, rx=7, tx=8, read=9, write=10, system=1_000_000
    )
    fixed = await get(session, url)
    assert fixed["cpu_stats"]["cpu_usage"]["total_usage"] == 5_000
    assert fixed["cpu_stats"]["system_cpu_usage"] == 1_000_000
    memory = fixed["memory_stats"]
    assert memory["usage"] - memory["stats"]["inactive_file"] == 40_000_000
    assert (memory["limit"], fixed["networks"]["eth0"]["tx_bytes"]) == (100_000_000, 8)
    with pytest.raises(ValueError, match="heat"):
        container.usage.set(heat=1)


async def test_both_control_groups(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.add("one", usage=Usage(cache=1000))
    url = f"{docker_engine.url}/containers/one/stats?stream=false&one-shot=true"
    v2 = await get(session, url)
    assert "percpu_usage" not in v2["cpu_stats"]["cpu_usage"]
    assert v2["memory_stats"]["stats"]["inactive_file"] == 1000
    assert v2["blkio_stats"]["sectors_recursive"] is None
    docker_engine.cgroup = 1
    v1 = await get(session, url)
    assert sum(v1["cpu_stats"]["cpu_usage"]["percpu_usage"]) > 0
    assert v1["memory_stats"]["stats"]["total_inactive_file"] == 1000
    assert v1["blkio_stats"]["sectors_recursive"] == []


async def test_stats_with_two_samples_and_as_a_stream(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.add("one")
    url = f"{docker_engine.url}/containers/one/stats"
    single = await get(session, f"{url}?stream=false")
    assert single["preread"] > "2020"
    assert single["precpu_stats"]["system_cpu_usage"] < single["cpu_stats"]["system_cpu_usage"]
    async with session.get(url) as stream:
        assert json.loads(await stream.content.readline())["read"] > single["read"]


async def test_events_are_live_and_replayed(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.add("one", health="healthy")
    since = docker_engine.clock.stamp()
    filters = json.dumps({"event": ["health_status", "die"]})
    url = f"{docker_engine.url}/events"
    async with session.get(url, params={"filters": filters}) as stream:
        docker_engine.set_health("one", "unhealthy")
        live = json.loads(await stream.content.readline())
    assert live["Action"] == "health_status: unhealthy"
    docker_engine.die("one", 4)
    seconds = f"{since // 10**9}.{since % 10**9:09d}"
    query = {"since": seconds, "until": str(int(docker_engine.clock.now())), "filters": filters}
    docker_engine.clock.jump(5)
    query["until"] = str(docker_engine.clock.now())
    async with session.get(url, params=query) as stream:
        lines = (await stream.read()).splitlines()
    seen = [json.loads(line) for line in lines]
    assert seen[0] == live
    assert seen[1]["Actor"]["Attributes"]["exitCode"] == "4"
    assert len({event["timeNano"] for event in docker_engine.bus.recent}) == len(
        docker_engine.bus.recent
    )


async def test_restart_policy_waits_until_told(docker_engine: SimulatedEngine) -> None:
    docker_engine.restart_delay = None
    one = docker_engine.add("one", restart_policy="always")
    docker_engine.die("one", 9)
    assert (one.status, one.running, one.exit_code) == ("restarting", True, 9)
    docker_engine.come_back("one")
    assert (one.status, one.restart_count) == ("running", 1)
    docker_engine.stop("one")
    assert one.status == "exited"


async def test_crash_loop_goes_on(docker_engine: SimulatedEngine) -> None:
    docker_engine.restart_delay = docker_engine.crash_delay = 0.001
    docker_engine.add("one")
    one = docker_engine.loop("one", 2)
    async with asyncio.timeout(5):
        while one.restart_count < 4:
            await asyncio.sleep(0.01)
    deaths = [e for e in docker_engine.bus.recent if e["Action"] == "die"]
    assert len(deaths) >= 4


async def test_oom(docker_engine: SimulatedEngine) -> None:
    one = docker_engine.add("one")
    docker_engine.oom("one", times=2)
    assert (one.oom_killed, one.exit_code, one.status) == (True, 137, "exited")
    actions = [e["Action"] for e in docker_engine.bus.recent if e["Type"] == "container"]
    assert actions == ["oom", "oom", "die"]


async def test_recreate_keeps_name_and_labels(docker_engine: SimulatedEngine) -> None:
    old = docker_engine.add("web", "lab/web:1", project="site", version="1", health="healthy")
    new = docker_engine.recreate("web", "lab/web:2")
    assert new.id != old.id
    assert (new.name, new.project, new.service) == ("web", "site", "web")
    assert (new.image_ref, new.status) == ("lab/web:2", "running")
    actions = [e["Action"] for e in docker_engine.bus.recent if e["Type"] == "container"]
    assert actions == ["create", "kill", "stop", "die", "destroy", "rename", "start"]


async def test_health_returns_after_a_start(docker_engine: SimulatedEngine) -> None:
    docker_engine.health_delay = 0.01
    one = docker_engine.add("one", health="healthy")
    docker_engine.restart("one")
    assert one.health is not None
    assert one.health.status == "starting"
    await asyncio.sleep(0.1)
    assert one.health.status == "healthy"


async def test_announced_container(docker_engine: SimulatedEngine) -> None:
    docker_engine.add("old")
    docker_engine.add("new", announce=True)
    assert [e["Action"] for e in docker_engine.bus.recent] == ["create", "connect", "start"]
    with pytest.raises(EngineError, match="already in use"):
        docker_engine.add("new", announce=True)


async def test_filters_and_logs(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.add("a", project="p", health="unhealthy")
    docker_engine.add("b", state="exited", exit_code=3, age=10)
    base = f"{docker_engine.url}/containers/json?filters="
    for filters, names in (
        ({"health": ["unhealthy"]}, ["/a"]),
        ({"status": ["exited"]}, ["/b"]),
        ({"exited": ["3"]}, ["/b"]),
        ({"label": ["com.docker.compose.project=p"]}, ["/a"]),
        ({"name": ["^/a$"]}, ["/a"]),
        ({"health": {"none": True}}, []),
    ):
        listed = await get(session, base + json.dumps(filters))
        assert [entry["Names"][0] for entry in listed] == names, filters
    follow = f"{docker_engine.url}/containers/a/logs?stdout=1&follow=1"
    async with session.get(follow) as stream:
        docker_engine.write_log("a", "hello")
        assert await stream.content.readexactly(14) == b"\x01\0\0\0\0\0\0\x06hello\n"
        docker_engine.write_log("a", "wrong stream", stream=2)
        docker_engine.die("a", 0)
        assert await stream.content.read() == b""


async def test_a_thousand(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    docker_engine.populate(1000)
    listed = await get(session, f"{docker_engine.url}/containers/json")
    assert len({entry["Id"] for entry in listed}) == 1000
    assert (await get(session, f"{docker_engine.url}/info"))["ContainersRunning"] == 1000


async def test_household(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    furnish(docker_engine)
    listed = await get(session, f"{docker_engine.url}/containers/json?all=1")
    projects = {entry["Labels"].get("com.docker.compose.project") for entry in listed}
    assert projects == {"media", "infra", "cloud", None}
    assert sum("(unhealthy)" in entry["Status"] for entry in listed) == 1
    assert {entry["State"] for entry in listed} == {"running", "paused", "exited"}
    for entry in listed:
        await get(session, f"{docker_engine.url}/containers/{entry['Id']}/json")


async def test_update_of_an_image(
    docker_engine: SimulatedEngine, session: aiohttp.ClientSession
) -> None:
    docker_engine.add("web", "lab/web:1")
    newer = docker_engine.offer("lab/web:1", labels={"org.opencontainers.image.version": "1.1"})
    remote = await get(session, f"{docker_engine.url}/distribution/lab/web:1/json")
    local = await get(session, f"{docker_engine.url}/images/lab/web:1/json")
    assert remote["Descriptor"]["digest"] not in local["RepoDigests"][0]
    pull = f"{docker_engine.url}/images/create?fromImage=lab/web&tag=1"
    async with session.post(pull) as answer:
        lines = (await answer.text()).split("\r\n")
    assert json.loads(lines[-2])["status"] == "Status: Downloaded newer image for lab/web:1"
    local = await get(session, f"{docker_engine.url}/images/lab/web:1/json")
    assert (local["Id"], local["RepoDigests"]) == (newer.id, newer.digests)
    async with session.post(pull) as answer:
        assert "Image is up to date" in await answer.text()
    async with session.post(f"{docker_engine.url}/images/create?fromImage=no&tag=1") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("dialect", ["podman", "podman-4"])
async def test_podman(dialect: str, session: aiohttp.ClientSession) -> None:
    async with SimulatedEngine(dialect=dialect) as engine:
        engine.add("one", "lab/app:1", health="starting")
        engine.add("off", "lab/app:1", state="exited")
        old = dialect == "podman-4"
        version = await get(session, f"{engine.url}/version")
        assert version["Components"][0]["Name"] == "Podman Engine"
        listed = await get(session, f"{engine.url}/containers/json?all=1")
        assert {entry["Image"] for entry in listed} == {"docker.io/lab/app:1"}
        assert {entry["State"] for entry in listed} == {"running", "stopped" if old else "exited"}
        expected = (
            ("POST", "/containers/one/pause", 204),
            ("POST", "/containers/one/pause", 500),
            ("POST", "/containers/one/update", 404 if old else 200),
            ("GET", "/containers/off/stats?stream=false", 200 if old else 500),
            ("GET", "/distribution/lab/app:1/json", 404),
            ("GET", "/swarm", 404),
            ("GET", "/images/json?digests=1", 200),
        )
        for method, path, status in expected:
            async with session.request(method, engine.url + path) as answer:
                assert answer.status == status, path
        async with session.get(f"{engine.url}/containers/nope/json") as answer:
            assert sorted(await answer.json()) == ["cause", "message", "response"]
        engine.unpause("one")
        engine.die("one", 5)
        attributes = engine.bus.recent[-1]["Actor"]["Attributes"]
        assert attributes["containerExitCode"] == "5"


async def test_socket_proxy(docker_engine: SimulatedEngine, session: aiohttp.ClientSession) -> None:
    docker_engine.add("one")
    allow = {"CONTAINERS", "ALLOW_RESTARTS"}
    async with SocketProxy(docker_engine.url, allow=allow) as proxy:
        for method, path, status in (
            ("GET", "/v1.44/containers/json", 200),
            ("GET", "/version", 200),
            ("GET", "/info", 403),
            ("GET", "/images/json", 403),
            ("POST", "/containers/one/restart", 204),
            ("POST", "/containers/one/start", 403),
            ("DELETE", "/containers/one", 403),
        ):
            async with session.request(method, proxy.url + path) as answer:
                assert answer.status == status, path
                if status == 403:
                    assert answer.content_type == "text/html"
        async with session.get(f"{proxy.url}/events") as stream:
            docker_engine.die("one")
            while json.loads(await stream.content.readline())["Action"] != "die":
                pass
    with pytest.raises(ValueError, match="TEA"):
        SocketProxy(docker_engine.url, allow={"TEA"})


async def test_unix_socket_and_tls(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    certificates = make_certificates(tmp_path / "tls")
    path = tmp_path / "docker.sock"
    async with SimulatedEngine(unix_path=path) as engine:
        assert engine.socket_url == f"unix://{path}"
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as unix:
            assert (await get(unix, "http://docker/version"))["ApiVersion"] == "1.51"
    async with SimulatedEngine(tls=certificates.server_context()) as engine:
        url = f"{engine.url}/_ping"
        async with session.get(url, ssl=certificates.client_context()) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await session.get(url, ssl=certificates.client_context(with_certificate=False))
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(url)

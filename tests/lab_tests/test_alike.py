"""The simulated engine answers as the real one does: the same calls to both, and compared."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
import json
import re
from typing import Any

import aiohttp
import pytest

from tests.lab.docker import SimulatedEngine
from tests.lab.real import RealEngine
from tests.lab.real.engine import IMAGE, STAY

pytestmark = pytest.mark.real

NOISE = re.compile(r"[0-9a-f]{64}|[0-9a-f]{12}(?=[\"\\])")


def shape(value: Any) -> Any:
    """Return the types of a JSON value, key by key; of a list the shape of its first entry."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@dataclass
class Side:
    """One of the two engines."""

    url: str
    session: aiohttp.ClientSession
    log: list[Any] = field(default_factory=list)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Make a call; note its status and, of an error, its words."""
        async with self.session.request(method, self.url + path, json=body) as answer:
            text = await answer.text()
            value = json.loads(text) if text.startswith(("{", "[")) else text
            shown = NOISE.sub("<id>", text.strip()) if answer.status >= 400 else ""
            kind = answer.headers.get("Content-Type")
            self.log.append((method, NOISE.sub("<id>", path), answer.status, kind, shown))
            return value

    async def create(self, name: str, command: str, **more: Any) -> str:
        """Create a container of the local image."""
        host = {"NetworkMode": "none", **more.pop("HostConfig", {})}
        body = {"Image": IMAGE, "Cmd": ["sh", "-c", command], "HostConfig": host, **more}
        answer = await self.call("POST", f"/containers/create?name={name}", body)
        return str(answer["Id"])


Script = Callable[[Side], Awaitable[Any]]
Compare = Callable[[Script], Awaitable[tuple[Any, Any]]]


@pytest.fixture
async def compare(
    real_docker: RealEngine, docker_engine: SimulatedEngine
) -> AsyncGenerator[Compare]:
    """Give a function that runs a script on both engines, compares the logs, returns results."""
    docker_engine.add_image(IMAGE, labels={"org.opencontainers.image.version": "1.0"}, digests=[])
    docker_engine.cgroup = 1
    docker_engine.health_delay = 1.0
    async with aiohttp.ClientSession() as session:

        async def run(script: Script) -> tuple[Any, Any]:
            real, lab = Side(real_docker.url, session), Side(docker_engine.url, session)
            results = await script(real), await script(lab)
            assert lab.log == real.log
            return results

        yield run


async def test_life_of_a_container(compare: Compare) -> None:
    async def script(side: Side) -> list[Any]:
        await side.create("one", STAY, Labels={"a": "b"})
        states = []
        for verb in (
            *("start", "start", "pause", "pause", "start", "unpause", "unpause", "restart?t=1"),
            *("stop?t=1", "stop?t=1", "kill", "pause", "unpause", "start", "pause", "restart?t=0"),
            *("kill", "kill", "restart?t=1", "rename?name=one", "rename?name=two"),
        ):
            name = "one"
            await side.call("POST", f"/containers/{name}/{verb}")
            shown = await side.call("GET", "/containers/one/json")
            states.append((verb, shown.get("State", {}).get("Status")))
        await side.call("DELETE", "/containers/two")
        await side.call("DELETE", "/containers/two?force=1")
        await side.call("DELETE", "/containers/two")
        return states

    real, lab = await compare(script)
    assert lab == real


async def test_refusals(compare: Compare) -> None:
    async def script(side: Side) -> None:
        await side.create("one", STAY)
        for method, path, body in (
            ("POST", "/containers/create?name=one", {"Image": IMAGE}),
            ("POST", "/containers/create?name=x1", {"Image": "lab/none:1"}),
            ("POST", "/containers/create?name=a%2Ab", {"Image": IMAGE}),
            ("POST", "/containers/create?name=x1", {}),
            ("GET", "/containers/nope/json", None),
            ("POST", "/containers/nope/start", None),
            ("POST", "/containers/nope/restart", None),
            ("GET", "/containers/nope/stats?stream=false", None),
            ("GET", "/containers/nope/logs?stdout=1", None),
            ("GET", "/containers/one/logs", None),
            ("GET", "/containers/one/logs?stdout=1&since=abc", None),
            ("DELETE", "/containers/nope", None),
            ("GET", "/images/nope/json", None),
            ("GET", "/networks/nope", None),
            ("GET", "/nope", None),
            ("GET", "/v1.51/nope", None),
            ("GET", "/v1.99/containers/json", None),
            ("GET", "/v1.10/info", None),
            ("GET", "/containers/json?filters=x", None),
            ("GET", '/containers/json?filters={"nope":["x"]}', None),
            ("GET", "/events?filters=x", None),
            ("GET", "/events?since=abc", None),
            ("GET", "/events?since=10&until=1", None),
            ("GET", "/swarm", None),
            ("GET", "/services", None),
            ("GET", "/containers/one/top", None),
            ("POST", "/containers/one/rename?name=", None),
            ("POST", "/containers/one/rename?name=%2A", None),
            ("POST", "/containers/one/update", {"Memory": 1000}),
            ("POST", "/containers/one/update", {"RestartPolicy": {"Name": "bogus"}}),
            ("POST", "/containers/one/wait?condition=bogus", None),
            ("POST", "/containers/one/kill?signal=BOGUS", None),
        ):
            await side.call(method, path, body)

    await compare(script)


def _strip(shown: dict[str, Any]) -> None:
    """Take out what the lab leaves aside.

    Of the host configuration it has only the parts that are looked at; how layers lie on the disk,
    and the kernel's own memory counters, it does not have.
    """
    for name in ("created", "inspect", "stopped inspect"):
        kept = ("NetworkMode", "RestartPolicy", "Memory", "NanoCpus", "PortBindings")
        shown[name]["HostConfig"] = {key: shown[name]["HostConfig"][key] for key in kept}
        shown[name].pop("GraphDriver")
    shown["image"].pop("GraphDriver")
    shown["stats"]["memory_stats"].pop("stats")
    shown["stats"]["blkio_stats"].pop("io_service_bytes_recursive")
    shown["network"].pop("Options")
    shown["network"]["Containers"] = list(shown["network"]["Containers"].values())
    for container in shown["list"]:
        # The real engine's order is chance.
        container["Ports"].sort(key=lambda port: port["PrivatePort"])
    for container in shown["df"]["Containers"]:
        container["Ports"].sort(key=lambda port: port["PrivatePort"])
        # Only there when something was written.
        container.pop("SizeRw", None)
    shown["networks"].sort(key=lambda network: network["Name"])
    for network in shown["networks"]:
        network.pop("IPAM")
        network.pop("Options")


async def test_shapes(compare: Compare) -> None:
    async def script(side: Side) -> dict[str, Any]:
        await side.call("POST", "/networks/create", {"Name": "front"})
        binding = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}
        await side.create(
            "web",
            STAY,
            Labels={"com.docker.compose.project": "site", "com.docker.compose.service": "web"},
            ExposedPorts={"80/tcp": {}, "443/tcp": {}},
            HostConfig={"NetworkMode": "front", "PortBindings": binding, "Memory": 67108864},
        )
        shapes: dict[str, Any] = {"created": await side.call("GET", "/containers/web/json")}
        await side.call("POST", "/containers/web/start")
        for name, path in {
            "inspect": "/containers/web/json",
            "list": "/containers/json",
            "stats": "/containers/web/stats?stream=false&one-shot=true",
            "image": f"/images/{IMAGE}/json",
            "images": "/images/json",
            "network": "/networks/front",
            "networks": "/networks",
            "volumes": "/volumes",
            "df": "/system/df",
        }.items():
            shapes[name] = await side.call("GET", path)
        await side.call("DELETE", "/networks/front")
        await side.call("POST", "/containers/web/stop?t=1")
        for name, path in {
            "stopped inspect": "/containers/web/json",
            "stopped list": "/containers/json?all=1",
            "stopped stats": "/containers/web/stats?stream=false&one-shot=true",
        }.items():
            shapes[name] = await side.call("GET", path)
        await side.call("DELETE", "/containers/web")
        await side.call("DELETE", "/networks/front")
        return shapes

    real, lab = await compare(script)
    for shown in (real, lab):
        _strip(shown)
    for name in real:
        assert shape(lab[name]) == shape(real[name]), name
    assert set(lab["stats"]["networks"]) == set(real["stats"]["networks"])
    assert lab["stats"]["memory_stats"]["limit"] == real["stats"]["memory_stats"]["limit"]
    assert lab["list"][0]["Command"] == real["list"][0]["Command"]
    assert lab["stopped stats"].keys() == real["stopped stats"].keys()
    for key in ("read", "cpu_stats", "precpu_stats", "memory_stats", "blkio_stats", "pids_stats"):
        assert lab["stopped stats"][key] == real["stopped stats"][key], key


async def test_ends_and_health(compare: Compare) -> None:
    async def script(side: Side) -> list[Any]:
        await side.create("seven", "exit 7")
        await side.call("POST", "/containers/seven/start")
        ended = await side.call("POST", "/containers/seven/wait")
        shown = [ended, (await side.call("GET", "/containers/seven/json"))["State"]]
        await side.create("bad", STAY, Cmd=["/nope"])
        await side.call("POST", "/containers/bad/start")
        shown.append((await side.call("GET", "/containers/bad/json"))["State"])
        check = {"Test": ["CMD-SHELL", "true"], "Interval": 500_000_000, "Timeout": 10**9}
        await side.create("fit", STAY, Healthcheck=check)
        await side.call("POST", "/containers/fit/start")
        shown.append((await side.call("GET", "/containers/fit/json"))["State"])
        for name in ("seven", "bad", "fit"):
            await side.call("DELETE", f"/containers/{name}?force=1")
        for state in shown[1:]:
            state["Pid"] = bool(state["Pid"])
            for key in ("StartedAt", "FinishedAt"):
                state[key] = state[key].startswith("0001")
        return shown

    real, lab = await compare(script)
    assert lab == real


async def test_logs(compare: Compare) -> None:
    async def script(side: Side) -> list[Any]:
        await side.create("both", f"echo out; echo err >&2; {STAY}")
        await side.create("term", f"echo tty; {STAY}", Tty=True)
        texts: list[Any] = []
        for name in ("both", "term"):
            await side.call("POST", f"/containers/{name}/start")
            for _ in range(100):
                query = "stdout=1&stderr=1"
                async with side.session.get(f"{side.url}/containers/{name}/logs?{query}") as ready:
                    if len(await ready.read()) >= (24 if name == "both" else 5):
                        break
            for query in ("stdout=1", "stderr=1", "stdout=1&tail=0", "stdout=1&tail=x"):
                url = f"{side.url}/containers/{name}/logs?{query}"
                async with side.session.get(url) as answer:
                    texts.append((query, answer.content_type, await answer.read()))
            url = f"{side.url}/containers/{name}/logs?stdout=1&timestamps=1"
            async with side.session.get(url) as answer:
                stamped = await answer.read()
            texts.append(re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", b"<time>", stamped))
        return texts

    real, lab = await compare(script)
    assert lab == real


async def test_events(compare: Compare) -> None:
    async def script(side: Side) -> list[Any]:
        identity = await side.create("first", STAY, Labels={"a": "b"})
        for verb in ("start", "pause", "unpause", "restart", "kill?signal=KILL", "start", "stop"):
            await side.call("POST", f"/containers/first/{verb}")
        await side.call("POST", "/containers/first/rename?name=second")
        await side.call("POST", "/containers/second/update", {"CpuShares": 512})
        await side.call("DELETE", "/containers/second")
        await side.create("last", "exit 7")
        await side.call("POST", "/containers/last/start")
        await side.call("POST", "/containers/last/wait")
        await side.call("DELETE", "/containers/last")
        filters = json.dumps({"container": [identity, "last"], "type": ["container"]})
        query = {"since": "0", "until": "4000000000", "filters": filters}
        seen: list[Any] = []
        async with side.session.get(f"{side.url}/events", params=query) as stream:
            kind = stream.content_type
            async for line in stream.content:
                event = json.loads(line)
                attributes = event["Actor"]["Attributes"]
                attributes.pop("execDuration", None)
                told = (sorted(event), event["Action"], attributes)
                # A busy engine tells these twice: when it was asked, and when containerd says so.
                if event["Action"] not in ("pause", "unpause") or told not in seen:
                    seen.append(told)
                if event["Action"] == "destroy" and attributes["name"] == "last":
                    return [kind, *seen]
        return seen

    real, lab = await compare(script)
    assert lab == real


async def test_restart_loop(compare: Compare) -> None:
    async def script(side: Side) -> list[Any]:
        await side.create("loop", "exit 3", HostConfig={"RestartPolicy": {"Name": "always"}})
        await side.call("POST", "/containers/loop/start")
        state: dict[str, Any] = {}
        for _ in range(400):
            async with side.session.get(f"{side.url}/containers/loop/json") as answer:
                shown = await answer.json()
            if shown["State"]["Status"] == "restarting" and shown["RestartCount"] >= 2:
                state = shown["State"]
                break
        async with side.session.get(f"{side.url}/containers/json") as answer:
            listed = (await answer.json())[0]
        await side.call("POST", "/containers/loop/pause")
        await side.call("POST", "/containers/loop/stop")
        after = (await side.call("GET", "/containers/loop/json"))["State"]["Status"]
        await side.call("DELETE", "/containers/loop")
        keys = ("Status", "Running", "Restarting", "Paused", "ExitCode", "Pid")
        return [{k: state[k] for k in keys}, listed["State"], listed["Status"].split(" ")[0], after]

    real, lab = await compare(script)
    assert lab == real

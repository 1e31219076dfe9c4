"""The simulated engine's routes about containers."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, override

from aiohttp import ClientConnectionResetError, web

from ..clock import SECOND
from .behaviour import read_command
from .logs import LogQuery, encode, read_query, select, truth
from .model import Container, EngineError, LogLine, Mount, Port
from .render import inspect, list_entry
from .server import EngineServer, encode_json, read_filters
from .usage import HOST_CPUS, Moment, empty_sample, sample

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_POLICIES = ("no", "always", "on-failure", "unless-stopped")
_FILTERS = {
    "ancestor", "before", "expose", "exited", "health", "id", "is-task", "isolation", "label",
    "name", "network", "publish", "since", "status", "volume",
}  # fmt: skip


class ContainerRoutes(EngineServer):
    """Everything below /containers."""

    @override
    def routes(self, app: web.Application) -> None:
        self.route(app, "GET", "/containers/json", self._list)
        self.route(app, "POST", "/containers/create", self._create)
        self.route(app, "POST", "/containers/prune", self._prune)
        self.route(app, "GET", "/containers/{id}/json", self._inspect)
        self.route(app, "GET", "/containers/{id}/stats", self._stats)
        self.route(app, "GET", "/containers/{id}/logs", self._logs)
        self.route(app, "GET", "/containers/{id}/top", self._top)
        self.route(app, "DELETE", "/containers/{id}", self._delete)
        for verb in (
            "start",
            "stop",
            "restart",
            "kill",
            "pause",
            "unpause",
            "rename",
            "update",
            "wait",
        ):
            self.route(app, "POST", f"/containers/{{id}}/{verb}", getattr(self, f"_{verb}"))
        super().routes(app)

    def _target(self, request: web.Request) -> Container:
        return self.find(request.match_info["id"])

    async def _list(self, request: web.Request) -> web.StreamResponse:
        filters = read_filters(request.query.get("filters"))
        unknown = next((name for name in filters if name not in _FILTERS), None)
        if unknown:
            raise EngineError(400, f"invalid filter '{unknown}'")
        everything = truth(request.query.get("all")) or "status" in filters or "exited" in filters
        found = [
            container
            for container in self.containers.values()
            if (everything or container.running) and self._passes(container, filters)
        ]
        found.sort(key=lambda container: -container.created)
        limit = request.query.get("limit", "")
        if limit.isdigit() and int(limit):
            found = found[: int(limit)]
        return self.json([list_entry(self, container) for container in found])

    def _passes(self, container: Container, filters: dict[str, list[str]]) -> bool:
        return all(
            not values or _passes_one(container, name, values) for name, values in filters.items()
        )

    async def _inspect(self, request: web.Request) -> web.StreamResponse:
        return self.json(inspect(self, self._target(request)))

    async def _start(self, request: web.Request) -> web.StreamResponse:
        return self.empty(204 if self.start(request.match_info["id"]) else 304)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        return self.empty(204 if self.stop(request.match_info["id"]) else 304)

    async def _restart(self, request: web.Request) -> web.StreamResponse:
        self.restart(request.match_info["id"])
        return self.empty(204)

    async def _kill(self, request: web.Request) -> web.StreamResponse:
        self.kill(request.match_info["id"], request.query.get("signal") or "KILL")
        return self.empty(204)

    async def _pause(self, request: web.Request) -> web.StreamResponse:
        self.pause(request.match_info["id"])
        return self.empty(204)

    async def _unpause(self, request: web.Request) -> web.StreamResponse:
        self.unpause(request.match_info["id"])
        return self.empty(204)

    async def _rename(self, request: web.Request) -> web.StreamResponse:
        new = request.query.get("name", "")
        container = self._target(request)
        if not new:
            raise EngineError(400, "Neither old nor new names may be empty")
        if not _NAME.fullmatch(new):
            raise EngineError(400, "Error when allocating new name: " + _bad_name(f"/{new}"))
        self.rename(container.id, new.removeprefix("/"))
        return self.empty(204)

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        self.remove(request.match_info["id"], force=truth(request.query.get("force")))
        return self.empty(204)

    async def _prune(self, request: web.Request) -> web.StreamResponse:
        stopped = [c.id for c in self.containers.values() if not c.running]
        for identity in stopped:
            self.remove(identity)
        return self.json({"ContainersDeleted": stopped or None, "SpaceReclaimed": 0})

    async def _top(self, request: web.Request) -> web.StreamResponse:
        container = self._target(request)
        if not container.alive:
            raise EngineError(409, f"container {container.id} is not running")
        row = ["root", str(container.pid), "1", "0", "00:00", "?", "00:00:00"]
        titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
        command = " ".join(container.full_command)
        return self.json({"Titles": titles, "Processes": [[*row, command]]})

    async def _wait(self, request: web.Request) -> web.StreamResponse:
        container = self._target(request)
        condition = request.query.get("condition") or "not-running"
        if condition not in ("not-running", "next-exit", "removed"):
            raise EngineError(400, f'invalid condition: "{condition}"')
        if condition != "not-running" and not container.running:
            await container.changed.wait()
        while container.running or (condition == "removed" and container.status != "removing"):
            await container.changed.wait()
        return self.json({"StatusCode": container.exit_code})

    async def _update(self, request: web.Request) -> web.StreamResponse:
        if self.dialect.update_missing:
            return web.Response(status=404, text="Not Found")
        container = self._target(request)
        body = await _body(request)
        memory, swap = body.get("Memory", 0), body.get("MemorySwap", 0)
        policy = (body.get("RestartPolicy") or {}).get("Name", "")
        if memory and memory < 6 * 1024 * 1024:
            raise EngineError(400, "Minimum memory limit allowed is 6MB")
        if policy and policy not in _POLICIES:
            raise EngineError(
                400,
                f"invalid restart policy: unknown policy '{policy}'; use one of 'no', 'always', "
                "'on-failure', or 'unless-stopped'",
            )
        if swap > 0 and memory > swap:
            raise EngineError(
                400, "Minimum memoryswap limit should be larger than memory limit, see usage"
            )
        # Docker compares without regard to what 0 (not set) and -1 (unlimited) mean.
        unset = container.memory_swap <= 0 and self.dialect.name != "docker"
        if memory and not swap and not unset and memory > container.memory_swap:
            raise EngineError(
                409,
                f"Cannot update container {container.id}: Memory limit should be smaller than "
                "already set memoryswap limit, update the memoryswap at the same time",
            )
        container.memory_limit = memory or container.memory_limit
        container.memory_swap = swap or container.memory_swap
        container.nano_cpus = body.get("NanoCpus") or container.nano_cpus
        container.cpu_shares = body.get("CpuShares") or container.cpu_shares
        if policy:
            container.restart_policy = policy
            container.maximum_retries = body["RestartPolicy"].get("MaximumRetryCount", 0)
        self.emit(container, "update")
        return self.json({"Warnings": None})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        name = request.query.get("name") or f"quick_lab{len(self.containers)}"
        if not _NAME.fullmatch(name):
            raise EngineError(400, _bad_name(name))
        if not body.get("Image"):
            raise EngineError(400, "config cannot be empty in order to create a container")
        container = self._from_body(name.removeprefix("/"), body)
        read_command(container)
        self.register(container)
        return self.json({"Id": container.id, "Warnings": []}, status=201)

    def _from_body(self, name: str, body: dict[str, Any]) -> Container:
        image = self.find_image(body["Image"])
        host = body.get("HostConfig") or {}
        check = body.get("Healthcheck")
        if check is None and image.healthcheck:
            check = {"Test": image.healthcheck}
        endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        mode = host.get("NetworkMode") or "bridge"
        networks = [self._network_name(mode if mode != "default" else "bridge")]
        networks += [n for n in map(self._network_name, endpoints) if n not in networks]
        policy = host.get("RestartPolicy") or {}
        memory = host.get("Memory") or 0
        config = {k: v for k, v in body.items() if k not in ("HostConfig", "NetworkingConfig")}
        return Container(
            self.new_id(),
            name,
            image,
            body["Image"],
            self.clock.stamp(),
            body.get("Cmd") or ([] if body.get("Entrypoint") else list(image.command)),
            entrypoint=body.get("Entrypoint") or [],
            env=body.get("Env") or [],
            labels={**image.labels, **(body.get("Labels") or {})},
            networks=networks,
            ports=_ports(body.get("ExposedPorts") or {}, host.get("PortBindings") or {}),
            mounts=[_bind(text) for text in host.get("Binds") or []],
            tty=bool(body.get("Tty")),
            restart_policy=policy.get("Name") or "no",
            maximum_retries=policy.get("MaximumRetryCount") or 0,
            memory_limit=memory,
            memory_swap=host.get("MemorySwap") or 2 * memory,
            nano_cpus=host.get("NanoCpus") or 0,
            cpu_shares=host.get("CpuShares") or 0,
            healthcheck=None if check and check.get("Test") == ["NONE"] else check,
            host_config=host,
            config=config,
        )

    def _network_name(self, ref: str) -> str:
        found = (n.name for n in self.networks.values() if n.id == ref)
        return next(found, ref)

    # -- statistics -----------------------------------------------------------------------------

    async def _stats(self, request: web.Request) -> web.StreamResponse:
        container = self._target(request)
        if not truth(request.query.get("stream", "true")):
            return await self._single_sample(request, container)
        response = await self.stream(request, "application/json")
        before = self._moment(container)
        while not self.closing.is_set() and container.status != "removing":
            now = self._moment(container)
            await response.write(encode_json(self._sample(container, now, before)))
            before = now
            await asyncio.sleep(1)
        return response

    async def _single_sample(
        self, request: web.Request, container: Container
    ) -> web.StreamResponse:
        if not container.alive:
            if self.dialect.stopped_stats_status == 204:
                return self.empty(200)
            if self.dialect.stopped_stats_status >= 400:
                raise EngineError(self.dialect.stopped_stats_status, "container is stopped")
            return self.json(empty_sample(container.name, container.id))
        if truth(request.query.get("one-shot")):
            return self.json(self._sample(container, self._moment(container), None))
        # Without one-shot the engine takes two samples, a second apart.
        before = self._moment(container)
        await asyncio.sleep(1)
        return self.json(self._sample(container, self._moment(container), before))

    def _moment(self, container: Container) -> Moment:
        stamp = self.clock.stamp()
        system = (stamp - self.booted) * HOST_CPUS
        return Moment(stamp, max(0.0, (stamp - container.started) / SECOND), system)

    def _sample(self, container: Container, now: Moment, before: Moment | None) -> dict[str, Any]:
        if not container.alive:
            return empty_sample(container.name, container.id)
        own = [n for n in container.networks if n not in ("none", "host")]
        result = sample(
            container.usage,
            now,
            before,
            limit=container.memory_limit,
            interfaces=[f"eth{index}" for index in range(len(own))],
            cgroup=self.cgroup,
        )
        if before is None and self.dialect.name == "docker":
            return result
        return {"name": f"/{container.name}", "id": container.id, **result}

    # -- logs -------------------------------------------------------------------------------------

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        container = self._target(request)
        query = read_query(dict(request.query))
        kind = "raw-stream" if container.tty else "multiplexed-stream"
        content_type = self.dialect.logs_content_type or f"application/vnd.docker.{kind}"
        response = await self.stream(request, content_type)
        for line in select(container, query):
            await response.write(self._encode(container, line, query))
        if query.follow:
            await self._follow(response, container, query)
        return response

    def _encode(self, container: Container, line: LogLine, query: LogQuery) -> bytes:
        return encode(
            line,
            tty=container.tty,
            timestamps=query.timestamps,
            whole_seconds=self.dialect.second_timestamps,
        )

    async def _follow(
        self, response: web.StreamResponse, container: Container, query: LogQuery
    ) -> None:
        sent = len(container.log)
        while container.running:
            changed = container.changed
            for line in container.log[sent:]:
                if line.stream in query.streams:
                    try:
                        await response.write(self._encode(container, line, query))
                    except ClientConnectionResetError:
                        return
            sent = len(container.log)
            await changed.wait()


async def _body(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    try:
        body = json.loads(text or "{}")
    except ValueError:
        raise EngineError(400, "invalid JSON: unexpected EOF") from None
    return body if isinstance(body, dict) else {}


def _bad_name(name: str) -> str:
    return f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"


def _passes_one(container: Container, name: str, values: list[str]) -> bool:
    match name:
        case "id":
            return any(container.id.startswith(value) for value in values)
        case "name":
            return any(
                re.search(value, container.name) or re.search(value, f"/{container.name}")
                for value in values
            )
        case "label":
            return all(_labelled(container.labels, value) for value in values)
        case "status":
            return container.status in values
        case "health":
            return (container.health.status if container.health else "none") in values
        case "exited":
            ended = container.started > 0 and not container.running
            return ended and str(container.exit_code) in values
        case "ancestor":
            return any(v in (container.image_ref, container.image.id) for v in values)
        case "network":
            return any(value in container.networks for value in values)
        case "volume":
            return any(m.source in values or m.destination in values for m in container.mounts)
    return True


def _labelled(labels: dict[str, str], wanted: str) -> bool:
    key, separator, value = wanted.partition("=")
    return key in labels and (not separator or labels[key] == value)


def _ports(exposed: dict[str, Any], bindings: dict[str, Any]) -> list[Port]:
    ports = []
    for number, key in enumerate(sorted({*exposed, *bindings})):
        private, _, protocol = key.partition("/")
        published = (bindings.get(key) or [None])[0]
        if published is None:
            ports.append(Port(int(private), None, protocol or "tcp"))
            continue
        # An empty port asks for a free one.
        public = int(published.get("HostPort") or 32_768 + number)
        ports.append(
            Port(int(private), public, protocol or "tcp", published.get("HostIp") or "0.0.0.0")
        )
    return ports


def _bind(text: str) -> Mount:
    source, destination, *mode = text.split(":")
    writable = "ro" not in mode
    return Mount("bind" if source.startswith("/") else "volume", source, destination, writable)

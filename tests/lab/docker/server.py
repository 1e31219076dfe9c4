"""The simulated engine's HTTP server: what is not about one container or image."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
import json
from pathlib import Path
import re
import ssl
from typing import Any, override

from aiohttp import ClientConnectionResetError, web

from ..clock import SECOND, Clock, rfc3339
from ..server import HttpServer
from .events import Filters, matches
from .furnish import FurnishedEngine
from .logs import parse_time
from .model import EngineError
from .render import image_entry, list_entry
from .usage import HOST_CPUS, HOST_MEMORY

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_SWARM = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)


def encode_json(value: object) -> bytes:
    """Write JSON as the engine does: compact, with a line end."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def read_filters(text: str | None) -> Filters:
    """Read the `filters` parameter: {"name": ["value"]} or the old {"name": {"value": true}}."""
    if not text:
        return {}
    try:
        raw = json.loads(text)
        return {
            name: list(values) if isinstance(values, list) else [v for v in values if values[v]]
            for name, values in raw.items()
        }
    except ValueError, AttributeError, TypeError:
        raise EngineError(400, "invalid filter") from None


class EngineServer(FurnishedEngine, HttpServer):
    """The engine behind a port: versions, errors, events and totals."""

    def __init__(
        self,
        *,
        port: int = 0,
        unix_path: Path | None = None,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
        dialect: str = "docker",
        cgroup: int = 2,
    ) -> None:
        """Prepare an engine without containers."""
        HttpServer.__init__(self, port=port, unix_path=unix_path, clock=clock, tls=tls)
        FurnishedEngine.__init__(self, self.clock, dialect=dialect, cgroup=cgroup)
        self.unix_path = unix_path

    @property
    def tcp_url(self) -> str:
        """The TCP address as DOCKER_HOST has it."""
        return f"tcp://{self.url.partition('://')[2]}"

    @property
    def socket_url(self) -> str | None:
        """The unix socket's address, if it has one."""
        return f"unix://{self.unix_path}" if self.unix_path else None

    @override
    async def close(self) -> None:
        await self.end_jobs()
        await super().close()

    @override
    def template(self, request: web.Request) -> str:
        return super().template(request).removeprefix("/v{version}")

    @override
    def error_body(self, status: int, message: str) -> bytes:
        if self.dialect.errors_with_cause:
            body: dict[str, Any] = {"cause": message, "message": message, "response": status}
            return encode_json(body)
        return encode_json({"message": message})

    @override
    def routes(self, app: web.Application) -> None:
        self.route(app, "GET", "/_ping", self._ping)
        self.route(app, "HEAD", "/_ping", self._ping)
        self.route(app, "GET", "/version", self._version)
        self.route(app, "GET", "/info", self._info)
        self.route(app, "GET", "/events", self._events)
        self.route(app, "GET", "/system/df", self._disk_usage)
        self.route(app, "GET", "/volumes", self._volumes)
        for path in ("/swarm", "/nodes", "/services", "/tasks"):
            self.route(app, "GET", path, self._swarm)
        app.router.add_route("*", "/{path:.*}", self._guard(self._unknown))

    def route(self, app: web.Application, method: str, path: str, handler: Handler) -> None:
        """Add a route with and without a version prefix."""
        for prefix in ("", r"/v{version:[0-9][0-9.]*}"):
            app.router.add_route(method, prefix + path, self._guard(handler))

    def json(self, value: object, status: int = 200) -> web.Response:
        """Return JSON as the engine writes it."""
        body = encode_json(value)
        kind = "application/json"
        return web.Response(status=status, body=body, content_type=kind, headers=self.headers)

    def error(self, error: EngineError) -> web.Response:
        """Return a refusal in the engine's shape."""
        return web.Response(
            status=error.status,
            body=self.error_body(error.status, error.message),
            content_type="application/json",
            headers=self.headers,
        )

    def empty(self, status: int) -> web.Response:
        """Return a status without a body."""
        return web.Response(status=status, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that every answer has."""
        return {
            "Api-Version": self.dialect.api_version,
            "Docker-Experimental": "false",
            "Ostype": "linux",
            "Server": self.dialect.server,
        }

    async def stream(self, request: web.Request, content_type: str | None) -> web.StreamResponse:
        """Begin an answer of unknown length."""
        response = web.StreamResponse(headers=self.headers)
        if content_type:
            response.content_type = content_type
        response.enable_chunked_encoding()
        await response.prepare(request)
        return response

    def _guard(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._check_version(request.match_info.get("version"))
            except EngineError as error:
                if error.status == HTTPStatus.BAD_REQUEST and "too old" in error.message:
                    return web.Response(status=400, text=error.message, headers=self.headers)
                return self.error(error)
            try:
                return await handler(request)
            except EngineError as error:
                return self.error(error)

        return guarded

    def _check_version(self, wanted: str | None) -> None:
        if wanted is None:
            return
        if _numbers(wanted) > _numbers(self.dialect.api_version):
            raise EngineError(
                400,
                f"client version {wanted} is too new. Maximum supported API version is "
                f"{self.dialect.api_version}",
            )
        if _numbers(wanted) < _numbers(self.dialect.min_api_version):
            raise EngineError(
                400,
                f"client version {wanted} is too old. Minimum supported API version is "
                f"{self.dialect.min_api_version}, please upgrade your client to a newer version",
            )

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        raise EngineError(404, "page not found")

    async def _swarm(self, request: web.Request) -> web.StreamResponse:
        if not self.dialect.has_swarm:
            raise EngineError(404, "page not found")
        raise EngineError(503, _SWARM)

    async def _ping(self, request: web.Request) -> web.StreamResponse:
        headers = {**self.headers, "Cache-Control": "no-cache, no-store, must-revalidate"}
        headers |= {"Pragma": "no-cache", "Builder-Version": "2", "Swarm": "inactive"}
        return web.Response(text="OK", headers=headers)

    async def _version(self, request: web.Request) -> web.StreamResponse:
        dialect = self.dialect
        own = {
            "ApiVersion": dialect.api_version,
            "Arch": "amd64",
            "BuildTime": "2026-09-15T11:02:57.000000000+00:00",
            "GitCommit": "3ef3c07",
            "GoVersion": "go1.27.1",
            "KernelVersion": "6.12.48",
            "MinAPIVersion": dialect.min_api_version,
            "Os": "linux",
        }
        details = {**own, "Experimental": "false"}
        component = {"Name": dialect.component, "Version": dialect.version, "Details": details}
        others = [
            {"Name": "containerd", "Version": "2.1.9", "Details": {"GitCommit": ""}},
            {"Name": "runc", "Version": "1.3.6", "Details": {"GitCommit": ""}},
        ]
        components = [component, *(others if dialect.component == "Engine" else [])]
        answer = {"Platform": {"Name": ""}, "Components": components, "Version": dialect.version}
        return self.json({**answer, **own})

    def _count(self, *states: str) -> int:
        return sum(1 for container in self.containers.values() if container.status in states)

    async def _info(self, request: web.Request) -> web.StreamResponse:
        paused = self._count("paused")
        running = self._count("running", "restarting")
        return self.json(
            {
                "ID": "6a214ac9-c6ec-4d84-901d-" + self.networks["none"].id[:12],
                "Containers": len(self.containers),
                "ContainersRunning": running,
                "ContainersPaused": paused,
                "ContainersStopped": len(self.containers) - running - paused,
                "Images": len({image.id for image in self.images.values()}),
                "Driver": "overlay2",
                "MemoryLimit": True,
                "SwapLimit": True,
                "SystemTime": rfc3339(self.clock.stamp()),
                "LoggingDriver": "json-file",
                "CgroupDriver": "cgroupfs" if self.cgroup == 1 else "systemd",
                "CgroupVersion": str(self.cgroup),
                "NEventsListener": self.bus.listeners,
                "KernelVersion": "6.12.48",
                "OperatingSystem": "Debian GNU/Linux 13 (trixie)",
                "OSVersion": "13",
                "OSType": "linux",
                "Architecture": "x86_64",
                "IndexServerAddress": "https://index.docker.io/v1/",
                "NCPU": HOST_CPUS,
                "MemTotal": HOST_MEMORY,
                "DockerRootDir": "/var/lib/docker",
                "Name": self.host_name,
                "Labels": [],
                "ExperimentalBuild": False,
                "ServerVersion": self.dialect.version,
                "Swarm": {"NodeID": "", "LocalNodeState": "inactive", "ControlAvailable": False},
                "LiveRestoreEnabled": False,
                "DefaultRuntime": "runc",
                "SecurityOptions": ["name=seccomp,profile=builtin"],
                "Warnings": None,
            }
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        filters = read_filters(request.query.get("filters"))
        since, until = request.query.get("since"), request.query.get("until")
        replay = self.bus.replay(parse_time(since)) if since else []
        end = parse_time(until) if until else None
        if since and end is not None and end < parse_time(since):
            raise EngineError(400, f"`since` time ({since}) cannot be after `until` time ({until})")
        with self.bus.subscribe() as queue:
            # Subscribed before the headers go out: nothing is lost between answer and first event.
            response = await self.stream(request, "application/json")
            try:
                await self._send_events(response, filters, replay, queue, end)
            except ClientConnectionResetError:
                return response
        return response

    async def _send_events(
        self,
        response: web.StreamResponse,
        filters: Filters,
        replay: list[dict[str, Any]],
        queue: asyncio.Queue[dict[str, Any]],
        end: int | None,
    ) -> None:
        for event in replay:
            if (end is None or event["timeNano"] <= end) and matches(filters, event):
                await response.write(encode_json(event))
        while end is None or self.clock.now() * SECOND < end:
            wait = None if end is None else end / SECOND - self.clock.now()
            try:
                async with asyncio.timeout(wait):
                    event = await queue.get()
            except TimeoutError:
                return
            if matches(filters, event):
                await response.write(encode_json(event))

    async def _volumes(self, request: web.Request) -> web.StreamResponse:
        return self.json({"Volumes": self._volume_list(sizes=False), "Warnings": None})

    def _volume_list(self, *, sizes: bool) -> list[dict[str, Any]]:
        result = []
        for name, size in self.volumes.items():
            users = sum(
                any(m.kind == "volume" and m.source == name for m in c.mounts)
                for c in self.containers.values()
            )
            entry: dict[str, Any] = {
                "CreatedAt": rfc3339(self.booted // SECOND * SECOND),
                "Driver": "local",
                "Labels": None,
                "Mountpoint": f"/var/lib/docker/volumes/{name}/_data",
                "Name": name,
                "Options": None,
                "Scope": "local",
            }
            if sizes:
                entry["UsageData"] = {"RefCount": users, "Size": size}
            result.append(entry)
        return result

    async def _disk_usage(self, request: web.Request) -> web.StreamResponse:
        images = [image_entry(self, image, shared=0) for image in self.unique_images()]
        containers = [
            {**list_entry(self, c), "SizeRw": 40_960, "SizeRootFs": c.image.size + 40_960}
            for c in self.containers.values()
        ]
        return self.json(
            {
                "LayersSize": sum(entry["Size"] for entry in images),
                "Images": images,
                "Containers": containers,
                "Volumes": self._volume_list(sizes=True),
                "BuildCache": [],
            }
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))

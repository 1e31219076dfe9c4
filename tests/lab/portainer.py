"""Portainer's front door: its own API, and a proxy to the engines of its environments."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
import json
from typing import Any, override
from urllib.parse import quote

from aiohttp import ClientError, web

from .clock import Clock
from .docker.model import digest
from .forward import Forwarder
from .server import HttpServer

VERSION = "2.33.4"
_PUBLIC = ("/api/system/status", "/api/status", "/api/motd")
_NO_TOKEN = "A valid authorization token is missing"
_BAD_TOKEN = "Invalid JWT token"
_NO_ENVIRONMENT = "Unable to find an environment with the specified identifier inside the database"
_NO_STACK = "Unable to find a stack with the specified identifier inside the database"


@dataclass(eq=False)
class Environment:
    """An environment: `up` as Portainer last saw it, `snapshot` its counts at that time.

    `kind` is Portainer's Type (1 Docker, 2 agent, 4 edge agent, 5 Kubernetes); `forbidden` refuses
    the token's user.
    """

    id: int
    name: str
    forwarder: Forwarder
    kind: int = 1
    engine: str = "docker"
    up: bool = True
    forbidden: bool = False
    snapshot: dict[str, Any] = field(default_factory=dict)


@dataclass
class Stack:
    """A compose stack: `active` False after it was stopped."""

    id: int
    name: str
    environment_id: int
    active: bool = True


class Portainer(HttpServer):
    """A thin Portainer before any engine.

    async with SimulatedEngine() as engine, Portainer(api_key="ptr_…") as portainer:
        portainer.add_environment("local", engine.url)

    * `api_key`: the only valid access token; change it to revoke the old one.
    * `environments`, `stacks`: by id; `add_environment()`, `add_stack()`, `remove_environment()`.
    """

    def __init__(
        self,
        *,
        api_key: str = "ptr_lab0123456789",
        port: int = 0,
        clock: Clock | None = None,
        version: str = VERSION,
    ) -> None:
        """Prepare a Portainer without environments."""
        super().__init__(port=port, clock=clock)
        self.api_key = api_key
        self.version = version
        self.instance_id = "299ab403-70a8-4c05-92f7-" + digest(api_key)[:12]
        self.environments: dict[int, Environment] = {}
        self.stacks: dict[int, Stack] = {}

    def add_environment(
        self,
        name: str,
        target: str,
        *,
        kind: int = 1,
        engine: str = "docker",
        up: bool = True,
    ) -> Environment:
        """Add an environment whose engine is at `target` (http, tcp, https or unix)."""
        number = max(self.environments, default=0) + 1
        environment = Environment(number, name, Forwarder(target), kind, engine, up)
        self.environments[number] = environment
        return environment

    async def remove_environment(self, number: int) -> None:
        """Remove an environment and what belongs to it."""
        environment = self.environments.pop(number)
        self.stacks = {n: s for n, s in self.stacks.items() if s.environment_id != number}
        await environment.forwarder.close()

    def add_stack(self, name: str, environment_id: int = 1) -> Stack:
        """Add a compose stack."""
        stack = Stack(max(self.stacks, default=0) + 1, name, environment_id)
        self.stacks[stack.id] = stack
        return stack

    @override
    async def close(self) -> None:
        await super().close()
        for environment in self.environments.values():
            await environment.forwarder.close()

    @override
    def error_body(self, status: int, message: str) -> bytes:
        if status == HTTPStatus.UNAUTHORIZED:
            message = _BAD_TOKEN
        details = HTTPStatus(status).phrase
        return (json.dumps({"message": message, "details": details}) + "\n").encode()

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        if request.path in _PUBLIC or not request.path.startswith("/api/"):
            return None
        key = request.headers.get("X-API-Key")
        bearer = request.headers.get("Authorization", "")
        if not key:
            key = next((v for n, v in request.query.items() if n.lower() == "x-api-key"), None)
        if not key and not bearer:
            return self._error(401, _NO_TOKEN, "Unauthorized")
        if key != self.api_key:
            return self._error(401, _BAD_TOKEN, "Unauthorized")
        return None

    @override
    def routes(self, app: web.Application) -> None:
        router = app.router
        router.add_get("/api/system/status", self._status_page)
        router.add_get("/api/status", self._status_page)
        router.add_get("/api/system/version", self._version)
        router.add_get("/api/users/me", self._me)
        router.add_get("/api/endpoints", self._endpoints)
        router.add_get("/api/endpoints/{id}", self._endpoint)
        router.add_post("/api/endpoints/{id}/snapshot", self._take_snapshot)
        router.add_route("*", "/api/endpoints/{id}/docker/{path:.*}", self._docker)
        router.add_get("/api/stacks", self._stacks)
        router.add_get("/api/stacks/{id}", self._stack)
        router.add_post("/api/stacks/{id}/{verb:start|stop}", self._switch_stack)
        router.add_route("*", "/{path:.*}", self._unknown)

    def _error(self, status: int, message: str, details: str | None = None) -> web.Response:
        body = {"message": message, "details": details or message}
        return web.json_response(body, status=status)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/api/"):
            return web.Response(status=404, text="404 page not found\n")
        page = "<!doctype html><html><head><title>Portainer</title></head></html>"
        return web.Response(text=page, content_type="text/html")

    async def _status_page(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"Version": self.version, "InstanceID": self.instance_id})

    async def _version(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {
                "UpdateAvailable": False,
                "LatestVersion": self.version,
                "ServerVersion": self.version,
                "ServerEdition": "CE",
                "DatabaseVersion": self.version,
                "Build": {"BuildNumber": "lab", "ImageTag": "linux-amd64", "GoVersion": "1.24"},
            }
        )

    async def _me(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {
                "Id": 1,
                "Username": "admin",
                "Role": 1,
                "TokenIssueAt": 0,
                "ThemeSettings": {"color": ""},
                "UseCache": False,
                "forceChangePassword": False,
            }
        )

    # -- environments -----------------------------------------------------------------------------

    def _find(self, request: web.Request) -> Environment | web.Response:
        text = request.match_info["id"]
        if not text.isdigit():
            return self._error(400, "Invalid environment identifier route variable")
        environment = self.environments.get(int(text))
        if environment is None:
            return self._error(404, _NO_ENVIRONMENT, "object not found inside the database")
        if environment.forbidden:
            return self._error(403, "Permission denied to access environment")
        return environment

    def _entry(self, environment: Environment, *, snapshots: bool = True) -> dict[str, Any]:
        target = environment.forwarder.target
        return {
            "Id": environment.id,
            "Name": environment.name,
            "Type": environment.kind,
            "ContainerEngine": environment.engine,
            "URL": target.replace("http://", "tcp://"),
            "GroupId": 1,
            "PublicURL": "",
            "TLSConfig": {"TLS": False, "TLSSkipVerify": False},
            "TagIds": [],
            "Status": 1 if environment.up else 2,
            "Snapshots": [environment.snapshot] if snapshots and environment.snapshot else [],
            "Heartbeat": False,
            "LastCheckInDate": 0,
            "UserAccessPolicies": {},
            "TeamAccessPolicies": {},
            "EdgeID": "",
            "EdgeKey": "",
        }

    async def _endpoints(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        types = {int(v) for n in ("types[]", "types") for v in query.getall(n, [])}
        states = {int(v) for n in ("status[]", "status") for v in query.getall(n, [])}
        snapshots = query.get("excludeSnapshots", "").lower() != "true"
        visible = [e for e in self.environments.values() if not e.forbidden]
        for environment in visible:
            await self._ensure_snapshot(environment)
        found = [
            environment
            for environment in visible
            if (not types or environment.kind in types)
            and (not states or (1 if environment.up else 2) in states)
        ]
        start = int(query.get("start", "0"))
        limit = int(query.get("limit", "0"))
        page = found[start : start + limit] if limit else found[start:]
        entries = [self._entry(environment, snapshots=snapshots) for environment in page]
        counts = {"X-Total-Count": str(len(found)), "X-Total-Available": str(len(visible))}
        return web.json_response(entries, headers=counts)

    async def _endpoint(self, request: web.Request) -> web.StreamResponse:
        environment = self._find(request)
        if isinstance(environment, web.Response):
            return environment
        await self._ensure_snapshot(environment)
        return web.json_response(self._entry(environment))

    async def _take_snapshot(self, request: web.Request) -> web.StreamResponse:
        environment = self._find(request)
        if isinstance(environment, web.Response):
            return environment
        await self.snapshot(environment)
        return web.Response(status=204)

    async def _ensure_snapshot(self, environment: Environment) -> None:
        if environment.up and not environment.snapshot and environment.kind != 5:
            await self.snapshot(environment)

    async def snapshot(self, environment: Environment) -> None:
        """Look at an environment's engine as Portainer does every five minutes.

        Sets `up` and, when it answers, the counts.
        """
        ask = environment.forwarder.ask
        try:
            info = await ask("GET", "/info")
            containers = await ask("GET", "/containers/json?all=1")
        except ClientError, TimeoutError, OSError, ValueError:
            environment.up = False
            return
        environment.up = True
        environment.snapshot = self._counts(info, containers)

    def _counts(self, info: dict[str, Any], containers: list[dict[str, Any]]) -> dict[str, Any]:
        def texts(word: str) -> int:
            return sum(1 for c in containers if f"({word})" in c["Status"])

        running = sum(1 for c in containers if c["State"] == "running")
        projects = {c["Labels"].get("com.docker.compose.project") for c in containers} - {None}
        return {
            "Time": int(self.clock.now()),
            "DockerVersion": info["ServerVersion"],
            "Swarm": False,
            "TotalCPU": info["NCPU"],
            "TotalMemory": info["MemTotal"],
            "ContainerCount": len(containers),
            "RunningContainerCount": running,
            "StoppedContainerCount": len(containers) - running,
            "HealthyContainerCount": texts("healthy"),
            "UnhealthyContainerCount": texts("unhealthy"),
            "VolumeCount": 0,
            "ImageCount": info["Images"],
            "ServiceCount": 0,
            "StackCount": len(projects),
            "NodeCount": 0,
        }

    async def _docker(self, request: web.Request) -> web.StreamResponse:
        environment = self._find(request)
        if isinstance(environment, web.Response):
            return environment
        if environment.kind == 5:
            return self._error(500, "Unable to create proxy")
        rest = request.raw_path.split("/docker", 1)[1]
        drop = frozenset({"x-api-key", "authorization"})
        return await environment.forwarder.forward(request, rest, drop=drop)

    # -- stacks -----------------------------------------------------------------------------------

    def _stack_entry(self, stack: Stack) -> dict[str, Any]:
        return {
            "Id": stack.id,
            "Name": stack.name,
            "Type": 2,
            "EndpointId": stack.environment_id,
            "SwarmId": "",
            "EntryPoint": "docker-compose.yml",
            "Env": [],
            "Status": 1 if stack.active else 2,
            "ProjectPath": f"/data/compose/{stack.id}",
            "CreationDate": int(self.clock.now()) - 86_400,
            "CreatedBy": "admin",
            "FromAppTemplate": False,
        }

    async def _stacks(self, request: web.Request) -> web.StreamResponse:
        filters = json.loads(request.query.get("filters") or "{}")
        wanted = filters.get("EndpointID")
        found = [s for s in self.stacks.values() if wanted in (None, s.environment_id)]
        return web.json_response([self._stack_entry(stack) for stack in found])

    def _find_stack(self, request: web.Request) -> Stack | None:
        text = request.match_info["id"]
        return self.stacks.get(int(text)) if text.isdigit() else None

    async def _stack(self, request: web.Request) -> web.StreamResponse:
        stack = self._find_stack(request)
        if stack is None:
            return self._error(404, _NO_STACK, "object not found inside the database")
        return web.json_response(self._stack_entry(stack))

    async def _switch_stack(self, request: web.Request) -> web.StreamResponse:
        stack = self._find_stack(request)
        if stack is None:
            return self._error(404, _NO_STACK, "object not found inside the database")
        active = request.match_info["verb"] == "start"
        if stack.active == active:
            word = "active" if active else "inactive"
            return self._error(400, f"Stack is already {word}")
        if "endpointId" not in request.query:
            return self._error(400, "Invalid query parameter: endpointId")
        stack.active = active
        await self._switch_containers(stack)
        return web.json_response(self._stack_entry(stack))

    async def _switch_containers(self, stack: Stack) -> None:
        environment = self.environments.get(stack.environment_id)
        if environment is None:
            return
        filters = quote(json.dumps({"label": [f"com.docker.compose.project={stack.name}"]}))
        ask = environment.forwarder.ask
        verb = "start" if stack.active else "stop"
        for container in await ask("GET", f"/containers/json?all=1&filters={filters}"):
            await ask("POST", f"/containers/{container['Id']}/{verb}")

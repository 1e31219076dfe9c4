"""The simulated TrueNAS: its doors, its connections, and the worlds behind them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import cache
from hashlib import sha256
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory
from typing import Any, override
from uuid import uuid4

from aiohttp import web

from ..clock import Clock, LoopClock
from ..server import HttpServer
from ..tls import make_certificates
from ..wire import LOOPBACK, Listener
from . import core, login, world
from .ddp import DdpSession
from .events import Change, Event
from .faults import MethodFaults
from .jobs import Jobs
from .jsonrpc import JsonRpcSession
from .keys import Key, Keys
from .limits import RateLimit
from .methods import methods_of
from .session import Session
from .version import V25_10, V26, Version, api_versions


@cache
def _self_signed() -> ssl.SSLContext:
    """Return the context of a certificate that nobody vouches for, as every new TrueNAS has."""
    with TemporaryDirectory() as folder:
        return make_certificates(Path(folder)).server_context(ask_client=False)


class TrueNas(HttpServer):
    """A simulated TrueNAS on 127.0.0.1.

    async with TrueNas(V25_10) as nas:
        furnish(nas)
        nas.url, nas.username, nas.api_key      # how to reach it: a full admin's key

    * `pools`, `datasets`, `snapshots`, `disks`, `backups`, `host`, `apps`, `machines`: the worlds.
    * `keys`: `nas.keys.add("ha", {"READONLY_ADMIN"}).text` is another key; expire and revoke them.
    * `jobs`: see there, to hold jobs and to let them fail. `faults`: see `MethodFaults`.
    * `calls`: how often each method was called; `logins`: the outcome of each; `connected`: how many
      websockets were opened; `disks_woken`: names of the disks that a method spun up.
    * `emit(…)` tells the subscribers of an event. `reboot()`, `go_down()`, `come_up()`, `be_ready()`.
    * `idle_timeout`: seconds without any frame after which a connection is dropped (None: never);
      `idle_drops` counts them. `rate_limit_pause`: seconds that one too many has to wait.
    * `allowlisted` False: the address may not use the interface; websockets close with 1008.
    """

    faults: MethodFaults

    def __init__(
        self,
        version: Version = V25_10,
        *,
        port: int = 0,
        clock: Clock | None = None,
        tls: bool = True,
        name: str = "truenas",
    ) -> None:
        """Prepare a server; `name` decides the host id. Without `tls` it is plain http."""
        super().__init__(port=port, clock=clock or LoopClock(), tls=_self_signed() if tls else None)
        self.version = version
        self.name = name
        self.faults = MethodFaults(self.clock)
        self.host_id = sha256(name.encode()).hexdigest()
        self.boot_id = str(uuid4())
        self.state = "READY"
        self.idle_timeout: float | None = 60.0 if version.line < V26.line else 3600.0
        self.rate_limit_pause = 0.0
        self.allowlisted = True
        self.sessions: set[Session] = set()
        self.calls: Counter[str] = Counter()
        self.logins: list[str] = []
        self.connected = 0
        self.idle_drops = 0
        self.disks_woken: list[str] = []
        self.rate_limit = RateLimit(self)
        self.jobs = Jobs(self)
        self.keys = Keys(self)
        self.admin: Key = self.keys.add()
        self.methods = methods_of(version, [*core.METHODS, *login.METHODS, *world.METHODS])
        self.events: dict[str, Event] = {
            event.name: event
            for event in (*core.EVENTS, *world.EVENTS)
            if event.offered_by(version)
        }
        self.pools = world.Pools(self)
        self.disks = world.Disks(self)
        self.datasets = world.Datasets(self)
        self.snapshots = world.Snapshots(self)
        self.backups = world.Backups(self)
        self.host = world.Host(self)
        self.apps = world.Apps(self)
        self.machines = world.Machines(self)
        self._plain: list[Listener] = []

    @property
    def username(self) -> str:
        """The owner of `api_key`."""
        return self.admin.username

    @property
    def api_key(self) -> str:
        """The key of a full admin."""
        return self.admin.text

    @property
    def parts(self) -> tuple[world.Part, ...]:
        """All worlds."""
        return (
            *(self.pools, self.disks, self.datasets, self.snapshots),
            *(self.backups, self.host, self.apps, self.machines),
        )

    @override
    def reset_counts(self) -> None:
        """Start counting anew."""
        super().reset_counts()
        self.calls.clear()
        self.logins.clear()
        self.disks_woken.clear()
        self.connected = self.idle_drops = 0

    # --- Doors ----------------------------------------------------------------------------------

    @override
    def routes(self, app: web.Application) -> None:
        """Add what nginx and the middleware answer."""
        app.router.add_get("/websocket", self._websocket)
        app.router.add_get("/ui/", self._page)
        if names := api_versions(self.version):
            app.router.add_get("/api/versions", self._versions)
            for name in ("current", *names):
                app.router.add_get(f"/api/{name}", self._json_rpc)
        if self.version.line >= V25_10.line:
            app.router.add_get("/api/boot_id", self._boot_id)
        app.router.add_route("*", "/{rest:.*}", self._elsewhere)

    async def open_plain(self, *, redirect: bool = False) -> str:
        """Open a second door without encryption; it may send on to the first. Returns its address."""
        listener = Listener(self._protocol)
        await listener.open()
        self._plain.append(listener)
        self._redirecting = redirect
        return f"http://{LOOPBACK}:{listener.port}"

    _redirecting = False

    @override
    async def close(self) -> None:
        """Stop at once."""
        for listener in self._plain:
            await listener.close()
        self._plain.clear()
        await super().close()

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        """Send a plain request on to the encrypted door where that is wanted."""
        if self._redirecting and not request.secure:
            return web.Response(status=307, headers={"Location": f"{self.url}{request.path_qs}"})
        return None

    async def _versions(self, _request: web.Request) -> web.Response:
        return web.json_response(api_versions(self.version))

    async def _boot_id(self, _request: web.Request) -> web.Response:
        return web.json_response(self.boot_id)

    async def _page(self, _request: web.Request) -> web.Response:
        body = "<!doctype html><html><head><title>TrueNAS</title></head><body></body></html>"
        return web.Response(text=body, content_type="text/html")

    async def _elsewhere(self, request: web.Request) -> web.Response:
        location = f"{request.scheme}://{request.host}/ui/"
        return web.Response(status=302, headers={"Location": location})

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, DdpSession)

    async def _json_rpc(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, JsonRpcSession)

    async def _serve(
        self,
        request: web.Request,
        dialect: Callable[[TrueNas, web.WebSocketResponse, web.Request], Session],
    ) -> web.StreamResponse:
        ws = web.WebSocketResponse(autoping=False, max_msg_size=0)
        if not ws.can_prepare(request):
            return web.Response(status=400, text="No WebSocket UPGRADE hdr: None")
        await ws.prepare(request)
        if not self.allowlisted:
            await ws.close(code=1008, message=b"You are not allowed to access this resource")
            return ws
        session = dialect(self, ws, request)
        self.connected += 1
        self.sessions.add(session)
        try:
            await session.serve()
        finally:
            self.sessions.discard(session)
        return ws

    # --- Telling --------------------------------------------------------------------------------

    def emit(
        self,
        event: str,
        kind: str,
        identity: Any = None,
        fields: Any = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        """Tell all who listen: `nas.emit("pool.query", "changed", 1, {…})`.

        Nobody is told of an event that this version does not have, or without the right to it.
        """
        known = self.events.get(event)
        if known is None:
            return
        change = Change(event=event, kind=kind, identity=identity, fields=fields, extra=extra)
        self.broadcast(change, lambda key: key is not None and key.may(known.role))

    def broadcast(self, change: Change, allowed: Callable[[Key | None], bool]) -> None:
        """Tell those who listen and whose key is allowed to hear."""
        for session in list(self.sessions):
            if session.listens_to(change.event) and allowed(session.key):
                session.tell(change)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that ends with the server."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def expire_sessions(self) -> None:
        """Let all who have logged in be asked to do it again."""
        for session in self.sessions:
            session.logged_in_at = 0.0

    # --- Going down and coming up ---------------------------------------------------------------

    async def go_down(self) -> None:
        """Drop all connections and refuse new ones; jobs are forgotten, and what was in memory."""
        self.state = "SHUTTING_DOWN"
        self.jobs.rebooted()
        await self.refuse()
        self.boot_id = str(uuid4())
        self.rate_limit.clear()
        for part in self.parts:
            part.rebooted()

    async def come_up(self, *, ready: bool = True) -> None:
        """Accept connections again; unless ready it is still BOOTING."""
        self.state = "BOOTING"
        await self.accept()
        if ready:
            self.be_ready()

    def be_ready(self) -> None:
        """Have booted."""
        self.state = "READY"
        self.emit("system.ready", "added", fields={})

    async def reboot(self, *, down: float = 0.0, booting: float = 0.0) -> None:
        """Go down, be away for some seconds, and come up over some more."""
        await self.go_down()
        await asyncio.sleep(down)
        await self.come_up(ready=False)
        await asyncio.sleep(booting)
        self.be_ready()

"""A socket proxy that permits only part of an engine's API, as docker-socket-proxy does."""

from __future__ import annotations

from pathlib import Path
import re
from typing import override

from aiohttp import web

from ..clock import Clock
from ..forward import Forwarder
from ..server import HttpServer

_GROUPS = {
    "AUTH": "/auth", "BUILD": "/build", "COMMIT": "/commit", "CONFIGS": "/configs",
    "CONTAINERS": "/containers", "DISTRIBUTION": "/distribution", "EVENTS": "/events",
    "EXEC": "/(containers/[^/]+/)?exec", "IMAGES": "/images", "INFO": "/info",
    "NETWORKS": "/networks", "NODES": "/nodes", "PING": "/_ping", "PLUGINS": "/plugins",
    "SECRETS": "/secrets", "SERVICES": "/services", "SESSION": "/session", "SWARM": "/swarm",
    "SYSTEM": "/system", "TASKS": "/tasks", "VERSION": "/version", "VOLUMES": "/volumes",
}  # fmt: skip
_ALWAYS = frozenset({"EVENTS", "PING", "VERSION"})
_ACTIONS = {
    "ALLOW_START": "start", "ALLOW_STOP": "stop", "ALLOW_RESTARTS": "(stop|restart|kill)",
    "ALLOW_PAUSE": "pause", "ALLOW_UNPAUSE": "unpause",
}  # fmt: skip
# haproxy's own page, which the real proxy sends.
_FORBIDDEN = "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"


class SocketProxy(HttpServer):
    """Stands before an engine and answers 403 (an HTML page) to all that is not permitted.

    `allow` takes the names of docker-socket-proxy: endpoint groups (CONTAINERS, IMAGES, INFO,
    NETWORKS, SYSTEM, VOLUMES, …), POST for everything that is no GET or HEAD, and the single
    actions ALLOW_START, ALLOW_STOP, ALLOW_RESTARTS. EVENTS, PING and VERSION are permitted unless
    they stand in `deny`. Both sets may be changed while it runs.
    """

    error_content_type = "text/html"

    def __init__(
        self,
        target: str,
        *,
        allow: set[str] | None = None,
        deny: set[str] | None = None,
        port: int = 0,
        unix_path: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare a proxy; `target` as `Forwarder` takes it."""
        super().__init__(port=port, unix_path=unix_path, clock=clock)
        self.allow = {*_ALWAYS, *(allow or ())} - (deny or set())
        unknown = self.allow - _GROUPS.keys() - _ACTIONS.keys() - {"POST"}
        if unknown:
            raise ValueError(f"no such permissions: {sorted(unknown)}")
        self._forwarder = Forwarder(target)

    @override
    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{path:.*}", self._pass)

    @override
    def template(self, request: web.Request) -> str:
        return request.path

    @override
    def error_body(self, status: int, message: str) -> bytes:
        return _FORBIDDEN.encode()

    @override
    async def close(self) -> None:
        await super().close()
        await self._forwarder.close()

    def permits(self, method: str, path: str) -> bool:
        """Tell whether a request is let through."""
        bare = re.sub(r"^/v[0-9.]+(?=/)", "", path)
        for name, verb in _ACTIONS.items():
            if name in self.allow and re.fullmatch(rf"/containers/[^/]+/{verb}", bare):
                return True
        if method not in ("GET", "HEAD") and "POST" not in self.allow:
            return False
        return any(
            name in self.allow and re.match(rf"{pattern}(/|$)", bare)
            for name, pattern in _GROUPS.items()
        )

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        if not self.permits(request.method, request.path):
            headers = {"Cache-Control": "no-cache"}
            return web.Response(
                status=403, text=_FORBIDDEN, content_type="text/html", headers=headers
            )
        return await self._forwarder.forward(request, request.raw_path)

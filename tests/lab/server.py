"""What all simulated HTTP systems have in common: a port, faults, and a count of every answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
import re
import ssl
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from .clock import Clock
from .faults import GARBAGE, Fault, Faults, Kind
from .wire import LOOPBACK, Listener, reset


@dataclass
class Answered:
    """One request that arrived.

    `path` has its query, `template` has names for its variable parts and no version prefix,
    `status` is 0 until it is answered.
    """

    method: str
    path: str
    template: str
    status: int = 0


class HttpServer:
    """One simulated HTTP system on 127.0.0.1.

    Use it as `async with`, or `await open()` and `await close()`. Subclasses add their routes in
    `routes()` and their error shape in `error_body()`.

    * `url`, `port`: where it listens.
    * `requests`: every request since the last `reset_counts()`, in order of arrival.
    * `bytes_sent`: everything sent since then, headers included.
    * `faults`: see `tests.lab.faults`; `refuse()` and `accept()` close and reopen the port.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        unix_path: Path | None = None,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare a server; port 0 takes a free one."""
        self.clock = clock or Clock()
        self.faults = Faults(self.clock)
        self.requests: list[Answered] = []
        self.closing = asyncio.Event()
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._listener = Listener(self._protocol, port=port, unix_path=unix_path, tls=tls)

    def routes(self, app: web.Application) -> None:
        """Add the system's routes to its application."""
        raise NotImplementedError

    def error_body(self, status: int, message: str) -> bytes:
        """Return the body that the system itself would send with an error status."""
        return message.encode()

    error_content_type = "application/json"

    @property
    def port(self) -> int:
        """The TCP port, once open."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}"

    @property
    def bytes_sent(self) -> int:
        """Bytes written to all connections since the last `reset_counts()`."""
        return self._listener.bytes_sent

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How often each (method, path template) was asked for."""
        return Counter((answered.method, answered.template) for answered in self.requests)

    def count(self, pattern: str, method: str | None = None) -> int:
        """Count requests whose path (with query) has a match of a regular expression."""
        return sum(
            1
            for answered in self.requests
            if method in (None, answered.method) and re.search(pattern, answered.path)
        )

    def reset_counts(self) -> None:
        """Start counting anew."""
        self.requests.clear()
        self._listener.bytes_sent = 0

    async def open(self) -> None:
        """Start listening."""
        app = web.Application(middlewares=[self._middleware], client_max_size=1 << 30)
        self.routes(app)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        self.closing.clear()
        await self._listener.open()

    async def close(self) -> None:
        """Stop at once: streams end, connections are cut, background work is cancelled."""
        self.closing.set()
        self.faults.clear()
        await self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def refuse(self) -> None:
        """Close the port and cut all connections: connecting is refused from now on."""
        await self._listener.close(keep_port=True)

    async def accept(self) -> None:
        """Open the same port again after `refuse()`."""
        await self._listener.open()

    def cut(self) -> None:
        """Cut all open connections, event streams included; new ones are welcome."""
        self._listener.cut()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.close()

    def _protocol(self) -> asyncio.Protocol:
        assert self._runner is not None
        assert self._runner.server is not None
        return self._runner.server()

    def template(self, request: web.Request) -> str:
        """Return the route's pattern, or the path itself when no route fits."""
        resource = request.match_info.route.resource
        return resource.canonical if resource is not None else request.path

    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        """Return a refusal for a request without the right credentials; None lets it in."""
        return None

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answered = Answered(request.method, request.path_qs, self.template(request))
        self.requests.append(answered)
        fault = self.faults.take(request.method, request.path_qs)
        if fault is not None:
            response = await self._misbehave(fault, request, handler)
        else:
            response = await self._answer(request, handler)
        answered.status = response.status
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = await self.authorize(request)
        return refusal if refusal is not None else await handler(request)

    async def _misbehave(
        self, fault: Fault, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        match fault.kind:
            case Kind.SLOW:
                await self._pause_for(fault.seconds)
                return await self._answer(request, handler)
            case Kind.STATUS:
                return self._status(fault)
            case Kind.GARBAGE:
                return web.Response(body=GARBAGE, content_type="application/json")
            case Kind.HALF:
                return await self._half(request, handler)
            case Kind.HANG:
                await fault.gone.wait()
        if request.transport is not None:
            reset(request.transport)
        return web.Response(status=500)

    def _status(self, fault: Fault) -> web.Response:
        message = f"simulated fault {fault.status}"
        body = fault.body if fault.body is not None else self.error_body(fault.status, message)
        return web.Response(
            status=fault.status,
            body=body,
            content_type=self.error_content_type,
            headers=fault.headers,
        )

    async def _half(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await self._answer(request, handler)
        body = b'[{"Id": "0123456789abcdef", "Names": ["/half'
        if isinstance(response, web.Response) and isinstance(response.body, bytes):
            body = response.body
        if request.transport is not None and not response.prepared:
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            )
            request.transport.write(f"{head}\r\n\r\n".encode() + body[: len(body) // 2])
            request.transport.close()
        return response

    async def _pause_for(self, seconds: float) -> None:
        """Sleep, but no longer than the server lives."""
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return

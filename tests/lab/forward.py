"""A reverse proxy that passes streams through as they come."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from typing import Any

from aiohttp import (
    ClientConnectionResetError,
    ClientError,
    ClientSession,
    ClientTimeout,
    TCPConnector,
    UnixConnector,
    web,
)
from yarl import URL

_HOP = {
    "connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    "content-length", "content-encoding",
}  # fmt: skip


class Forwarder:
    """Forwards requests to one address: `http://`, `https://`, `tcp://` or `unix:///path`.

    An engine that cannot be reached gives 502 with an empty body, as Go's ReverseProxy does.
    """

    def __init__(self, target: str, *, tls: ssl.SSLContext | None = None) -> None:
        """Remember the target; connections are made when the first request comes."""
        self.target = target
        self._tls = tls
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Close all connections to the target."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connect(self) -> ClientSession:
        if self._session is None:
            timeout = ClientTimeout(total=None, sock_connect=10)
            unix = self.target.removeprefix("unix://")
            connector = (
                UnixConnector(path=unix, limit=0)
                if unix != self.target
                else TCPConnector(limit=0, ssl=self._tls or True)
            )
            self._session = ClientSession(
                connector=connector, timeout=timeout, auto_decompress=False
            )
        return self._session

    def _url(self, path_and_query: str) -> URL:
        base = self.target
        if base.startswith("unix://"):
            base = "http://docker"
        elif base.startswith("tcp://"):
            base = "http://" + base.removeprefix("tcp://")
        return URL(base.rstrip("/") + path_and_query, encoded=True)

    async def ask(self, method: str, path_and_query: str) -> Any:
        """Ask the target on the proxy's own account; return its JSON (None when it sends none).

        Raises aiohttp's ClientError, also for a status of 400 and above.
        """
        timeout = ClientTimeout(total=5)
        url = self._url(path_and_query)
        async with self._connect().request(method, url, timeout=timeout) as answer:
            answer.raise_for_status()
            text = await answer.text()
            return json.loads(text) if text else None

    async def forward(
        self, request: web.Request, path_and_query: str, *, drop: frozenset[str] = frozenset()
    ) -> web.StreamResponse:
        """Send a request on and its answer back; `drop` names request headers to leave out."""
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP | drop
        ]
        body = await request.read() if request.body_exists else None
        try:
            answer = await self._connect().request(
                request.method,
                self._url(path_and_query),
                headers=headers,
                data=body,
                allow_redirects=False,
            )
        except ClientError, TimeoutError, OSError:
            return web.Response(status=502)
        async with answer:
            response = web.StreamResponse(status=answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP:
                    response.headers.add(name, value)
            if answer.content_length is not None:
                response.content_length = answer.content_length
            await response.prepare(request)
            # The caller has gone, or the target broke off in the middle: so does this answer.
            with contextlib.suppress(ClientConnectionResetError):
                try:
                    async for chunk in answer.content.iter_any():
                        await response.write(chunk)
                except ClientError, asyncio.IncompleteReadError:
                    if request.transport is not None:
                        request.transport.abort()
            return response

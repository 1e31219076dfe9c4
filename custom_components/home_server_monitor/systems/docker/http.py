"""HTTP with a Docker Engine, through ``aiodocker``: the requests that it has no call for."""

from collections.abc import AsyncIterator, Mapping
import ssl
from typing import Any

from aiodocker import Docker
import aiohttp

from ..errors import BadAnswer

TIMEOUT = 10.0
SLOW_TIMEOUT = 120.0
_STREAM_SECONDS = 600.0
_LONGEST_LINE = 1 << 22
_PATH_STAT = "X-Docker-Container-Path-Stat"
_STREAM = aiohttp.ClientTimeout(total=_STREAM_SECONDS, sock_connect=TIMEOUT)
# A pull takes as long as it takes, but something must move.
PULL = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT, sock_read=300.0)


class DockerHttp(Docker):
    """aiodocker with the queries that it has no call for."""

    async def get(self, path: str, *, login: str = "", **params: str) -> Any:
        """Return the JSON answer to a GET."""
        return await self._query_json(path, params=params, headers=_login(login))

    async def post(self, path: str, **params: str) -> None:
        """POST without a body; the answer's body does not matter."""
        async with (
            self._query(path, "POST", params=params, timeout=_timeout(SLOW_TIMEOUT)) as answer,
            answer,
        ):
            pass

    async def read(self, path: str, **params: str) -> bytes:
        """Return the raw body of the answer to a GET."""
        async with (
            self._query(path, params=params, timeout=_timeout(SLOW_TIMEOUT)) as answer,
            answer,
        ):
            body: bytes = await answer.read()
            return body

    async def peek(self, archive: str, path: str, size: int) -> tuple[str, bytes]:
        """Return what a path of a container is, and the beginning of the body; leave the rest."""
        plain = {"Accept-Encoding": "identity"}  # what is left out need not be compressed
        async with self._query(archive, params={"path": path}, headers=plain) as answer, answer:
            return answer.headers.get(_PATH_STAT, ""), await answer.content.readexactly(size)

    async def send(
        self, method: str, path: str, body: object, seconds: float, **params: str
    ) -> Any:
        """Send a request with a JSON body; return what the answer holds."""
        return await self._query_json(
            path, method, params=params, data=body, timeout=_timeout(seconds)
        )

    async def stream(
        self,
        path: str,
        params: Mapping[str, str],
        method: str = "GET",
        limits: aiohttp.ClientTimeout = _STREAM,
        login: str = "",
    ) -> AsyncIterator[tuple[str, bytes]]:
        """Yield the answer's ``Date`` and an empty line, then every line of its body."""
        asked = self._query(path, method, params=params, timeout=limits, headers=_login(login))
        async with asked as answer, answer:
            date = answer.headers.get("Date", "")
            yield date, b""
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _LONGEST_LINE:
                    raise BadAnswer("endless line in the event stream")
                for line in lines:
                    if line.strip():
                        yield date, line


def _login(login: str) -> dict[str, str] | None:
    return {"X-Registry-Auth": login} if login else None


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=TIMEOUT)


def docker(
    url: str, session: aiohttp.ClientSession | None, context: ssl.SSLContext | None = None
) -> DockerHttp:
    """Prepare a connection; without a session the connection makes and closes its own."""
    if session is None:
        return DockerHttp(url, ssl_context=context, timeout=_timeout(TIMEOUT))
    return DockerHttp(url, session=session, connector=session.connector, timeout=_timeout(TIMEOUT))

"""Talks to a Docker Engine: by TCP, TLS, a UNIX socket, a socket proxy, or through Portainer.

All of the engine's HTTP goes through ``aiodocker``. Nothing but ``HomeServerError`` leaves here.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
import errno
import json
import ssl
from typing import Any

from aiodocker import DockerError
import aiohttp
from yarl import URL

from ..errors import (
    BadAnswer,
    CannotConnect,
    CannotResolve,
    ConnectionRefused,
    ConnectTimeout,
    HomeServerError,
    InvalidAuth,
    MissingRight,
    NotFound,
    Rejected,
    TLSFailure,
    UnsupportedVersion,
    WrongServer,
)
from ..paths import ROOT, Path
from . import parse
from .cursor import Crashes, Cursor
from .http import PULL, SLOW_TIMEOUT, TIMEOUT, DockerHttp
from .inspected import Inspected
from .models import Container, ContainerUsage, Counters, DiskUsage, EngineInfo, Row
from .stats import usage

OLDEST_API = (1, 41)

# What happens to a container and is worth telling; probes of health checks are not among it.
# The last two are Podman's names for a death and a removal.
EVENTS = [
    *("create", "start", "restart", "stop", "die", "kill", "oom", "pause", "unpause"),
    *("rename", "update", "destroy", "health_status", "died", "remove"),
]


class Engine:
    """One engine; ``path`` is where it stands in the tree of its entry.

    ``name`` is what people call the host, ``hosts`` are names and addresses at which its machine is
    reached, ``stacks`` are those that Portainer knows. ``stream_open`` tells whether its events
    arrive, so that polling need not look for what they would have told; ``cursor``, ``crashes``,
    ``missing`` and ``unread`` (ids of which an event told but that could not be inspected) keep
    what has to outlive a connection or a poll.
    """

    def __init__(self, docker: DockerHttp, path: Path = ROOT) -> None:
        """Wrap a prepared connection; ``check_version`` must follow before anything else."""
        self._docker = docker
        self.path = path
        self.stream_open = False
        self.cursor = Cursor()
        self.crashes = Crashes()
        self.stacks: frozenset[str] = frozenset()
        self.missing: dict[Path, datetime] = {}
        self.unread: set[str] = set()
        self.inspected = Inspected()
        self.name = ""
        self.hosts: tuple[str, ...] = ()
        self.version = ""
        self.is_podman = False

    async def check_version(self) -> None:
        """Ask who answers, and use the newest API that it speaks.

        Raises ``WrongServer`` for anything but an engine and ``UnsupportedVersion`` for one that
        is too old.
        """
        told = parse.mapping(await self._ask_version())
        api = str(told.get("ApiVersion") or "")
        try:
            number = tuple(int(part) for part in api.split("."))
        except ValueError:
            raise WrongServer("no Docker API answers there") from None
        self.version = str(told.get("Version") or "")
        self.is_podman = "podman" in json.dumps(told.get("Components") or "").lower()
        if number < OLDEST_API:
            raise UnsupportedVersion(f"API {api}, Docker {self.version}")
        self._docker.api_version = f"v{api}"

    async def _ask_version(self) -> Any:
        try:
            with _errors("VERSION"):
                async with asyncio.timeout(TIMEOUT):
                    return await self._docker._query_json(  # noqa: SLF001 - unversioned on purpose
                        "version", versioned_api=False
                    )
        except NotFound as err:
            raise WrongServer("no Docker API answers there") from err
        except BadAnswer as err:
            # An answer that breaks off tells nothing; one that is no JSON is another server's.
            if isinstance(err.__cause__, aiohttp.ClientError):
                raise
            raise WrongServer("no Docker API answers there") from err

    @property
    def brand(self) -> str:
        """``Docker`` or ``Podman``."""
        return "Podman" if self.is_podman else "Docker"

    @property
    def is_local(self) -> bool:
        """Whether the engine runs on this very machine, so that its loopback is ours."""
        address = URL(self._docker.docker_host)
        return address.scheme == "unix" or (
            self.path == ROOT and address.host in ("127.0.0.1", "::1", "localhost")
        )

    async def get(self, right: str, path: str, seconds: float = TIMEOUT, **params: str) -> Any:
        """Return the JSON answer to a GET; ``right`` is what a socket proxy calls its permission."""
        with _errors(right):
            async with asyncio.timeout(seconds):
                return await self._docker.get(path, **params)

    async def _post(self, path: str, **params: str) -> None:
        with _errors("POST"):
            await self._docker.post(path, **params)

    async def rows(self) -> list[Row]:
        """Return the list of all containers, one short row each."""
        return parse.rows(await self.get("CONTAINERS", "containers/json", all="1"))

    async def inspect(self, container_id: str) -> tuple[str, Container]:
        """Return a container and the key that it keeps across recreations."""
        document = await self.get("CONTAINERS", f"containers/{container_id}/json")
        container = parse.container(document)
        return parse.container_key(parse.labels_of(document), container.name), container

    async def usage(self, container_id: str, before: Counters | None) -> ContainerUsage:
        """Return what a container uses, with rates since ``before``; one cheap sample."""
        path = f"containers/{container_id}/stats?stream=false&one-shot=true"
        return usage(await self.get("CONTAINERS", path), before)

    async def info(self) -> EngineInfo:
        """Return what the engine says of itself and its machine."""
        version, info = await asyncio.gather(
            self.get("VERSION", "version"), self.get("INFO", "info")
        )
        return parse.engine_info(version, info)

    async def identity(self) -> tuple[str, str]:
        """Return the engine's id and the host's name; empty where it may not be asked."""
        try:
            info = parse.mapping(await self.get("INFO", "info"))
        except MissingRight:
            return "", ""
        return str(info.get("ID") or ""), str(info.get("Name") or "")

    async def disk_usage(self) -> DiskUsage:
        """Return ``/system/df``, which may take the engine minutes."""
        return parse.disk_usage(await self.get("SYSTEM", "system/df", seconds=SLOW_TIMEOUT))

    async def start(self, container_id: str) -> None:
        """Start a container; one that runs already is fine."""
        await self._post(f"containers/{container_id}/start")

    async def stop(self, container_id: str) -> None:
        """Stop a container in its own stop time; one that is stopped already is fine."""
        await self._post(f"containers/{container_id}/stop")

    async def restart(self, container_id: str) -> None:
        """Stop and start a container."""
        await self._post(f"containers/{container_id}/restart")

    async def pause(self, container_id: str) -> None:
        """Freeze a container's processes."""
        await self._post(f"containers/{container_id}/pause")

    async def unpause(self, container_id: str) -> None:
        """Let a container's processes go on."""
        await self._post(f"containers/{container_id}/unpause")

    async def kill(self, container_id: str) -> None:
        """Kill a container without giving it time to end."""
        await self._post(f"containers/{container_id}/kill")

    async def logs(self, container_id: str, tail: int, since: str | None) -> tuple[bytes, bool]:
        """Return the raw log with timestamps, and whether it is framed (no TTY).

        ``since`` is a UNIX time in seconds, with a fraction.
        """
        path = f"containers/{container_id}"
        document = parse.mapping(await self.get("CONTAINERS", f"{path}/json"))
        params = {"stdout": "1", "stderr": "1", "timestamps": "1", "tail": str(tail)}
        if since is not None:
            params["since"] = since
        with _errors("CONTAINERS"):
            body = await self._docker.read(f"{path}/logs", **params)
        return body, not parse.mapping(document.get("Config")).get("Tty")

    async def events(self, since: str | None) -> AsyncIterator[tuple[float, Mapping[str, Any]]]:
        """Yield the engine's clock at connection with an empty event, then each event.

        ``since`` is the engine's time in seconds, with nanoseconds as the fraction. Ends when
        the engine ends the stream, and by itself every ten minutes, so that a connection that
        died silently is found.
        """
        filters = json.dumps({"type": ["container"], "event": EVENTS})
        params = {"filters": filters} | ({"since": since} if since else {})
        with _errors("EVENTS"):
            try:
                async for date, line in self._docker.stream("events", params):
                    yield _seconds(date), parse.mapping(json.loads(line)) if line else {}
            except TimeoutError:
                return

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        seconds: float = SLOW_TIMEOUT,
        **params: str,
    ) -> Any:
        """Send one request of ``operations`` and return the JSON of its answer."""
        with _errors(_right(method, path)):
            return await self._docker.send(method, path, body, seconds, **params)

    async def peek(self, container_id: str, path: str, size: int) -> tuple[str, bytes]:
        """Return the stat header and the first bytes of an archive, however large it is."""
        with _errors("CONTAINERS"):
            return await self._docker.peek(f"containers/{container_id}/archive", path, size)

    async def distribution(self, name: str, login: str, seconds: float) -> Any:
        """Let the engine ask the registry about an image; ``login`` is for that registry."""
        with _errors("DISTRIBUTION"):
            async with asyncio.timeout(seconds):
                return await self._docker.get(f"distribution/{name}/json", login=login)

    async def pull(
        self, params: Mapping[str, str], login: str = ""
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Pull an image; yield each line of the engine's progress. ``login`` as above."""
        with _errors(_right("POST", "images")):
            lines = self._docker.stream("images/create", params, "POST", PULL, login)
            async for _, line in lines:
                if line:
                    yield parse.mapping(json.loads(line))

    async def close(self) -> None:
        """Close what was opened for this engine; a shared session stays."""
        await self._docker.close()


def _right(method: str, path: str) -> str:
    """Return what a socket proxy calls the rights that a request needs."""
    section = path.partition("/")[0].upper()
    return section if method == "GET" else f"POST, {section}"


def _seconds(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0


@contextmanager
def _errors(right: str) -> Iterator[None]:
    """Turn everything that may come out of aiodocker and aiohttp into our own errors."""
    try:
        yield
    except HomeServerError:
        raise
    except TimeoutError as err:
        raise ConnectTimeout from err
    except DockerError as err:
        raise _docker_error(err, right) from err
    except aiohttp.ClientError as err:
        raise connection_error(err) from err
    except (ValueError, KeyError, TypeError, AttributeError, EOFError) as err:
        raise BadAnswer(str(err)) from err


def _docker_error(error: DockerError, right: str) -> HomeServerError:
    cause = error.__context__
    message = _message(error.message)
    if error.status == 900 and isinstance(cause, Exception):
        return connection_error(cause)
    if "HTTP request to an HTTPS server" in message:
        return TLSFailure(message)
    kind: type[HomeServerError] = {
        401: InvalidAuth,
        404: NotFound,
        502: CannotConnect,
        503: CannotConnect,
        504: ConnectTimeout,
    }.get(error.status, Rejected)
    if error.status == 403:
        return MissingRight(right)
    return kind(message)


def _message(text: str) -> str:
    """Return the sentence in an error's body, which aiodocker leaves as JSON at times."""
    try:
        return str(json.loads(text)["message"])
    except ValueError, KeyError, TypeError:
        return text


def connection_error(error: Exception) -> HomeServerError:
    """Say in our own words why a connection failed."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return CannotResolve(str(error.os_error))
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
        return TLSFailure(str(getattr(error, "certificate_error", None) or error))
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if getattr(cause, "errno", 0) in (errno.ECONNREFUSED, errno.ENOENT):
        return ConnectionRefused(str(cause))
    if isinstance(error, (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError)):
        return BadAnswer(str(error))
    if isinstance(error, aiohttp.ClientResponseError):
        return WrongServer(error.message)
    return CannotConnect(str(error))

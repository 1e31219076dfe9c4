"""Portainer as a front door: its environments, each an engine behind Portainer's own address."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import aiohttp
from pyportainer import Portainer
from pyportainer.exceptions import (
    PortainerAuthenticationError,
    PortainerError,
    PortainerNotFoundError,
    PortainerTimeoutError,
)
from pyportainer.models.portainer import Endpoint
from yarl import URL

from ..errors import (
    BadAnswer,
    CannotConnect,
    ConnectTimeout,
    HomeServerError,
    InvalidAddress,
    InvalidAuth,
    MissingRight,
    NotFound,
    WrongServer,
)
from ..neighbours import address_of
from ..paths import ROOT, Path, child
from ..system import Group, Identity, Reading, Refresh, Sessions
from .client import Engine, connection_error
from .http import docker
from .models import Environment, PortainerServer
from .registry import RegistryClient
from .update_check import UpdateCheck

ENVIRONMENT = "environment"
_DOCKER_TYPES = (1, 2, 4)  # Docker API, agent, edge agent; the others are no Docker
_UP = 1


class PortainerClient:
    """Portainer, and the engines that can be reached through it at present.

    ``down`` holds the environments that cannot be reached: they cost only themselves.
    """

    def __init__(
        self, url: str, token: str, shared: aiohttp.ClientSession, registries: RegistryClient
    ) -> None:
        """Prepare; nothing is asked yet."""
        self.url = url
        self.engines: dict[Path, Engine] = {}
        self.down: dict[Path, HomeServerError] = {}
        self.updates = UpdateCheck(registries)
        self.server = PortainerServer(url=url, version="", instance_id="")
        self._portainer = Portainer(url, token, session=shared, max_retries=0)
        # The engines' requests carry the token too, over the same shared connections.
        self._session = aiohttp.ClientSession(
            connector=shared.connector,
            connector_owner=False,
            headers={"X-API-Key": token},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Close the session that carries the token; the shared connections stay."""
        await self._session.close()

    async def check(self) -> None:
        """Ask who answers, and whether the token is good.

        Raises ``WrongServer`` for anything but Portainer and ``InvalidAuth`` for a bad token.
        """
        try:
            with _errors():
                status = await self._portainer.portainer_system_status()
        except (NotFound, BadAnswer) as err:
            raise WrongServer("no Portainer answers there") from err
        if not status.instance_id:
            raise WrongServer("no Portainer answers there")
        self.server = PortainerServer(
            url=str(URL(self.url).with_user(None)),
            version=status.version or "",
            instance_id=status.instance_id,
        )
        await self.environments()

    async def check_health(self) -> None:
        """Raise what keeps Portainer from answering."""
        with _errors():
            await self._portainer.portainer_system_status()

    async def environments(self) -> dict[Path, Environment]:
        """Return the Docker environments, and keep an engine for each that answers."""
        with _errors():
            endpoints = await self._portainer.get_endpoints()
        found = {
            child(ROOT, ENVIRONMENT, endpoint.id): _environment(endpoint)
            for endpoint in endpoints
            if endpoint.type in _DOCKER_TYPES
        }
        hosts = {
            child(ROOT, ENVIRONMENT, endpoint.id): tuple(self._hosts(endpoint))
            for endpoint in endpoints
        }
        engines: dict[Path, Engine] = {}
        down: dict[Path, HomeServerError] = {}
        for path, environment in found.items():
            try:
                engines[path] = await self._engine(self.engines.get(path), path, environment)
                engines[path].hosts = hosts[path]
            except InvalidAuth:
                raise
            except HomeServerError as err:
                down[path] = err
        # At once: other groups read meanwhile, and an environment in neither counts as gone.
        self.engines, self.down = engines, down
        return found

    def _hosts(self, endpoint: Endpoint) -> Iterator[str]:
        """Yield where an environment's machine is reached: Portainer's own for its own engine."""
        for address in (endpoint.url, endpoint.public_url):
            text = address or ""
            if text.startswith(("unix://", "npipe://")):
                text = self.url
            host, _ = address_of({"url": text})
            if host:
                yield host

    async def _engine(self, known: Engine | None, path: Path, environment: Environment) -> Engine:
        """Return the engine of an environment; a new one is asked for its version first."""
        if not environment.is_up:
            raise CannotConnect("Portainer does not reach this environment")
        if known is None:
            base = f"{self.url}/api/endpoints/{environment.id}/docker"
            known = Engine(docker(base, self._session), path)
            await known.check_version()
        known.name = environment.name
        return known

    async def note_stacks(self) -> None:
        """Ask for the stacks, so that those without containers are known too."""
        with _errors():
            stacks = await self._portainer.get_stacks()
        for path, engine in self.engines.items():
            engine.stacks = frozenset(
                stack.name
                for stack in stacks
                if stack.name and path == child(ROOT, ENVIRONMENT, stack.endpoint_id)
            )


def _environment(endpoint: Endpoint) -> Environment:
    return Environment(
        id=endpoint.id,
        name=endpoint.name or f"Environment {endpoint.id}",
        engine="Podman" if endpoint.container_engine == "podman" else "Docker",
        is_up=endpoint.status == _UP,
    )


async def connect(data: Mapping[str, Any], sessions: Sessions) -> PortainerClient:
    """Connect to Portainer at ``url`` with an access ``token``."""
    url = normalise(data["url"])
    shared = sessions.get(bool(data.get("verify_ssl", True)))
    registries = RegistryClient(sessions.verified)
    client = PortainerClient(url, data["token"].strip(), shared, registries)
    try:
        await client.check()
    except BaseException:
        await client.close()
        raise
    return client


def normalise(address: str) -> str:
    """Return Portainer's address without what the browser's address bar adds to it."""
    text = address.strip()
    try:
        url = URL(text if "://" in text else f"http://{text}")
        # Only when it is asked for yarl finds out that a host's name is none.
        if url.scheme not in ("http", "https") or not url.host:
            raise InvalidAddress(address)
        # Of a name beyond ASCII yarl keeps the capital letters.
        url = url.with_host(url.host.lower())
    except ValueError as err:
        raise InvalidAddress(address) from err
    return str(url.with_query(None).with_fragment(None)).rstrip("/")


async def identify(client: PortainerClient) -> Identity:
    """Return Portainer's instance id."""
    host = URL(client.url).host or client.url
    return Identity(unique_id=client.server.instance_id, title=f"Portainer {host}")


async def _fetch(refresh: Refresh[PortainerClient]) -> Reading:
    items = await refresh.client.environments()
    # Without them the stacks that have containers are still known by their labels.
    with suppress(NotFound, MissingRight, BadAnswer):
        await refresh.client.note_stacks()
    return Reading(items={ROOT: refresh.client.server, **items})


ENVIRONMENTS = Group(key="environments", interval=timedelta(minutes=2), fetch=_fetch)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn what pyportainer raises into our own errors."""
    try:
        yield
    except PortainerAuthenticationError as err:
        raise InvalidAuth from err
    except PortainerNotFoundError as err:
        raise NotFound from err
    except PortainerTimeoutError as err:
        raise ConnectTimeout from err
    except PortainerError as err:
        raise _portainer_error(err) from err
    except TimeoutError as err:
        raise ConnectTimeout from err
    except aiohttp.ClientError as err:
        raise connection_error(err) from err
    except (ValueError, LookupError, TypeError, AttributeError) as err:
        raise BadAnswer(type(err).__name__) from err


def _portainer_error(error: PortainerError) -> HomeServerError:
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientResponseError):
        if cause.status == 403:
            return MissingRight("Portainer")
        return CannotConnect(f"{cause.status} {cause.message}")
    if isinstance(cause, Exception):
        return connection_error(cause)
    return BadAnswer("the answer is not JSON")

"""Which of the systems that Home Assistant knows runs in a container, told by its address.

It is reached at a port that the engine publishes for the container, or, from another container,
by the container's own name and port.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
import socket
from typing import Any

from ..neighbours import Neighbour
from . import parse
from .client import Engine

_CONTAINER_MODE = "container:"
_ANY_PORT = 9  # no packet is sent

type Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How a container is reached: ``published`` ports of the host, ``inner`` ones at its ``names``."""

    published: frozenset[int]
    inner: frozenset[int]
    names: frozenset[str]


def reach(container: Document, others: Sequence[Document]) -> Reach:
    """Return how a container is reached.

    The ports of one that lives in another's network are that one's to publish: whoever exposes
    the port answers at it.
    """
    own = _exposed(container)
    host = _host_of(container, others) or container
    if _mode(host) == "host":
        published = own
    else:
        taken = own if host is not container else _exposed_by_guests(container, others)
        published = frozenset(
            outer
            for inner, outer in _published(host)
            if (inner in taken) is (host is not container)
        )
    return Reach(published=published, inner=own, names=frozenset(_names(host)))


def _mode(container: Document) -> str:
    return str(parse.mapping(container.get("HostConfig")).get("NetworkMode") or "")


def _host_of(container: Document, others: Iterable[Document]) -> Document | None:
    """Return the container in whose network this one lives; None for one of its own."""
    reference = _mode(container).removeprefix(_CONTAINER_MODE)
    if reference == _mode(container):
        return None
    return next((other for other in others if _is_meant(reference, other)), None)


def _is_meant(reference: str, container: Document) -> bool:
    name = str(container.get("Name") or "").removeprefix("/")
    return reference == name or str(container.get("Id")).startswith(reference)


def _exposed_by_guests(container: Document, others: Iterable[Document]) -> frozenset[int]:
    guests = (other for other in others if _host_of(other, [container]) is not None)
    return frozenset(port for guest in guests for port in _exposed(guest))


def _exposed(container: Document) -> frozenset[int]:
    ports = parse.mapping(parse.mapping(container.get("Config")).get("ExposedPorts"))
    return frozenset(number for port in ports if (number := _tcp(port)))


def _published(container: Document) -> Iterator[tuple[int, int]]:
    """Yield (port of the container, port of the host)."""
    bindings = {
        **parse.mapping(parse.mapping(container.get("HostConfig")).get("PortBindings")),
        **parse.mapping(parse.mapping(container.get("NetworkSettings")).get("Ports")),
    }
    for port, places in bindings.items():
        for place in places or ():
            outer = parse.mapping(place).get("HostPort")
            if (inner := _tcp(port)) and str(outer or "").isdigit():
                yield inner, int(str(outer))


def _tcp(port: str) -> int | None:
    number, _, protocol = port.partition("/")
    return int(number) if number.isdigit() and protocol in ("", "tcp") else None


def _names(container: Document) -> Iterator[str]:
    """Yield what a container is called and where it is, in the networks of the engine."""
    yield str(container.get("Name") or "").removeprefix("/").lower()
    networks = parse.mapping(parse.mapping(container.get("NetworkSettings")).get("Networks"))
    for end in map(parse.mapping, networks.values()):
        yield from (str(name).lower() for name in end.get("Aliases") or ())
        yield from (str(end[key]) for key in ("IPAddress", "GlobalIPv6Address") if end.get(key))


async def residents(
    engine: Engine,
    container: Document,
    others: Sequence[Document],
    neighbours: Iterable[Neighbour],
) -> list[Neighbour]:
    """Return the neighbours that run in this container."""
    found = reach(container, others)
    return [
        one
        for one in neighbours
        if (one.port in found.inner and one.host.lower() in found.names)
        or (one.port in found.published and await _is_machine_of(engine, one.host))
    ]


# --- The machine of an engine --------------------------------------------------------------------


async def _is_machine_of(engine: Engine, host: str) -> bool:
    """Whether a host is the machine that the engine runs on."""
    if not host or host.lower() in (engine.name.lower(), *engine.hosts):
        return bool(host)
    wanted, *known = await asyncio.gather(*map(_addresses, (host, *engine.hosts)))
    if any(wanted & addresses for addresses in known):
        return True
    return engine.is_local and bool(wanted) and await asyncio.to_thread(_are_own, wanted)


async def _addresses(host: str) -> frozenset[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError, UnicodeError:
        return frozenset()
    return frozenset(str(address[0]) for *_, address in found)


def _are_own(addresses: Collection[str]) -> bool:
    """Whether this very machine has the addresses: then it is reached from itself."""
    return all(ip_address(one).is_loopback or _source_towards(one) == one for one in addresses)


def _source_towards(address: str) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, _ANY_PORT))
            return str(probe.getsockname()[0])
    except OSError:
        return ""

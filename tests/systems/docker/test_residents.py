"""Which system runs in which container, told by the address at which it is reached."""

from collections.abc import AsyncGenerator
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker.client import Engine
from custom_components.home_server_monitor.systems.docker.http import docker
from custom_components.home_server_monitor.systems.docker.residents import reach, residents
from custom_components.home_server_monitor.systems.neighbours import Neighbour, address_of

type Document = dict[str, Any]


def container(
    name: str,
    *exposed: int,
    mode: str = "media",
    published: dict[int, int] | None = None,
    **more: Any,
) -> Document:
    return {
        "Id": f"{name}-id",
        "Name": f"/{name}",
        "Config": {"ExposedPorts": {f"{port}/tcp": {} for port in exposed} | {"1/udp": {}}},
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {
            "Networks": {"media": {"IPAddress": "172.18.0.5", "Aliases": [f"{name}.media"]}},
            "Ports": {
                f"{inner}/tcp": [{"HostIp": "0.0.0.0", "HostPort": str(outer)}]
                for inner, outer in (published or {}).items()
            }
            | {"9/tcp": None},
        },
        **more,
    }


SONARR = container("Sonarr", 8989, published={8989: 18989})
VPN = container("vpn", 8888, 8080, published={8888: 8888, 8080: 18080})
TORRENT = container("torrent", 8080, mode="container:vpn-id", NetworkSettings={})
PLEX = container("plex", 32400, mode="host", NetworkSettings={})
HOUSE = (SONARR, VPN, TORRENT, PLEX)


@pytest.fixture
async def engine() -> AsyncGenerator[Engine]:
    made = Engine(docker("http://10.1.1.9:2375", None))
    made.hosts = ("10.1.1.9", "::1")
    yield made
    await made.close()


async def _found(engine: Engine, host: str, port: int) -> list[str]:
    """Return the containers in which the system at this address would run."""
    neighbour = Neighbour(id="1", name="it", client=object(), host=host, port=port)
    return [
        one["Name"].removeprefix("/")
        for one in HOUSE
        if await residents(engine, one, [x for x in HOUSE if x is not one], [neighbour])
    ]


@pytest.mark.parametrize(
    ("host", "port", "found"),
    [
        ("10.1.1.9", 18989, ["Sonarr"]),
        ("::1", 18989, ["Sonarr"]),
        ("10.1.1.8", 18989, []),
        ("10.1.1.9", 8989, []),
        ("sonarr", 8989, ["Sonarr"]),
        ("sonarr.media", 8989, ["Sonarr"]),
        ("sonarr", 1, []),
        ("10.1.1.9", 32400, ["plex"]),
        # What a guest exposes is the guest's, though its host publishes it.
        ("10.1.1.9", 18080, ["torrent"]),
        ("10.1.1.9", 8888, ["vpn"]),
        ("", 18989, []),
    ],
)
async def test_the_address_tells(engine: Engine, host: str, port: int, found: list[str]) -> None:
    assert await _found(engine, host, port) == found


async def test_a_guest_is_reached_by_its_hosts_name(engine: Engine) -> None:
    assert "torrent" in await _found(engine, "vpn", 8080)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_engine_of_this_machine(host: str) -> None:
    """Is reached at every address of its own."""
    local = Engine(docker("unix:///var/run/docker.sock", None))
    assert await _found(local, host, 18989) == ["Sonarr"]
    await local.close()


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_any_document(value: Any) -> None:
    document = {"Id": "x", "Name": "/x", "Config": value, "HostConfig": {"PortBindings": value}}
    assert reach(document, [document, SONARR]).published == frozenset()


@pytest.mark.parametrize(
    ("data", "address"),
    [
        ({"url": "http://nas:9000/"}, ("nas", 9000)),
        ({"url": "https://[::1]/"}, ("::1", 443)),
        ({"url": "nas"}, ("nas", 80)),
        ({"url": "tcp://10.0.0.1"}, ("10.0.0.1", 2375)),
        ({"url": "unix:///var/run/docker.sock"}, ("", None)),
        ({"url": "http://nas:port"}, ("", None)),
        ({"host": "[fe80::1]", "port": 3493.0}, ("fe80::1", 3493)),
        ({"host": "nas"}, ("nas", None)),
        ({}, ("", None)),
    ],
)
def test_addresses(data: dict[str, Any], address: tuple[str, int | None]) -> None:
    assert address_of(data) == address

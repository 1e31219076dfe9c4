"""What the simulated TrueNAS answers before anybody has logged in."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import aiohttp
import pytest

from tests.lab.truenas import ALL_VERSIONS, V24_04, V24_10, V25_04, V25_10, V26, TrueNas, Version

from .talk import talk

every_version = pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)


@pytest.fixture
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    """Give a session that trusts everybody."""
    connector = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


@pytest.mark.parametrize("nas", [V25_04, V25_10, V26], indirect=True, ids=str)
async def test_lists_the_versions_of_its_interface(
    nas: TrueNas, web: aiohttp.ClientSession
) -> None:
    async with web.get(f"{nas.url}/api/versions") as answer:
        names = await answer.json()
    assert names[:3] == ["v25.04.0", "v25.04.1", "v25.04.2"]
    assert ("v26.0.0" in names) == (nas.version == V26)


@pytest.mark.parametrize("nas", [V24_04, V24_10], indirect=True, ids=str)
async def test_sends_what_it_does_not_know_to_its_page(
    nas: TrueNas, web: aiohttp.ClientSession
) -> None:
    async with web.get(f"{nas.url}/api/versions", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, f"{nas.url}/ui/")
    async with web.get(f"{nas.url}/api/versions") as answer:
        assert answer.content_type == "text/html"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await web.ws_connect(f"{nas.url}/api/current")


@every_version
async def test_boot_id(nas: TrueNas, web: aiohttp.ClientSession) -> None:
    async with web.get(f"{nas.url}/api/boot_id", allow_redirects=False) as answer:
        assert answer.status == (200 if nas.version >= V25_10 else 302)
        if answer.status == 200:
            assert await answer.json() == nas.boot_id


async def test_nobody_vouches_for_its_certificate(nas: TrueNas) -> None:
    async with aiohttp.ClientSession() as careful:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await careful.get(f"{nas.url}/api/versions")


async def test_plain_door(nas: TrueNas, web: aiohttp.ClientSession) -> None:
    plain = await nas.open_plain()
    async with web.get(f"{plain}/api/versions") as answer:
        assert answer.status == 200
    redirecting = await nas.open_plain(redirect=True)
    async with web.get(f"{redirecting}/api/versions", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (307, f"{nas.url}/api/versions")


@every_version
async def test_closes_on_addresses_that_are_not_allowed(nas: TrueNas) -> None:
    nas.allowlisted = False
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{nas.url}/websocket", ssl=False) as ws,
    ):
        message = await ws.receive()
        assert (message.data, message.extra) == (
            1008,
            "You are not allowed to access this resource",
        )


async def test_pinned_interfaces(nas: TrueNas, web: aiohttp.ClientSession) -> None:
    async with web.ws_connect(f"{nas.url}/api/v25.04.2") as ws:
        await ws.send_json({"jsonrpc": "2.0", "id": 1, "method": "core.ping"})
        assert (await ws.receive_json())["result"] == "pong"


@pytest.mark.parametrize("nas", [V25_04, V25_10, V26], indirect=True, ids=str)
async def test_later_versions_still_speak_ddp(nas: TrueNas) -> None:
    async with talk(nas, ddp=True) as api:
        assert await api.result("system.host_id") == nas.host_id
        await api.ws.send_json({"msg": "ping", "id": "p"})
        # It says nothing to that; the next answer is the next call's.
        assert await api.result("core.ping") == "pong"
        assert not api.told


@pytest.mark.parametrize("version", [V24_04, V24_10, V25_04, V25_10, V26], ids=str)
def test_versions_are_ordered(version: Version) -> None:
    assert min(V26, version, V24_04) == V24_04
    assert Version.of("26.0.0-BETA.3").line == V26.line

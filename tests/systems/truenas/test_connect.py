"""Who a TrueNAS is, for the entry."""

from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import ClientSession, TCPConnector
import pytest

from custom_components.home_server_monitor.systems.system import Identity, Sessions
from custom_components.home_server_monitor.systems.truenas.connect import connect, identify
from tests.lab.truenas import TrueNas

from .conftest import every_version


@pytest.fixture
async def sessions(socket_enabled: None) -> AsyncGenerator[Sessions]:
    """Give sessions like those that Home Assistant shares."""
    async with (
        ClientSession() as verified,
        ClientSession(connector=TCPConnector(ssl=False)) as unverified,
    ):
        yield Sessions(verified=verified, unverified=unverified)


async def _identity(nas: TrueNas, sessions: Sessions, **data: Any) -> Identity:
    fields = {"url": nas.url, "api_key": nas.api_key, "verify_ssl": False, **data}
    client = await connect(fields, sessions)
    try:
        return await identify(client)
    finally:
        await client.close()


@every_version
async def test_identity(nas: TrueNas, sessions: Sessions) -> None:
    identity = await _identity(nas, sessions, username=nas.username)
    assert identity.unique_id == nas.host_id
    assert identity.title == "truenas"
    assert identity.stable
    assert identity.alias == f"127.0.0.1:{nas.port}"


@every_version
async def test_identity_of_one_that_may_not_be_asked(nas: TrueNas, sessions: Sessions) -> None:
    """Then the address stands in for it, until a better key tells the id."""
    key = nas.keys.add("ha", {"APPS_READ"})
    address = f"127.0.0.1:{nas.port}"
    identity = await _identity(nas, sessions, username="ha", api_key=key.text)
    assert identity == Identity(unique_id=address, title=address, stable=False, alias=address)


async def test_what_is_typed_with_spaces(nas: TrueNas, sessions: Sessions) -> None:
    identity = await _identity(
        nas,
        sessions,
        url=f"  {nas.url}/ui/dashboard ",
        username=f" {nas.username}\n",
        api_key=f"  {nas.api_key}\n",
    )
    assert identity.unique_id == nas.host_id

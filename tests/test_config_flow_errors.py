"""The config flow where something is wrong: each error in words, made by a real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, override
from unittest.mock import patch

from aiohttp import AsyncResolver, web
from homeassistant.config_entries import (
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import aiohttp_client
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.flows import choose, no_debug, submit, typed
from tests.harness import (
    error_in_words,
    suggested,
)
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer
from tests.lab.server import HttpServer
from tests.lab.tls import make_certificates

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")

type Trouble = Callable[[FilePath], AbstractAsyncContextManager[str]]


class _Page(HttpServer):
    """A web server that has nothing to do with containers: every address gives its page."""

    error_content_type = "text/html"
    body = b"<html><body>It works!</body></html>"
    content_type = "text/html"

    @override
    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{path:.*}", self._page)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.body, content_type=self.content_type)


class _Bottomless(_Page):
    """Answers with JSON so deeply nested that Python's parser gives up."""

    body = b"[" * 200_000
    content_type = "application/json"


class _Resolver(AsyncResolver):
    """A resolver that Home Assistant can close as it closes its own."""

    async def real_close(self) -> None:
        await self.close()


class _NameServer(asyncio.DatagramProtocol):
    """A name server that knows no name."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        no_such_name = data[:2] + b"\x81\x83" + data[4:6] + bytes(6) + data[12:]
        self._transport.sendto(no_such_name, addr)


# --- What can be wrong --------------------------------------------------------------------------


@asynccontextmanager
async def _unknown_name(_folder: FilePath) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_NameServer, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    resolver = _Resolver(nameservers=["127.0.0.1"], udp_port=port, tcp_port=port)
    # The harness takes the resolver away; here is one with a name server of the test's own.
    with patch(f"{aiohttp_client.__name__}._async_make_resolver", return_value=resolver):
        yield "http://no-such-host.invalid:2375"
    await resolver.close()
    transport.close()


@asynccontextmanager
async def _refused(_folder: FilePath) -> AsyncIterator[str]:
    async with _Page() as server:
        await server.refuse()
        yield server.url


@asynccontextmanager
async def _self_signed(folder: FilePath) -> AsyncIterator[str]:
    no_debug()
    tls = make_certificates(folder).server_context(ask_client=False)
    async with SimulatedEngine(tls=tls) as engine:
        yield engine.url


@asynccontextmanager
async def _tls_to_plain(_folder: FilePath) -> AsyncIterator[str]:
    async with SimulatedEngine() as engine:
        yield engine.url.replace("http:", "https:")


@asynccontextmanager
async def _plain_to_tls(folder: FilePath) -> AsyncIterator[str]:
    """Answer plain HTTP at an encrypted port, as Go's servers do: Docker's and Portainer's."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def _web_page(_folder: FilePath) -> AsyncIterator[str]:
    async with _Page() as server:
        yield server.url


@asynccontextmanager
async def _portainer(_folder: FilePath) -> AsyncIterator[str]:
    async with Portainer() as server:
        yield server.url


@asynccontextmanager
async def _engine(_folder: FilePath) -> AsyncIterator[str]:
    async with SimulatedEngine() as engine:
        yield engine.url


@asynccontextmanager
async def _old_engine(_folder: FilePath) -> AsyncIterator[str]:
    async with SimulatedEngine() as engine:
        engine.dialect = replace(engine.dialect, version="19.03.15", api_version="1.40")
        yield engine.url


def _faulty(kind: str, *args: Any) -> Trouble:
    @asynccontextmanager
    async def server(_folder: FilePath) -> AsyncIterator[str]:
        async with _Page() as page:
            getattr(page.faults, kind)(*args)
            yield page.url

    return server


@asynccontextmanager
async def _bottomless(folder: FilePath) -> AsyncIterator[str]:
    # Home Assistant's own session has another parser, which takes it for bad JSON.
    async with _Bottomless(unix_path=folder / "socket"):
        yield f"unix://{folder}/socket"


@pytest.mark.parametrize(
    ("system", "trouble", "error", "words"),
    [
        ("docker", _unknown_name, "cannot_resolve", "The name in the address is not known: "),
        ("docker", _refused, "connection_refused", "Nothing listens at this address: "),
        ("docker", _self_signed, "tls_failed", "self-signed certificate"),
        ("docker", _tls_to_plain, "tls_failed", "The encrypted connection could not be made: "),
        ("docker", _plain_to_tls, "tls_failed", "HTTP request to an HTTPS server"),
        ("docker", _web_page, "wrong_server", "Another kind of server answers at this address"),
        ("docker", _portainer, "wrong_server", "Another kind of server answers at this address"),
        ("docker", _old_engine, "unsupported_version", "API 1.40, Docker 19.03.15"),
        ("docker", _faulty("unauthorized"), "invalid_auth", "The credentials were rejected."),
        ("docker", _faulty("forbidden"), "missing_right", "do not permit this: VERSION"),
        ("docker", _faulty("server_error"), "rejected", "The system declined: "),
        ("docker", _faulty("reset"), "cannot_connect", "The connection failed: "),
        ("docker", _faulty("garbage"), "wrong_server", "no Docker API answers there"),
        ("docker", _faulty("half_body"), "bad_answer", "The answer could not be understood: "),
        ("docker", _bottomless, "unknown", "Something unexpected happened"),
        ("portainer", _unknown_name, "cannot_resolve", "The name in the address is not known: "),
        ("portainer", _refused, "connection_refused", "Nothing listens at this address: "),
        ("portainer", _self_signed, "tls_failed", "self-signed certificate"),
        ("portainer", _tls_to_plain, "tls_failed", "The encrypted connection could not be made: "),
        ("portainer", _plain_to_tls, "cannot_connect", "400 Bad Request"),
        ("portainer", _web_page, "wrong_server", "Another kind of server answers at this address"),
        ("portainer", _engine, "wrong_server", "Another kind of server answers at this address"),
        ("portainer", _portainer, "invalid_auth", "The credentials were rejected."),
        ("portainer", _faulty("forbidden"), "missing_right", "do not permit this: Portainer"),
        ("portainer", _faulty("server_error"), "cannot_connect", "500 Internal Server Error"),
    ],
)
async def test_error_in_words_and_on_to_success(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    tmp_path: FilePath,
    caplog: pytest.LogCaptureFixture,
    system: str,
    trouble: Trouble,
    error: str,
    words: str,
) -> None:
    form = await choose(hass, system)
    async with trouble(tmp_path) as url:
        said = typed(system, url)
        form = await submit(hass, form, **said)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == system
    assert form["errors"] == {"base": error}, form["description_placeholders"]
    shown = await error_in_words(hass, form)
    assert words in shown
    assert not shown.endswith(": ")
    again = suggested(form)
    assert (again["url"], again["verify_ssl"], again["allow_control"]) == (url, True, True)
    assert again.get("token") is None
    # Only what nobody foresaw leaves a trace in the log.
    traces = [one for one in caplog.records if DOMAIN in one.name and one.exc_info]
    assert bool(traces) == (error == "unknown")

    good = portainer.url if system == "portainer" else docker_engine.url
    said = typed(system, good) | ({"token": portainer.api_key} if "token" in said else {})
    result = await submit(hass, form, **said)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED


async def test_self_signed_is_accepted_when_told(
    hass: HomeAssistant, tmp_path: FilePath, socket_enabled: None
) -> None:
    async with _self_signed(tmp_path) as url:
        form = await submit(hass, await choose(hass, "docker"), url=url)
        assert form["errors"] == {"base": "tls_failed"}
        result = await submit(hass, form, url=url, verify_ssl=False)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].state is ConfigEntryState.LOADED
        await hass.config_entries.async_unload(result["result"].entry_id)

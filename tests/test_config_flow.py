"""The config flow against servers on loopback: every way in, and every way it can fail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any, override
from unittest.mock import patch

from aiohttp import AsyncResolver, web
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowContext,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import aiohttp_client
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems import SYSTEMS
from tests.harness import (
    Clock,
    container,
    coordinator,
    error_in_words,
    suggested,
    until,
    value,
)
from tests.lab.docker import SimulatedEngine, SocketProxy
from tests.lab.portainer import Portainer
from tests.lab.real import RealEngine, unavailable
from tests.lab.server import HttpServer
from tests.lab.tls import make_certificates

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")

TOKEN = "ptr_typed-by-a-person"  # what the form must not show again
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


async def _choose(hass: HomeAssistant, system: str) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"system": system})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == system
    assert not result["errors"]
    return result


async def _submit(hass: HomeAssistant, result: ConfigFlowResult, **data: Any) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_configure(result["flow_id"], data)
    await hass.async_block_till_done()
    return result


async def _reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> ConfigFlowResult:
    context = ConfigFlowContext(source=SOURCE_RECONFIGURE, entry_id=entry.entry_id)
    result = await hass.config_entries.flow.async_init(DOMAIN, context=context)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reconfigure"
    return result


async def _reauth(hass: HomeAssistant) -> ConfigFlowResult:
    """Return the form of the one reauthentication that Home Assistant has started."""
    (progress,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert progress["context"]["source"] == SOURCE_REAUTH
    result = await hass.config_entries.flow.async_configure(progress["flow_id"])
    assert result["step_id"] == "reauth_confirm"
    return result


def _no_debug() -> None:
    """In debug mode asyncio calls each refused handshake an uncaught exception of the server."""
    asyncio.get_running_loop().set_debug(False)


def _typed(system: str, url: str) -> dict[str, Any]:
    typed: dict[str, Any] = {"url": url, "allow_control": True}
    return typed | ({"token": TOKEN} if system == "portainer" else {})


# --- The ways in --------------------------------------------------------------------------------


async def test_docker(hass: HomeAssistant, docker_engine: SimulatedEngine) -> None:
    form = await _choose(hass, "docker")
    assert suggested(form) == {
        "url": None,
        "verify_ssl": True,
        "certificates": None,
        "allow_control": False,
    }
    result = await _submit(hass, form, url=f"tcp://127.0.0.1:{docker_engine.port}")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == docker_engine.host_name
    assert entry.unique_id is not None
    assert entry.unique_id.startswith("6a214ac9-c6ec-4d84-901d-")
    assert dict(entry.data) == {
        "system": "docker",
        "url": f"tcp://127.0.0.1:{docker_engine.port}",
        "verify_ssl": True,
    }
    assert dict(entry.options) == {"allow_control": False}
    assert entry.state is ConfigEntryState.LOADED


async def test_portainer(hass: HomeAssistant, portainer: Portainer) -> None:
    form = await _choose(hass, "portainer")
    assert suggested(form) == {
        "url": None,
        "token": None,
        "verify_ssl": True,
        "allow_control": False,
    }
    result = await _submit(
        hass, form, url=f"{portainer.url}/#!/home", token=portainer.api_key, allow_control=True
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Portainer 127.0.0.1"
    assert entry.unique_id == portainer.instance_id
    assert entry.data["token"] == portainer.api_key
    assert dict(entry.options) == {"allow_control": True}
    assert entry.state is ConfigEntryState.LOADED


async def test_unix_socket(hass: HomeAssistant, tmp_path: FilePath, socket_enabled: None) -> None:
    socket = tmp_path / "docker.sock"
    async with SimulatedEngine(unix_path=socket):
        form = await _choose(hass, "docker")
        result = await _submit(hass, form, url=f"unix://{socket}")
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].state is ConfigEntryState.LOADED
        await hass.config_entries.async_unload(result["result"].entry_id)


async def test_client_certificates(
    hass: HomeAssistant, tmp_path: FilePath, socket_enabled: None
) -> None:
    _no_debug()
    files = make_certificates(tmp_path)
    authority = files.ca.read_text()
    certificates = {
        "ca_certificate": authority,
        "client_certificate": files.client_certificate.read_text(),
        "client_key": files.client_key.read_text(),
    }
    async with SimulatedEngine(tls=files.server_context()) as engine:
        form = await _choose(hass, "docker")
        for wrong in (
            {},
            {"ca_certificate": authority},
            certificates | {"client_key": "no PEM"},
            certificates | {"ca_certificate": "no PEM"},
        ):
            form = await _submit(hass, form, url=engine.url, certificates=wrong)
            assert form["type"] is FlowResultType.FORM
            assert form["errors"] == {"base": "tls_failed"}, wrong
            assert suggested(form)["certificates"] is None
        # Docker's own way to write an encrypted address.
        url = f"tcp://127.0.0.1:{engine.port}"
        result = await _submit(hass, form, url=url, certificates=certificates)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        entry = result["result"]
        assert entry.state is ConfigEntryState.LOADED

        # Changing the connection later keeps what the form does not show, also where the page
        # sends the closed section along.
        sections: tuple[dict[str, Any], ...] = ({}, {"certificates": {}})
        for section in sections:
            form = await _reconfigure(hass, entry)
            result = await _submit(hass, form, url=engine.url, **section)
            assert result["reason"] == "reconfigure_successful", section
            assert entry.data["certificates"] == certificates
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def encrypted_docker(socket_enabled: None) -> Generator[RealEngine]:
    """Give a real engine that asks for client certificates."""
    if reason := unavailable():
        pytest.skip(reason)
    with RealEngine(tls=True) as engine:
        yield engine


@pytest.mark.real
async def test_client_certificates_of_a_real_engine(
    encrypted_docker: RealEngine, hass: HomeAssistant
) -> None:
    files = encrypted_docker.certificates
    assert files is not None
    certificates = {
        "ca_certificate": files.ca.read_text(),
        "client_certificate": files.client_certificate.read_text(),
        "client_key": files.client_key.read_text(),
    }
    form = await _choose(hass, "docker")
    plain = encrypted_docker.url.replace("https:", "http:")
    for url, section in (
        (encrypted_docker.url, {}),
        (encrypted_docker.url, {"ca_certificate": certificates["ca_certificate"]}),
        (plain, {}),
    ):
        form = await _submit(hass, form, url=url, certificates=section)
        assert form["errors"] == {"base": "tls_failed"}, url
        assert not (await error_in_words(hass, form)).endswith(": ")
    result = await _submit(hass, form, url=encrypted_docker.tcp_url, certificates=certificates)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(result["result"].entry_id)


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
    _no_debug()
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
    form = await _choose(hass, system)
    async with trouble(tmp_path) as url:
        typed = _typed(system, url)
        form = await _submit(hass, form, **typed)
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
    typed = _typed(system, good) | ({"token": portainer.api_key} if "token" in typed else {})
    result = await _submit(hass, form, **typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED


@pytest.mark.parametrize("system", ["docker", "portainer"])
@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "unix:///no-such-file", "unix://relative", "http://", "http://a:b"]
)
async def test_address_of_a_wrong_form(
    hass: HomeAssistant, socket_enabled: None, system: str, url: str
) -> None:
    form = await _submit(hass, await _choose(hass, system), **_typed(system, url))
    # Only an engine has sockets, and the one here is of the right form but not there.
    absent = system == "docker" and url == "unix:///no-such-file"
    assert form["errors"] == {"base": "connection_refused" if absent else "invalid_address"}
    assert url in await error_in_words(hass, form) or absent
    assert suggested(form)["url"] == url


@pytest.mark.parametrize("system", ["docker", "portainer"])
async def test_timeout(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    clock: Clock,
    system: str,
) -> None:
    server: HttpServer = portainer if system == "portainer" else docker_engine
    form = await _choose(hass, system)
    fault = server.faults.hang()
    waiting = asyncio.create_task(_submit(hass, form, **_typed(system, server.url)))
    await until(lambda: fault.hits)
    await clock.forward(11)
    form = await waiting
    assert form["errors"] == {"base": "timeout"}
    assert await error_in_words(hass, form) == "There was no answer in time."


async def test_self_signed_is_accepted_when_told(
    hass: HomeAssistant, tmp_path: FilePath, socket_enabled: None
) -> None:
    async with _self_signed(tmp_path) as url:
        form = await _submit(hass, await _choose(hass, "docker"), url=url)
        assert form["errors"] == {"base": "tls_failed"}
        result = await _submit(hass, form, url=url, verify_ssl=False)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].state is ConfigEntryState.LOADED
        await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize("system", ["docker", "portainer"])
async def test_the_same_system_twice(
    hass: HomeAssistant, portainer: Portainer, docker_engine: SimulatedEngine, system: str
) -> None:
    server: HttpServer = portainer if system == "portainer" else docker_engine
    typed = _typed(system, server.url)
    if system == "portainer":
        typed["token"] = portainer.api_key
    first = await _submit(hass, await _choose(hass, system), **typed)
    assert first["type"] is FlowResultType.CREATE_ENTRY
    # Another way to write the same address.
    typed["url"] = f" {server.url}/ "
    second = await _submit(hass, await _choose(hass, system), **typed)
    assert second["type"] is FlowResultType.ABORT
    assert second["reason"] == "already_configured"


# --- Reauthentication ---------------------------------------------------------------------------


async def test_reauth(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await _loaded(hass, portainer)
    portainer.api_key = "ptr_new"
    await coordinator(entry, "environments").async_refresh()
    await hass.async_block_till_done()

    form = await _reauth(hass)
    assert suggested(form) == {"token": None}
    assert form["description_placeholders"] == {"name": entry.title}
    form = await _submit(hass, form, token="ptr_wrong")
    assert form["errors"] == {"base": "invalid_auth"}
    assert suggested(form) == {"token": None}
    result = await _submit(hass, form, token="ptr_new")
    assert result["reason"] == "reauth_successful"
    assert entry.data == {
        "system": "portainer",
        "url": portainer.url,
        "token": "ptr_new",
        "verify_ssl": True,
    }
    assert entry.state is ConfigEntryState.LOADED


async def test_reauth_at_setup(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await _loaded(hass, portainer)
    await hass.config_entries.async_unload(entry.entry_id)
    portainer.api_key = "ptr_new"
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state.value == "setup_error"
    result = await _submit(hass, await _reauth(hass), token="ptr_new")
    assert result["reason"] == "reauth_successful"
    assert entry.state.value == "loaded"


async def test_reauth_meets_another_system(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await _loaded(hass, portainer)
    portainer.api_key = "ptr_new"
    portainer.instance_id = "another"
    await coordinator(entry, "environments").async_refresh()
    await hass.async_block_till_done()
    result = await _submit(hass, await _reauth(hass), token="ptr_new")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_system"
    assert entry.data["token"] == "ptr_lab0123456789"


# --- Reconfiguring ------------------------------------------------------------------------------


async def test_reconfigure(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await _loaded(hass, portainer)
    form = await _reconfigure(hass, entry)
    assert suggested(form) == {"url": portainer.url, "token": None, "verify_ssl": True}

    form = await _submit(hass, form, url="http://", verify_ssl=False)
    assert form["errors"] == {"base": "invalid_address"}
    assert form["description_placeholders"] == {"name": entry.title, "detail": "http://"}
    assert suggested(form) == {"url": "http://", "token": None, "verify_ssl": False}

    # Without a token the present one stays.
    result = await _submit(hass, form, url=f"{portainer.url}/", verify_ssl=False)
    assert result["reason"] == "reconfigure_successful"
    assert dict(entry.data) == {
        "system": "portainer",
        "url": f"{portainer.url}/",
        "token": portainer.api_key,
        "verify_ssl": False,
    }
    assert entry.state is ConfigEntryState.LOADED

    portainer.api_key = "ptr_new"
    result = await _submit(
        hass, await _reconfigure(hass, entry), url=portainer.url, token="ptr_new"
    )
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["token"] == "ptr_new"
    assert entry.state is ConfigEntryState.LOADED


async def test_reconfigure_meets_another_system(hass: HomeAssistant, portainer: Portainer) -> None:
    entry = await _loaded(hass, portainer)
    before = dict(entry.data)
    async with Portainer(api_key=portainer.api_key) as other:
        other.instance_id = "another"
        result = await _submit(hass, await _reconfigure(hass, entry), url=other.url)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_system"
    assert dict(entry.data) == before


async def test_a_system_without_an_id_may_move(
    hass: HomeAssistant, docker_engine: SimulatedEngine
) -> None:
    """A proxy that hides the engine's id is known by its address, which may change."""
    async with (
        SocketProxy(docker_engine.url, allow={"CONTAINERS"}) as one,
        SocketProxy(docker_engine.url, allow={"CONTAINERS"}) as two,
    ):
        first = await _submit(hass, await _choose(hass, "docker"), url=one.url)
        entry = first["result"]
        assert entry.unique_id == one.url
        for url in (two.url, f"{two.url}/"):
            result = await _submit(hass, await _reconfigure(hass, entry), url=url)
            assert result["reason"] == "reconfigure_successful"
            assert entry.unique_id == two.url
        assert entry.state is ConfigEntryState.LOADED

        # But not to where another entry is already.
        second = await _submit(hass, await _choose(hass, "docker"), url=one.url)
        assert second["type"] is FlowResultType.CREATE_ENTRY
        result = await _submit(hass, await _reconfigure(hass, entry), url=one.url)
        assert result["reason"] == "already_configured"
        assert entry.unique_id == two.url
        for loaded in hass.config_entries.async_entries(DOMAIN):
            await hass.config_entries.async_unload(loaded.entry_id)


# --- Options ------------------------------------------------------------------------------------


async def test_options(hass: HomeAssistant, docker_engine: SimulatedEngine) -> None:
    docker_engine.add("web")
    added = await _submit(hass, await _choose(hass, "docker"), url=docker_engine.url)
    entry = added["result"]
    assert not hass.states.async_entity_ids("switch")
    assert value(hass, entry, container("web"), "container_cpu") == "unknown"

    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(form) == {
        "allow_control": False,
        "scan_interval": 60,
        "include": ["usage", "engine", "disk_usage", "updates", "audit"],
    }
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"allow_control": True, "scan_interval": 15.0, "include": ["engine"]}
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {
        "allow_control": True,
        "scan_interval": 15,
        "include": ["engine"],
    }
    # The entry was loaded again with them.
    assert len(hass.states.async_entity_ids("switch")) == 1
    assert coordinator(entry, "containers").interval == timedelta(seconds=15)
    assert coordinator(entry, "engine").interval == timedelta(minutes=15)
    assert set(entry.runtime_data.coordinators) == {"containers", "engine"}

    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(form) == {
        "allow_control": True,
        "scan_interval": 15,
        "include": ["engine"],
    }
    await hass.config_entries.options.async_configure(
        form["flow_id"], {"allow_control": False, "scan_interval": 60, "include": []}
    )
    await hass.async_block_till_done()
    assert not hass.states.async_entity_ids("switch")
    assert set(entry.runtime_data.coordinators) == {"containers"}


async def test_options_of_a_system_that_has_but_one(
    hass: HomeAssistant, docker_engine: SimulatedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that only pushes asks for no interval, one without parts for no choice."""
    pushed = replace(SYSTEMS["docker"].groups[0], paced=False)
    monkeypatch.setitem(SYSTEMS, "docker", replace(SYSTEMS["docker"], groups=(pushed,)))
    added = await _submit(hass, await _choose(hass, "docker"), url=docker_engine.url)
    entry = added["result"]
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(form) == {"allow_control": False}
    await hass.config_entries.options.async_configure(form["flow_id"], {"allow_control": True})
    await hass.async_block_till_done()
    assert dict(entry.options) == {"allow_control": True}


async def _loaded(hass: HomeAssistant, portainer: Portainer) -> ConfigEntry:
    result = await _submit(
        hass, await _choose(hass, "portainer"), url=portainer.url, token=portainer.api_key
    )
    entry: ConfigEntry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    return entry

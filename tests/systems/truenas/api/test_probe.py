"""Finding out who answers, before a key is sent: proxies, other servers, certificates."""

import asyncio
import hashlib
import ssl

from aiohttp import web
import pytest

from custom_components.home_server_monitor.systems.errors import (
    CannotConnect,
    ConnectionRefused,
    ConnectTimeout,
    HomeServerError,
    TLSFailure,
    UnsupportedVersion,
    WrongServer,
)
from custom_components.home_server_monitor.systems.system import Sessions
from custom_components.home_server_monitor.systems.truenas.api import connection
from custom_components.home_server_monitor.systems.truenas.api.address import written
from custom_components.home_server_monitor.systems.truenas.api.errors import (
    InvalidFingerprint,
    PlainAddress,
    PlainProxy,
)
from custom_components.home_server_monitor.systems.truenas.connect import connect
from tests.lab.truenas import V24_10, V25_04, V25_10, TrueNas
from tests.systems.truenas.conftest import every_version

from .conftest import Reach, door
from .front import decrypting_proxy, front

HTML = "<!doctype html><title>Welcome</title>"


async def _refused(nas: TrueNas, sessions: Sessions, **data: object) -> HomeServerError:
    """Return why connecting failed; whatever it was, no key was sent."""
    with pytest.raises(HomeServerError) as raised:
        await connect({**door(nas), **data}, sessions)
    assert nas.logins == []
    return raised.value


@every_version
async def test_each_version_is_found_without_following_a_redirect(
    nas: TrueNas, reach: Reach
) -> None:
    client = await reach(nas)
    new = nas.version.line >= (25, 4)
    assert client.protocol == ("JSON-RPC" if new else "DDP")
    asked = [answered.path for answered in nas.requests]
    assert asked[0] == "/api/versions"
    assert asked.count("/api/current" if new else "/websocket") == 1
    assert "/ui/" not in asked


# --- Without encryption -------------------------------------------------------------------------


async def test_a_plain_address_is_refused_before_anything_is_sent(
    nas: TrueNas, sessions: Sessions
) -> None:
    for address in (await nas.open_plain(), await nas.open_plain(redirect=True)):
        error = await _refused(nas, sessions, url=address)
        assert type(error) is PlainAddress
    assert nas.requests == []


@pytest.mark.parametrize("nas", [V25_04, V25_10], indirect=True, ids=str)
async def test_a_proxy_that_decrypts_would_cost_the_key(nas: TrueNas, sessions: Sessions) -> None:
    async with decrypting_proxy(nas) as url:
        error = await _refused(nas, sessions, url=url)
    assert type(error) is PlainProxy
    assert nas.admin.revoked is None


async def test_a_redirect_of_the_websocket_to_a_plain_one(nas: TrueNas, sessions: Sessions) -> None:
    plain = await nas.open_plain()

    async def redirect(request: web.Request) -> web.StreamResponse:
        if request.path == "/api/versions":
            return web.json_response(["v25.10.0"])
        if request.path == "/":
            return web.Response()
        raise web.HTTPTemporaryRedirect(plain + request.path)

    async with front(nas, redirect) as url:
        error = await _refused(nas, sessions, url=url)
    assert type(error) is PlainProxy
    assert nas.admin.revoked is None


# --- Certificates -------------------------------------------------------------------------------


def _pinned(nas: TrueNas) -> str:
    pem = ssl.get_server_certificate(("127.0.0.1", nas.port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


@pytest.fixture
async def pinned(nas: TrueNas) -> str:
    """Give the fingerprint of the lab's certificate."""
    return await asyncio.to_thread(_pinned, nas)


async def test_a_self_signed_certificate(nas: TrueNas, sessions: Sessions, pinned: str) -> None:
    """The refusal says which certificate it is, so that it can be compared and pinned."""
    error = await _refused(nas, sessions, verify_ssl=True)
    assert type(error) is TLSFailure
    assert written(bytes.fromhex(pinned)) in error.detail
    assert "certificate" in error.detail
    assert "_ssl.c" not in error.detail


@every_version
async def test_a_pinned_certificate(nas: TrueNas, reach: Reach, pinned: str) -> None:
    for verify_ssl in (True, False):
        client = await reach(nas, verify_ssl=verify_ssl, fingerprint=pinned)
        assert await client.call("core.ping") == "pong"


@pytest.mark.parametrize("verify_ssl", [True, False])
async def test_another_certificate_than_the_pinned_one(
    nas: TrueNas, sessions: Sessions, pinned: str, verify_ssl: bool
) -> None:
    wrong = "00" * 32
    error = await _refused(nas, sessions, verify_ssl=verify_ssl, fingerprint=wrong)
    assert type(error) is TLSFailure
    assert error.detail.startswith("the server's certificate is another one")
    assert written(bytes.fromhex(pinned)) in error.detail
    assert nas.requests == []


async def test_a_fingerprint_that_is_none(nas: TrueNas, sessions: Sessions) -> None:
    error = await _refused(nas, sessions, fingerprint="a certificate")
    assert type(error) is InvalidFingerprint


async def test_no_tls_at_all(nas: TrueNas, sessions: Sessions) -> None:
    plain = await nas.open_plain()
    error = await _refused(nas, sessions, url=plain.replace("http://", "https://"))
    assert isinstance(error, CannotConnect)


# --- Other servers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "kind", "detail"),
    [
        (404, {"Server": "nginx"}, WrongServer, "404 nginx"),
        (403, {"Server": "cloudflare"}, WrongServer, "403 cloudflare"),
        (401, {"WWW-Authenticate": "Basic"}, WrongServer, "401"),
        (502, {"Server": "nginx"}, CannotConnect, "502 nginx"),
        (522, {"Server": "cloudflare"}, CannotConnect, "522 cloudflare"),
        (302, {"Location": "https://auth.lan/?rd=nas"}, WrongServer, "https://auth.lan/"),
        (307, {"Location": "https://127.0.0.1:444/api/versions"}, WrongServer, ":444/api/versions"),
        (302, {"Location": "/login"}, WrongServer, "/login"),
        (302, {}, WrongServer, "it redirects"),
        (302, {"Location": "http://[::1/"}, WrongServer, "it redirects"),
    ],
)
async def test_a_proxy_answers_itself(
    nas: TrueNas,
    sessions: Sessions,
    status: int,
    headers: dict[str, str],
    kind: type[HomeServerError],
    detail: str,
) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, text=HTML, headers={"Server": "", "Content-Type": "text/html", **headers}
        )

    async with front(nas, answer) as url:
        error = await _refused(nas, sessions, url=url)
    assert type(error) is kind
    assert detail in error.detail


@pytest.mark.parametrize(
    "body",
    [HTML, "[]", "{}", '["latest"]', "[25]", "\udcff", "x" * 100_000],
    ids=["html", "empty", "object", "words", "numbers", "bytes", "long"],
)
async def test_another_page(nas: TrueNas, sessions: Sessions, body: str) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body.encode(errors="surrogateescape"))

    async with front(nas, answer) as url:
        assert type(await _refused(nas, sessions, url=url)) is WrongServer


@pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
async def test_a_proxy_without_websockets(nas: TrueNas, sessions: Sessions) -> None:
    for status, kind in ((200, WrongServer), (400, WrongServer), (503, CannotConnect)):
        with nas.faults.status(status, "/(api/current|websocket)", body=HTML.encode()):
            assert type(await _refused(nas, sessions)) is kind


@pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
async def test_an_address_that_is_not_allowed(nas: TrueNas, sessions: Sessions) -> None:
    nas.allowlisted = False
    error = await _refused(nas, sessions)
    assert type(error) is CannotConnect
    assert "You are not allowed to access this resource" in error.detail


async def test_nobody_there(nas: TrueNas, sessions: Sessions) -> None:
    await nas.refuse()
    assert type(await _refused(nas, sessions)) is ConnectionRefused


async def test_an_unknown_name(nas: TrueNas, sessions: Sessions) -> None:
    error = await _refused(nas, sessions, url="no-such-host.invalid")
    assert isinstance(error, CannotConnect)


@pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
async def test_a_websocket_that_hangs(
    nas: TrueNas, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_HANDSHAKE", 0.1)
    nas.faults.hang("/(api/current|websocket)")
    assert type(await _refused(nas, sessions)) is ConnectTimeout


@pytest.mark.parametrize("nas", [V24_10], indirect=True, ids=str)
@pytest.mark.parametrize(
    "first",
    ['{"msg": "failed", "version": "pre1"}', "hello", "[]"],
)
async def test_a_websocket_of_another_kind(nas: TrueNas, sessions: Sessions, first: str) -> None:
    async def other(request: web.Request) -> web.StreamResponse:
        if request.path == "/api/versions":
            raise web.HTTPFound("/ui/")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        await socket.send_str(first)
        await socket.receive()
        return socket

    async with front(nas, other) as url:
        assert type(await _refused(nas, sessions, url=url)) is WrongServer


@pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
@pytest.mark.parametrize("version", ["TrueNAS-13.3-U1.2", "TrueNAS-SCALE-23.10.2"])
async def test_a_version_that_is_too_old(nas: TrueNas, sessions: Sessions, version: str) -> None:
    nas.faults.changed(r"^system\.info$", lambda info: {**info, "version": version})
    with pytest.raises(UnsupportedVersion) as raised:
        await connect(door(nas), sessions)
    assert raised.value.detail == version

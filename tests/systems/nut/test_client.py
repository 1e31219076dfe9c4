"""The client against the simulated upsd and against servers of other kinds; no Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
import logging

import pytest

from custom_components.home_server_monitor.systems.errors import (
    BadAnswer,
    CannotConnect,
    CannotResolve,
    ConnectionRefused,
    ConnectTimeout,
    HomeServerError,
    InvalidAddress,
    InvalidAuth,
    NotFound,
    Rejected,
    WrongServer,
)
from custom_components.home_server_monitor.systems.nut.client import NutClient
from tests.lab.nut import NutServer, User

from .conftest import until


@asynccontextmanager
async def _client(
    nut: NutServer, username: str | None = None, password: str | None = None
) -> AsyncGenerator[NutClient]:
    client = NutClient(nut.host, nut.port, username, password)
    try:
        yield client
    finally:
        await client.close()


async def test_reads_over_one_connection(nut_server: NutServer) -> None:
    nut_server.add("second", description='19" rack "A"')
    async with _client(nut_server) as client:
        assert list(await client.upses()) == ["ups", "second"]
        for _ in range(3):
            assert (await client.server()).version == "2.8.0"
        assert (await client.ups("ups", "")).charge == 100
        assert nut_server.connections == 1
        assert nut_server.counts["VER"] == 1
        assert not [line for line in nut_server.requests if line.startswith("USERNAME")]
    await until(lambda: nut_server.connections == 0)


async def test_version_is_asked_again_after_a_restart(nut_server: NutServer) -> None:
    async with _client(nut_server) as client:
        await client.server()
        await nut_server.refuse()
        await nut_server.accept()
        await client.upses()
        await client.server()
        assert nut_server.counts["VER"] == 2


async def test_an_imitation_without_version(nut_server: NutServer) -> None:
    nut_server.faults.status(0, method="VER", body=b"UNKNOWN-COMMAND")
    async with _client(nut_server) as client:
        await client.prove()
        assert (await client.server()).version is None


async def test_umlauts(nut_server: NutServer) -> None:
    """One name that is not ASCII costs nothing, least of all the other UPSes."""
    nut_server.add("office", description="Büro").set(ups_alarm="Lüfter")
    async with _client(nut_server) as client:
        assert (await client.upses())["office"] == "Büro"
        ups = await client.ups("office", "Büro")
        assert (ups.description, ups.alarm) == ("Büro", "Lüfter")


async def test_one_ups_without_data(nut_server: NutServer) -> None:
    async with _client(nut_server) as client:
        nut_server.upses["ups"].stale = True
        with pytest.raises(Rejected, match="DATA-STALE"):
            await client.ups("ups", "")
        nut_server.upses["ups"].connected = False
        with pytest.raises(Rejected, match="DRIVER-NOT-CONNECTED"):
            await client.ups("ups", "")
        with pytest.raises(NotFound):
            await client.ups("other", "")
        nut_server.add("fresh").set(ups_status="WAIT")
        with pytest.raises(Rejected, match="WAIT"):
            await client.ups("fresh", "")
        assert nut_server.connections == 1


async def test_a_cancelled_question_does_not_answer_the_next(nut_server: NutServer) -> None:
    nut_server.add("second").set(battery_charge=7)
    async with _client(nut_server) as client:
        await client.upses()
        with nut_server.faults.slow(0.3, "LIST VAR ups"), pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.ups("ups", "")
        assert (await client.ups("second", "")).charge == 7


async def test_half_an_answer(nut_server: NutServer) -> None:
    async with _client(nut_server) as client:
        with nut_server.faults.half_body(method="LIST"), pytest.raises(BadAnswer):
            await client.ups("ups", "")
        assert (await client.ups("ups", "")).charge == 100


async def test_an_endless_answer(nut_server: NutServer) -> None:
    """What of it was not read is no answer to the next question."""
    nut_server.add("second").set(battery_charge=7)
    async with _client(nut_server) as client:
        nut_server.upses["ups"].set(ups_alarm="x" * 100_000)
        with pytest.raises(BadAnswer):
            await client.ups("ups", "")
        assert (await client.ups("second", "")).charge == 7


async def test_a_hang(nut_server: NutServer, impatient: None) -> None:
    async with _client(nut_server) as client:
        with nut_server.faults.hang(), pytest.raises(ConnectTimeout):
            await client.upses()
        assert await client.upses()


async def test_a_reset(nut_server: NutServer) -> None:
    """One reset goes unnoticed, a second one does not."""
    async with _client(nut_server) as client:
        nut_server.faults.reset(count=1)
        assert await client.upses()
        with nut_server.faults.reset(), pytest.raises(CannotConnect):
            await client.upses()
        assert await client.upses()


async def test_refused(nut_server: NutServer) -> None:
    await nut_server.refuse()
    async with _client(nut_server) as client:
        with pytest.raises(ConnectionRefused):
            await client.prove()


async def test_refused_by_every_address_of_a_name(nut_server: NutServer) -> None:
    client = NutClient("localhost", nut_server.port)
    await nut_server.refuse()
    with pytest.raises(ConnectionRefused):
        await client.prove()
    await client.close()


async def test_unknown_name(no_such_name: None) -> None:
    client = NutClient("no-such-host.invalid", 3493)
    with pytest.raises(CannotResolve):
        await client.prove()
    await client.close()


@pytest.mark.parametrize("host", ["", " ", "http://nas", "a b", "nas/ups", "ups@nas", "a..b"])
def test_invalid_address(host: str) -> None:
    with pytest.raises(InvalidAddress):
        NutClient(host, 3493)


@pytest.mark.parametrize(("host", "meant"), [(" nas.local ", "nas.local"), ("[::1]", "::1")])
def test_address_is_tidied(host: str, meant: str) -> None:
    assert NutClient(host, 3493).host == meant


# --- Other kinds of servers -----------------------------------------------------------------------

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


async def _ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await reader.readline()


async def _binary(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"\x15\x03\x01\xff\xfe\n")


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)


@asynccontextmanager
async def _other_server(talk: Talk) -> AsyncGenerator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talk(reader, writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("talk", [_http, _ssh, _binary, _echo])
@pytest.mark.parametrize("credentials", [(), ("somebody", "canary-secret")])
@pytest.mark.usefixtures("socket_enabled")
async def test_wrong_server(talk: Talk, credentials: tuple[str, ...]) -> None:
    async with _other_server(talk) as port:
        client = NutClient("127.0.0.1", port, *credentials)
        with pytest.raises(WrongServer) as caught:
            await client.prove()
        await client.close()
    assert "canary-secret" not in str(caught.value)


@pytest.mark.parametrize("credentials", [(), ("somebody", "canary-secret")])
@pytest.mark.usefixtures("socket_enabled")
async def test_a_server_that_hangs_up(credentials: tuple[str, ...]) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()

    async with _other_server(hang_up) as port:
        client = NutClient("127.0.0.1", port, *credentials)
        with pytest.raises(CannotConnect):
            await client.prove()
        await client.close()


# --- Credentials ----------------------------------------------------------------------------------


async def _prove(nut: NutServer, username: str, password: str) -> HomeServerError | None:
    async with _client(nut, username, password) as client:
        try:
            await client.prove()
        except HomeServerError as err:
            return err
        return None


async def test_the_password_is_checked(nut_server: NutServer) -> None:
    assert await _prove(nut_server, "lab", "lab-password") is None
    assert isinstance(await _prove(nut_server, "lab", "wrong"), InvalidAuth)
    assert isinstance(await _prove(nut_server, "nobody", "lab-password"), InvalidAuth)


async def test_one_who_may_set_never_logs_in(nut_server: NutServer) -> None:
    before = dict(nut_server.upses["ups"].variables)
    await _prove(nut_server, "lab", "lab-password")
    assert not nut_server.counts["LOGIN ups"]
    assert nut_server.upses["ups"].variables == before


async def test_a_user_of_upsmon_logs_in_for_a_moment(nut_server: NutServer) -> None:
    nut_server.users["monitor"] = User("secret", monitor=True)
    client = NutClient(nut_server.host, nut_server.port, "monitor", "secret")
    await client.prove()
    assert nut_server.counts["LOGIN ups"] == nut_server.counts["LOGOUT"] == 1
    await until(lambda: nut_server.connections == 1)
    assert [session.logged_in for session in nut_server.sessions] == [None]
    await client.close()


async def test_a_login_whose_end_is_lost(nut_server: NutServer) -> None:
    nut_server.users["monitor"] = User("secret", monitor=True)
    nut_server.faults.reset(method="LOGOUT")
    assert await _prove(nut_server, "monitor", "secret") is None


async def test_a_user_with_no_right_cannot_be_told_from_a_wrong_password(
    nut_server: NutServer,
) -> None:
    nut_server.users["idle"] = User("secret")
    assert isinstance(await _prove(nut_server, "idle", "secret"), InvalidAuth)


async def test_no_ups_to_check_the_password_with(nut_server: NutServer) -> None:
    nut_server.upses.clear()
    assert await _prove(nut_server, "lab", "lab-password") is None


async def test_odd_credentials(nut_server: NutServer) -> None:
    """Spaces, quotes, backslashes, a hash and an umlaut arrive as they were typed."""
    nut_server.users["odd man"] = User('pä"ss \\w#rd', set=True)
    assert await _prove(nut_server, "odd man", 'pä"ss \\w#rd') is None
    assert isinstance(await _prove(nut_server, "odd man", 'pä"ss w#rd'), InvalidAuth)


async def test_credentials_that_cannot_be() -> None:
    with pytest.raises(InvalidAuth):
        NutClient("nas", 3493, "somebody", None)
    with pytest.raises(InvalidAuth):
        NutClient("nas", 3493, "somebody", "two\nlines")
    NutClient("nas", 3493, None, "left over")


async def test_an_imitation_that_checks_the_password_at_once(nut_server: NutServer) -> None:
    nut_server.faults.status(0, method="PASSWORD", body=b"INVALID-PASSWORD")
    assert isinstance(await _prove(nut_server, "lab", "lab-password"), InvalidAuth)
    await until(lambda: nut_server.connections == 0)


async def test_the_password_is_in_no_log(
    nut_server: NutServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await _prove(nut_server, "lab", "lab-password")
    await _prove(nut_server, "lab", "canary-secret")
    assert "LIST UPS" in caplog.text
    assert "lab-password" not in caplog.text
    assert "canary-secret" not in caplog.text


async def test_a_greeting_that_fails_leaves_no_connection(
    nut_server: NutServer, impatient: None
) -> None:
    with nut_server.faults.hang(method="PASSWORD"):
        assert isinstance(await _prove(nut_server, "lab", "lab-password"), ConnectTimeout)
        await until(lambda: nut_server.connections == 0)

"""Calls over one connection: many at once, large ones, late ones, garbage, expired sessions."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.home_server_monitor.systems.errors import (
    BadAnswer,
    Busy,
    CannotConnect,
    ConnectTimeout,
    HomeServerError,
    InvalidAuth,
    MissingRight,
    NotFound,
)
from custom_components.home_server_monitor.systems.truenas.api import wire
from custom_components.home_server_monitor.systems.truenas.api.errors import (
    Declined,
    InvalidParams,
    MissingMethod,
    RateLimited,
)
from tests.harness import until
from tests.lab.truenas import V24_10, V25_10, TrueNas, moment
from tests.systems.truenas.conftest import every_version

from .conftest import Reach, Time, offer, tasks

both_protocols = pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
PING = r"^core\.ping$"


@every_version
async def test_thirty_calls_at_once(
    nas: TrueNas, reach: Reach, at_most: Callable[[TrueNas], list[int]]
) -> None:
    client = await reach(nas)
    in_flight = at_most(nas)
    nas.faults.slow(0.02, PING)
    assert await asyncio.gather(*(client.call("core.ping") for _ in range(30))) == ["pong"] * 30
    assert max(in_flight) == 6
    assert nas.connected == 1


@both_protocols
async def test_answers_in_another_order(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.faults.slow(0.1, PING)
    ended: list[str] = []

    async def call(method: str) -> None:
        await client.call(method)
        ended.append(method)

    await asyncio.gather(call("core.ping"), call("system.host_id"))
    assert ended == ["system.host_id", "core.ping"]


@every_version
async def test_five_mebibytes(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    answer = [{"id": number, "text": "x" * 1000, "at": moment(0)} for number in range(5200)]
    nas.faults.changed(PING, lambda _: answer)
    read = await client.call("core.ping")
    assert len(read) == len(answer)
    assert read[-1] == {"id": 5199, "text": "x" * 1000, "at": datetime(1970, 1, 1, tzinfo=UTC)}
    assert nas.connected == 1


@every_version
async def test_a_request_that_is_too_long_is_not_sent(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    with pytest.raises(InvalidParams, match="64 KiB"):
        await client.call("core.get_jobs", [["method", "=", "ä" * 33_000]])
    assert nas.calls["core.get_jobs"] == 0
    assert await client.call("core.get_jobs", [["method", "=", "ä" * 10_000]]) == []
    assert nas.connected == 1


async def test_what_cannot_be_sent(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    for _ in range(10):
        with pytest.raises(TypeError):
            await client.call("core.get_jobs", object())
    assert await client.call("core.ping") == "pong"


@both_protocols
@pytest.mark.parametrize(
    ("errname", "reason", "kind", "detail"),
    [
        ("EACCES", "Not authorized", MissingRight, "core.ping"),
        ("ENOENT", "no such thing", NotFound, "no such thing"),
        ("EBUSY", "in use", Busy, "in use"),
        ("EBUSY", "Rate Limit Exceeded", RateLimited, "Rate Limit Exceeded"),
        ("EFAULT", "it broke", Declined, "it broke"),
        ("EREBOOTREQUIRED", "reboot first", Declined, "reboot first"),
    ],
)
async def test_errors(
    nas: TrueNas,
    reach: Reach,
    errname: str,
    reason: str,
    kind: type[HomeServerError],
    detail: str,
) -> None:
    client = await reach(nas)
    with nas.faults.error(errname, PING, reason=reason), pytest.raises(kind) as raised:
        await client.call("core.ping")
    assert type(raised.value) is kind
    assert raised.value.detail == detail
    assert await client.call("core.ping") == "pong"


@every_version
async def test_what_is_missing_wrong_or_not_permitted(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    with pytest.raises(MissingMethod) as missing:
        await client.call("no.such_method")
    assert missing.value.detail == "no.such_method"
    with pytest.raises(InvalidParams):
        await client.call("core.ping", 1, 2, 3)
    with pytest.raises(NotFound):
        await client.call("core.job_abort", 99)
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    reader = await reach(nas, username="ha", api_key=key.text)
    nas.faults.denied(PING)
    with pytest.raises(MissingRight) as denied:
        await reader.call("core.ping")
    assert denied.value.detail == "core.ping"


# --- Answers that do not come, come late, or are nonsense ---------------------------------------


@every_version
async def test_a_garbage_frame_costs_the_connection(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    with nas.faults.garbage(PING), pytest.raises(BadAnswer):
        await client.call("core.ping")
    assert not client.is_connected
    assert await client.call("core.ping") == "pong"
    assert nas.connected == 2


@both_protocols
@pytest.mark.parametrize("kind", ["half_body", "reset"])
async def test_an_answer_that_breaks_off(nas: TrueNas, reach: Reach, kind: str) -> None:
    client = await reach(nas)
    hanging = nas.faults.hang(r"^system\.host_id$")
    other = asyncio.create_task(client.call("system.host_id"))
    await asyncio.sleep(0.02)
    with getattr(nas.faults, kind)(PING), pytest.raises(CannotConnect):
        await client.call("core.ping")
    with pytest.raises(CannotConnect):
        await other
    hanging.remove()
    assert await client.call("core.ping") == "pong"


@both_protocols
async def test_unsolicited_messages(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    (session,) = nas.sessions
    odd: list[dict[str, Any]] = [
        {},
        {"msg": "pong"},
        {"id": 4711, "jsonrpc": "2.0", "result": 1},
        {"id": "4711", "msg": "result", "result": 1},
        {"id": None, "error": {"code": -32700, "message": "Invalid JSON"}},
        {"msg": "added", "collection": "nobody.listens", "id": 1, "fields": {}},
        {"method": "collection_update", "params": None},
        {"method": "something_new", "params": {}},
    ]
    for message in odd:
        await session.send(message)
    assert await client.call("core.ping") == "pong"
    assert nas.connected == 1


@both_protocols
async def test_a_binary_frame(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    (session,) = nas.sessions
    await session._ws.send_bytes(b"\x00")
    await until(lambda: not client.is_connected)
    assert await client.call("core.ping") == "pong"


@both_protocols
async def test_a_late_answer_finds_nobody(
    nas: TrueNas, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await reach(nas)
    monkeypatch.setattr(wire, "_PATIENCE", 0.05)
    with nas.faults.slow(0.1, PING), pytest.raises(ConnectTimeout):
        await client.call("core.ping")
    monkeypatch.undo()
    await asyncio.sleep(0.1)
    assert await client.call("system.host_id") == nas.host_id
    assert nas.connected == 1


async def test_calls_that_were_given_up_keep_their_places(
    nas: TrueNas, reach: Reach, at_most: Callable[[TrueNas], list[int]]
) -> None:
    """The server still works on them: there are never more than six."""
    client = await reach(nas)
    in_flight = at_most(nas)
    hanging = nas.faults.slow(0.3, PING)
    calls = [asyncio.create_task(client.call("core.ping")) for _ in range(6)]
    await asyncio.sleep(0.05)
    for call in calls:
        call.cancel()
    hanging.remove()
    assert await client.call("core.ping") == "pong"
    assert max(in_flight) == 6


async def test_a_server_that_answers_nothing_is_given_up(
    nas: TrueNas, reach: Reach, time: Time
) -> None:
    client = await reach(nas)
    nas.faults.hang(PING, count=6)
    calls = [asyncio.create_task(client.call("core.ping")) for _ in range(7)]
    await asyncio.sleep(0.05)
    nas.idle_timeout = None
    # aiohttp's heartbeat is answered; nothing else comes.
    await time.forward(121)
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(answer, CannotConnect) for answer in answers)
    await time.forward(121)
    assert await client.call("core.ping") == "pong"


# --- Sessions that expire -----------------------------------------------------------------------


@every_version
async def test_an_expired_session_logs_in_again_by_itself(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.expire_sessions()
    answers = await asyncio.gather(*(client.call("system.host_id") for _ in range(10)))
    assert answers == [nas.host_id] * 10
    assert len(nas.logins) == 2
    await until(lambda: len(nas.sessions) == 1)
    assert len(tasks()) == 1


@both_protocols
async def test_calls_under_way_survive_the_end_of_a_session(nas: TrueNas, reach: Reach) -> None:
    """They were begun before, and may not be repeated."""
    client = await reach(nas)
    done = asyncio.Event()

    async def long(_nas: TrueNas) -> str:
        await done.wait()
        return "done"

    offer(nas, "lab.long", long)
    before = asyncio.create_task(client.call("lab.long"))
    await until(lambda: nas.calls["lab.long"])
    nas.expire_sessions()
    assert await client.call("system.host_id") == nas.host_id
    done.set()
    assert await before == "done"
    assert nas.calls["lab.long"] == 1
    await until(lambda: len(nas.sessions) == 1)


@both_protocols
async def test_a_session_that_expires_at_once_again(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.faults.error("EACCES", PING, reason="Session is expired")
    with pytest.raises(CannotConnect):
        await client.call("core.ping")
    assert nas.calls["core.ping"] == 2


@every_version
async def test_a_key_that_is_revoked_while_it_is_used(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.keys.revoke(nas.admin)
    with pytest.raises(InvalidAuth):
        await client.call("system.host_id")
    logins = len(nas.logins)
    for _ in range(5):
        with pytest.raises(InvalidAuth):
            await client.call("system.host_id")
    assert len(nas.logins) == logins

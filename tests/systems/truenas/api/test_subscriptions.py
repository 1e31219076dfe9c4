"""Subscriptions: shared, ended by either side, and lost with the connection."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.home_server_monitor.systems.errors import CannotConnect, MissingRight
from custom_components.home_server_monitor.systems.truenas.api import subscriptions
from custom_components.home_server_monitor.systems.truenas.api.errors import Declined
from custom_components.home_server_monitor.systems.truenas.client import Change, TrueNas as Client
from tests.harness import until
from tests.lab.truenas import V24_10, V25_10, CallError, TrueNas, event_source
from tests.systems.truenas.conftest import every_version

from .conftest import Reach

both_protocols = pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
EVENT = "system.ready"


def _subscribed(nas: TrueNas) -> list[str]:
    return [name for session in nas.sessions for name in session.subscriptions.values()]


@every_version
async def test_changes(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    async with client.subscribe(EVENT) as changes:
        nas.emit(EVENT, "added", "abc", {"at": {"$date": 0}})
        nas.emit(EVENT, "changed", 7, [{"id": 1}], {"status": {"code": "NORMAL"}})
        nas.emit(EVENT, "removed", "abc")
        added, changed, removed = [await anext(changes) for _ in range(3)]
    assert added.kind == "added"
    assert added.fields["at"].year == 1970
    assert changed == Change(
        kind="changed", id=7, fields=[{"id": 1}], extra={"status": {"code": "NORMAL"}}
    )
    assert removed == Change(kind="removed", id="abc", fields={}, extra={})
    await until(lambda: not _subscribed(nas))


@every_version
async def test_many_listeners_are_one_subscription(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    heard: list[int] = []

    async def listen(number: int) -> None:
        async with client.subscribe(EVENT) as changes:
            await anext(changes)
            heard.append(number)

    listeners = [asyncio.create_task(listen(number)) for number in range(5)]
    await until(lambda: _subscribed(nas))
    await client.call("core.ping")
    assert _subscribed(nas) == [EVENT]
    listeners[0].cancel()
    await asyncio.sleep(0)
    assert _subscribed(nas) == [EVENT]
    nas.be_ready()
    await asyncio.gather(*listeners[1:])
    assert sorted(heard) == [1, 2, 3, 4]
    await until(lambda: not _subscribed(nas))


@both_protocols
async def test_leaving_and_coming_back(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    for _ in range(10):
        async with client.subscribe(EVENT) as changes:
            nas.be_ready()
            assert (await anext(changes)).kind == "added"
    await until(lambda: not _subscribed(nas))


@both_protocols
async def test_the_connection_is_lost(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    async with client.subscribe(EVENT) as changes, client.subscribe("alert.list") as others:
        nas.emit(EVENT, "added", 1, {})
        await client.call("core.ping")
        nas.cut()
        # What came before is still told.
        assert (await anext(changes)).id == 1
        for iterator in (changes, others, changes):
            with pytest.raises(CannotConnect):
                await anext(iterator)
    async with client.subscribe(EVENT) as changes:
        nas.be_ready()
        assert (await anext(changes)).kind == "added"
    assert nas.connected == 2


@both_protocols
async def test_garbage_is_a_loss_like_others(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    async with client.subscribe(EVENT) as changes:
        (session,) = nas.sessions
        await session.say("{garbage")
        with pytest.raises(CannotConnect):
            await anext(changes)


@both_protocols
async def test_an_expired_session(nas: TrueNas, reach: Reach) -> None:
    """Whoever listened has to come back; whoever wants to listen does not notice."""
    client = await reach(nas)
    async with client.subscribe(EVENT) as changes:
        nas.expire_sessions()
        await client.call("system.host_id")
        with pytest.raises(CannotConnect):
            await anext(changes)
    if nas.version is V25_10:  # before that a refusal is all that is said
        nas.expire_sessions()
        async with client.subscribe(EVENT) as changes:
            nas.be_ready()
            await anext(changes)


@every_version
async def test_without_the_right(nas: TrueNas, reach: Reach) -> None:
    key = nas.keys.add("ha", {"APPS_READ"})
    client = await reach(nas, username="ha", api_key=key.text)
    with pytest.raises(MissingRight) as raised:
        async with client.subscribe("alert.list"):
            pass
    assert raised.value.detail == "alert.list"
    assert client.is_connected


def _source(nas: TrueNas, error: CallError | None) -> None:
    async def tell(_nas: TrueNas, argument: Any) -> AsyncGenerator[tuple[str, Any]]:
        yield "changed", [argument]
        if error is not None:
            raise error

    event = event_source("lab.source", role="APPS_READ")(tell)
    nas.events["lab.source"] = event


@both_protocols
async def test_the_server_ends_it(nas: TrueNas, reach: Reach) -> None:
    _source(nas, None)
    client = await reach(nas)
    async with client.subscribe('lab.source:{"interval": 30}') as changes:
        assert [change.fields async for change in changes] == [[{"interval": 30}]]
        assert [change async for change in changes] == []
    async with client.subscribe('lab.source:{"interval": 30}') as changes:
        assert (await anext(changes)).fields == [{"interval": 30}]


@both_protocols
async def test_the_server_ends_it_with_a_reason(nas: TrueNas, reach: Reach) -> None:
    _source(nas, CallError("EFAULT", "no docker"))
    client = await reach(nas)
    async with client.subscribe("lab.source") as changes:
        await anext(changes)
        with pytest.raises(Declined, match="no docker"):
            await anext(changes)


@both_protocols
async def test_one_who_does_not_listen_is_cut_off(
    nas: TrueNas, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "_MOST_WAITING", 10)
    client = await reach(nas)
    async with client.subscribe(EVENT) as lazy:
        for number in range(20):
            nas.emit(EVENT, "changed", number, {})
        await client.call("core.ping")
        heard = []
        with pytest.raises(CannotConnect):
            heard += [change.id async for change in lazy]
        assert await client.call("core.ping") == "pong"


@both_protocols
async def test_a_listener_that_is_cancelled_while_it_enters(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    listener = asyncio.create_task(_enter(client))
    others = [asyncio.create_task(_enter(client)) for _ in range(3)]
    await asyncio.sleep(0)
    listener.cancel()
    nas.faults.clear()
    await asyncio.sleep(0.05)
    nas.be_ready()
    await asyncio.gather(*others)


async def _enter(client: Client) -> None:
    async with client.subscribe(EVENT) as changes:
        await anext(changes)

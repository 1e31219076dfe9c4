"""What the simulated TrueNAS tells by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.harness import until
from tests.lab.truenas import (
    ALL_VERSIONS,
    V24_04,
    V24_10,
    V25_04,
    V25_10,
    CallError,
    Event,
    Told,
    TrueNas,
    event_source,
)

from .talk import Talk, talk

every_version = pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)


@event_source("tick.tock", role="REPORTING_READ")
async def ticks(_nas: TrueNas, argument: Any) -> AsyncGenerator[Told]:
    """Count up to where the argument says."""
    for number in range((argument or {}).get("most", 1000)):
        yield "added", {"number": number}
        await asyncio.sleep(0.01)
    if argument and argument.get("fail"):
        raise CallError("EFAULT", "out of breath")


@pytest.fixture(autouse=True)
def tower(nas: TrueNas) -> None:
    """Add events to the server."""
    nas.events |= {"tick.tock": ticks, "bell.list": Event(name="bell.list", role="ALERT_LIST_READ")}


async def refused(api: Talk, name: str) -> bool:
    """Tell whether a subscription is refused."""
    if not api.ddp:
        return await api.errname("core.subscribe", name) == "EACCES"
    await api.ws.send_json({"id": "s2", "msg": "sub", "name": name})
    answer = await api.next()
    return "error" in answer and answer["error"]["errname"] == "EACCES"


@every_version
async def test_changes(nas: TrueNas) -> None:
    async with talk(nas) as api:
        nas.emit("bell.list", "added", "a1", {"rings": 1})
        identity = await api.subscribe("bell.list")
        nas.emit("bell.list", "added", "a1", {"rings": 2})
        nas.emit("bell.list", "changed", fields=[1])
        nas.emit("bell.list", "removed", "a1", {"rings": 3})
        nas.emit("bell.list", "changed", extra={"status": {"code": "NORMAL"}})
        nas.emit("unknown.event", "changed", 1, {})
        base = {"collection": "bell.list"}
        assert [await api.change() for _ in range(4)] == [
            {**base, "msg": "added", "id": "a1", "fields": {"rings": 2}},
            {**base, "msg": "changed", "fields": [1]},
            {**base, "msg": "removed", "id": "a1"},
            {**base, "msg": "changed", "extra": {"status": {"code": "NORMAL"}}},
        ]
        if api.ddp:
            await api.ws.send_json({"id": identity, "msg": "unsub"})
        else:
            await api.result("core.unsubscribe", identity)
        await api.result("system.state")
        nas.emit("bell.list", "added", "a1", {"rings": 4})
        await api.result("system.state")
        assert not api.told


@every_version
async def test_the_moment_counts(nas: TrueNas) -> None:
    async with talk(nas) as api:
        await api.subscribe("bell.list")
        bell = {"rings": 1}
        nas.emit("bell.list", "changed", 1, bell)
        bell["rings"] = 2
        assert (await api.change())["fields"] == {"rings": 1}


@every_version
async def test_sources(nas: TrueNas) -> None:
    async with talk(nas) as api:
        name = 'tick.tock:{"most": 2}'
        await api.subscribe(name)
        for number in range(2):
            change = {"msg": "added", "collection": name, "fields": {"number": number}}
            assert await api.change() == change
        ended = await api.next()
        if api.ddp:
            assert ended == {"msg": "nosub", "collection": name}
        else:
            assert ended["method"] == "notify_unsubscribed"
            assert ended["params"] == {"collection": name, "error": None}


@every_version
async def test_sources_that_fail(nas: TrueNas) -> None:
    async with talk(nas) as api:
        await api.subscribe('tick.tock:{"most": 0, "fail": true}')
        ended = await api.next()
        error = ended["error"] if api.ddp else ended["params"]["error"]
        assert (error["errname"], error["reason"]) == ("EFAULT", "[EFAULT] out of breath")


@every_version
async def test_sources_end_with_the_connection(nas: TrueNas) -> None:
    async with talk(nas) as api:
        await api.subscribe("tick.tock")
        await api.change()
    await until(lambda: not nas.sessions)
    assert not [task for task in asyncio.all_tasks() if "_follow" in repr(task)]


@every_version
async def test_rights(nas: TrueNas) -> None:
    key = nas.keys.add("ha", {"REPORTING_READ"})
    async with talk(nas, log_in=False) as api:
        if api.ddp:
            assert await refused(api, "tick.tock")
        await api.log_in(nas, key.text)
        assert await refused(api, "bell.list")
        assert await refused(api, "unknown.event")
        # 24.04 looks for the right to the name with its argument.
        assert await refused(api, 'tick.tock:{"most": 1}') is (nas.version == V24_04)


@pytest.mark.parametrize("nas", [V24_10, V25_04, V25_10], indirect=True, ids=str)
async def test_others_jobs_are_not_told(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api, talk(nas) as other:
        await api.log_in(nas, nas.keys.add("ha", {"POOL_READ"}).text)
        await api.subscribe("core.get_jobs")
        await other.result("core.job_wait", 9)
        await api.result("core.get_jobs")
        assert not api.told
        number = await api.result("core.job_wait", 9)
        assert (await api.change())["id"] == number


async def test_everything(nas: TrueNas) -> None:
    async with talk(nas) as api:
        await api.subscribe("*")
        nas.emit("bell.list", "added", 1, {})
        assert (await api.change())["collection"] == "bell.list"

"""Faults of the simulated TrueNAS, and what becomes of it when it is rebooted."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.harness import until
from tests.lab.truenas import ALL_VERSIONS, V24_04, V25_10, TrueNas

from .talk import talk

every_version = pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)
both = pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)


@both
async def test_errors_of_one_method(nas: TrueNas) -> None:
    async with talk(nas) as api:
        with nas.faults.denied("host_id"):
            assert await api.errname("system.host_id") == "EACCES"
            assert await api.result("system.state") == "READY"
        with nas.faults.missing("host_id"):
            missing = "ENOMETHOD" if api.ddp else "-32601"
            assert await api.errname("system.host_id") == missing
        nas.faults.error("EBUSY", "host_id", reason="not now", count=1)
        assert await api.errname("system.host_id") == "EBUSY"
        for status, name in ((401, "ENOTAUTHENTICATED"), (404, "ENOENT"), (500, "EFAULT")):
            nas.faults.status(status, "host_id", count=1)
            assert await api.errname("system.host_id") == name
        with nas.faults.changed("host_id", lambda text: text[:4]):
            assert await api.result("system.host_id") == nas.host_id[:4]
        assert await api.result("system.host_id") == nas.host_id


@both
async def test_slow_and_hanging_methods(nas: TrueNas) -> None:
    async with talk(nas) as api:
        nas.faults.slow(0.05, "host_id", count=1)
        slow = await api.send("system.host_id")
        assert await api.result("system.state") == "READY"
        assert (await api.answer(slow))["result"] == nas.host_id
        with nas.faults.hang("host_id"):
            await api.send("system.host_id")
            assert await api.result("system.state") == "READY"
        assert await api.result("system.host_id") == nas.host_id
        assert not api.told


@both
async def test_broken_frames(nas: TrueNas) -> None:
    async with talk(nas) as api:
        nas.faults.garbage("host_id", count=1)
        await api.send("system.host_id")
        assert "not" in (await api.ws.receive()).data
        nas.faults.half_body("host_id", count=1)
        await api.send("system.host_id")
        assert await api.closed() is None
    async with talk(nas) as api:
        nas.faults.reset("host_id", count=1)
        await api.send("system.host_id")
        assert await api.closed() is None


@every_version
async def test_the_handshake_may_fail(nas: TrueNas) -> None:
    nas.faults.status(503, "^/(websocket|api/current)$", count=1)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with talk(nas):
            pass
    async with talk(nas) as api:
        assert await api.result("system.state") == "READY"


@every_version
async def test_reboot(nas: TrueNas) -> None:
    boot = nas.boot_id
    async with talk(nas) as api:
        await api.result("core.job_wait", 9)
        rebooting = asyncio.create_task(nas.reboot(down=0.1, booting=0.1))
        assert await api.closed() is None
    with pytest.raises(aiohttp.ClientConnectorError):
        async with talk(nas):
            pass
    await until(lambda: nas.state == "BOOTING")
    async with talk(nas) as api:
        assert await api.result("system.state") == "BOOTING"
        assert await api.result("system.ready") is False
        await api.subscribe("system.ready")
        assert (await api.change())["collection"] == "system.ready"
        assert await api.result("system.state") == "READY"
        assert await api.result("core.get_jobs") == []
        assert await api.result("system.boot_id") != boot
    await rebooting


async def test_counts(nas: TrueNas) -> None:
    async with talk(nas) as api:
        await api.result("system.state")
        await api.errname("a.b")
    assert nas.calls == {"auth.login_with_api_key": 1, "system.state": 1, "a.b": 1}
    assert (nas.connected, nas.logins) == (1, ["SUCCESS"])
    nas.disks_woken.append("sda")
    nas.reset_counts()
    assert (nas.connected, nas.logins, nas.disks_woken, nas.calls) == (0, [], [], {})

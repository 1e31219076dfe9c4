"""What the simulated TrueNAS allows a connection: sizes, calls at once, silence."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness import until
from tests.lab.truenas import ALL_VERSIONS, LOGGED_IN, V24_04, V24_10, V25_10, V26, TrueNas, method
from tests.lab.truenas.methods import methods_of

from .talk import talk

every_version = pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)


@every_version
async def test_long_messages(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api:
        await api.send("core.ping", "x" * 8192)
        assert await api.closed() == 1007
    async with talk(nas) as api:
        assert await api.errname("core.ping", "x" * 9000)
        number = await api.send("core.ping", "x" * 65536)
        if nas.version == V24_04:
            assert "error" in await api.answer(number)
        else:
            assert await api.closed() == 1009


@every_version
async def test_binary_frames(nas: TrueNas) -> None:
    async with talk(nas) as api:
        await api.ws.send_bytes(b"{}")
        assert await api.closed() == 1003


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_long_answers(nas: TrueNas) -> None:
    nas.faults.changed("host_id", lambda _: "x" * 5 * 1024 * 1024)
    async with talk(nas) as api:
        assert len(await api.result("system.host_id")) == 5 * 1024 * 1024


@pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
async def test_calls_at_once(nas: TrueNas) -> None:
    running = 0
    most = 0
    go_on = asyncio.Event()

    @method("slow.down", role=LOGGED_IN)
    async def slow(_nas: TrueNas) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go_on.wait()
        running -= 1
        return "done"

    nas.methods |= methods_of(nas.version, [slow])
    async with talk(nas) as api:
        numbers = [await api.send("slow.down") for _ in range(21)]
        error = (await api.answer(numbers[20]))["error"]
        text = "Maximum number of concurrent calls (20) has exceeded"
        if api.ddp:
            assert (error["errname"], error["reason"]) == ("ETOOMANYREFS", f"{text}.")
        else:
            assert error == {"code": -32000, "message": text}
        assert most == 10
        go_on.set()
        for number in numbers[:20]:
            assert (await api.answer(number))["result"] == "done"


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_silence(nas: TrueNas) -> None:
    assert nas.idle_timeout == 60
    nas.idle_timeout = 0.2
    async with talk(nas) as api:
        # A ping is enough to stay; the server's own messages are as well.
        for _ in range(8):
            await asyncio.sleep(0.05)
            await api.ws.ping()
        assert await api.result("system.host_id") == nas.host_id
        assert nas.idle_drops == 0
        assert await api.closed() is None
        assert nas.idle_drops == 1
    await until(lambda: not nas.sessions)


@pytest.mark.parametrize("nas", [V26], indirect=True, ids=str)
async def test_26_is_more_patient(nas: TrueNas) -> None:
    assert nas.idle_timeout == 3600

"""A connection that is lost and comes back: idle, reboot, refusals, pauses, another system."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from custom_components.home_server_monitor.systems.errors import (
    CannotConnect,
    ConnectionRefused,
    HomeServerError,
    InvalidAuth,
    WrongServer,
)
from custom_components.home_server_monitor.systems.system import Sessions
from custom_components.home_server_monitor.systems.truenas.api.errors import (
    NotReady,
    RateLimited,
)
from custom_components.home_server_monitor.systems.truenas.api.pause import Pause
from custom_components.home_server_monitor.systems.truenas.client import TrueNas as Client
from custom_components.home_server_monitor.systems.truenas.connect import connect
from tests.harness import until
from tests.lab.truenas import V24_10, V25_10, TrueNas
from tests.systems.truenas.conftest import every_version

from .conftest import Reach, Time, door, tasks

both_protocols = pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)


@every_version
async def test_an_idle_connection_is_kept(nas: TrueNas, reach: Reach, time: Time) -> None:
    """The web server drops what is silent for a minute; two heartbeats are within one."""
    client = await reach(nas)
    for _ in range(12):
        await time.forward(26)
    assert client.is_connected
    assert await client.call("core.ping") == "pong"
    assert (nas.connected, nas.idle_drops) == (1, 0)


@both_protocols
async def test_an_idle_connection_that_is_dropped_all_the_same(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.idle_timeout = 0.05
    await client.call("core.ping")
    await until(lambda: nas.idle_drops)
    await until(lambda: not client.is_connected)
    nas.idle_timeout = 60.0
    assert await client.call("core.ping") == "pong"
    assert nas.connected == 2


async def test_a_connection_that_died_silently(nas: TrueNas, reach: Reach, time: Time) -> None:
    """Nothing says so, but no heartbeat is answered."""
    client = await reach(nas)
    nas.idle_timeout = None
    (session,) = nas.sessions
    assert isinstance(session._transport, asyncio.Transport)
    session._transport.pause_reading()
    await time.forward(26)
    assert client.is_connected
    await time.forward(14)
    await until(lambda: not client.is_connected)
    session._transport.resume_reading()
    assert await client.call("core.ping") == "pong"
    assert nas.connected == 2


# --- Reboot -------------------------------------------------------------------------------------


@every_version
async def test_a_reboot(nas: TrueNas, reach: Reach, time: Time) -> None:
    """Dropped, refused, then up but starting, which counts as not connected, then ready."""
    client = await reach(nas)
    await time.forward(100)
    await nas.go_down()
    await until(lambda: not client.is_connected)
    with pytest.raises(ConnectionRefused):
        await client.call("core.ping")
    await nas.come_up(ready=False)
    await time.forward(10)
    with pytest.raises(NotReady) as raised:
        await client.call("core.ping")
    assert raised.value.detail == "BOOTING"
    assert not client.is_connected
    await until(lambda: not nas.sessions)
    nas.be_ready()
    await time.forward(15)
    assert await client.call("core.ping") == "pong"


@both_protocols
async def test_setting_up_while_it_starts(nas: TrueNas, sessions: Sessions) -> None:
    for state in ("BOOTING", "SHUTTING_DOWN"):
        nas.state = state
        with pytest.raises(NotReady):
            await connect(door(nas), sessions)
    await until(lambda: not nas.sessions)
    assert tasks() == []


@both_protocols
async def test_the_server_goes_in_the_middle_of_a_call(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.faults.hang(r"^core\.ping$")
    call = asyncio.create_task(client.call("core.ping"))
    await until(lambda: nas.calls["core.ping"])
    await nas.refuse()
    with pytest.raises(CannotConnect):
        await call
    with pytest.raises(ConnectionRefused):
        await client.call("core.ping")
    nas.faults.clear()
    await nas.accept()


async def test_after_an_update_the_version_is_the_new_one(
    nas: TrueNas, reach: Reach, time: Time
) -> None:
    client = await reach(nas)
    assert client.version.text == "25.10.5"
    nas.faults.changed(r"^system\.info$", lambda info: {**info, "version": "26.0.0"})
    nas.cut()
    await until(lambda: not client.is_connected)
    await time.forward(1)
    await client.call("core.ping")
    assert client.version.text == "26.0.0"


async def test_another_system_at_the_same_address(nas: TrueNas, reach: Reach, time: Time) -> None:
    """Its pools must not be taken for those of the first, which would seem to be gone."""
    client = await reach(nas)
    nas.host_id = "f" * 64
    nas.cut()
    await until(lambda: not client.is_connected)
    await time.forward(1)
    with pytest.raises(WrongServer):
        await client.call("core.ping")
    assert not client.is_connected


# --- Pauses -------------------------------------------------------------------------------------


async def _attempt(client: Client, kind: type[HomeServerError]) -> None:
    with pytest.raises(kind):
        await client.call("core.ping")


async def test_pauses_grow(nas: TrueNas, reach: Reach, time: Time) -> None:
    client = await reach(nas)
    nas.faults.status(503, "/api/versions")
    nas.cut()
    await until(lambda: not client.is_connected)
    await time.forward(6)
    nas.reset_counts()
    tries = []
    for _ in range(120):
        before = len(nas.requests)
        await _attempt(client, CannotConnect)
        await _attempt(client, CannotConnect)
        tries.append(len(nas.requests) - before)
        time.skip(5)
    pauses = [index for index, tried in enumerate(tries) if tried]
    apart = [5 * (after - before) for before, after in pairwise(pauses)]
    assert apart[:6] == [5, 10, 20, 40, 80, 160]
    assert max(tries) == 1


async def test_many_callers_make_one_attempt(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.cut()
    await until(lambda: not client.is_connected)
    nas.reset_counts()
    answers = await asyncio.gather(*(client.call("core.ping") for _ in range(10)))
    assert answers == ["pong"] * 10
    assert nas.connected == 1


async def test_a_caller_that_gives_up_does_not_spoil_the_attempt(
    nas: TrueNas, reach: Reach
) -> None:
    client = await reach(nas)
    nas.cut()
    await until(lambda: not client.is_connected)
    slow = nas.faults.slow(0.2, "/api/versions")
    first = asyncio.create_task(client.call("core.ping"))
    second = asyncio.create_task(client.call("core.ping"))
    await asyncio.sleep(0.05)
    first.cancel()
    slow.remove()
    assert await second == "pong"


def test_the_first_retry_comes_at_once() -> None:
    pause = Pause()
    pause.failed(CannotConnect("gone"), 100.0)
    pause.check(100.0)
    pause.failed(CannotConnect("gone"), 100.0)
    with pytest.raises(CannotConnect, match="gone"):
        pause.check(104.9)
    pause.check(105.0)


def test_a_connection_that_held_is_not_punished() -> None:
    pause = Pause()
    for _ in range(5):
        pause.failed(CannotConnect(), 0.0)
    pause.connected(300.0)
    pause.lost(CannotConnect(), 400.0)
    pause.check(400.0)


def test_a_connection_that_breaks_at_once_again_and_again_is() -> None:
    pause = Pause()
    now = 0.0
    for _ in range(5):
        pause.connected(now)
        pause.lost(CannotConnect(), now + 1)
    with pytest.raises(CannotConnect):
        pause.check(now + 40)


@pytest.mark.parametrize(
    ("error", "seconds"), [(InvalidAuth(), 300.0), (RateLimited(), 60.0), (NotReady(), 0.0)]
)
def test_some_failures_need_longer_or_shorter_pauses(
    error: HomeServerError, seconds: float
) -> None:
    pause = Pause()
    pause.failed(error, 0.0)
    pause.check(seconds)
    for _ in range(20):
        pause.failed(error, 0.0)
    longest = 15.0 if isinstance(error, NotReady) else 300.0
    with pytest.raises(type(error)):
        pause.check(longest - 0.1)
    pause.check(longest)


# --- Closing ------------------------------------------------------------------------------------


@both_protocols
async def test_closing_in_the_middle_of_everything(nas: TrueNas, sessions: Sessions) -> None:
    client = await connect(door(nas), sessions)
    nas.faults.hang(r"^core\.ping$")
    calls: list[Callable[[], Awaitable[object]]] = [
        *[lambda: client.call("core.ping")] * 10,
        lambda: _listen(client),
        lambda: client.wait_job(5),
    ]
    under_way = [asyncio.ensure_future(call()) for call in calls]
    await until(lambda: nas.calls["core.ping"] == 6)
    await client.close()
    await client.close()
    assert tasks() == []
    under_way[-1].cancel()
    for ended in await asyncio.gather(*under_way, return_exceptions=True):
        assert isinstance(ended, CannotConnect | asyncio.CancelledError)
    with pytest.raises(CannotConnect):
        await client.call("core.ping")
    await until(lambda: not nas.sessions)
    assert nas.connected == 1


async def _listen(client: Client) -> None:
    async with client.subscribe("alert.list") as changes:
        async for _ in changes:
            pass


async def test_closing_while_it_connects(nas: TrueNas, sessions: Sessions) -> None:
    client = await connect(door(nas), sessions)
    nas.cut()
    await until(lambda: not client.is_connected)
    nas.faults.slow(0.1, "/api/versions")
    call = asyncio.create_task(client.call("core.ping"))
    await asyncio.sleep(0.05)
    await client.close()
    with pytest.raises(CannotConnect):
        await call
    assert tasks() == []
    await until(lambda: not nas.sessions)


async def test_a_failed_attempt_leaves_nothing(nas: TrueNas, sessions: Sessions) -> None:
    for method in ("auth.login_ex", "system.state", "system.info", "system.host_id"):
        with nas.faults.reset(f"^{method}$"), pytest.raises(CannotConnect):
            await connect(door(nas), sessions)
        assert tasks() == []
    await until(lambda: not nas.sessions)

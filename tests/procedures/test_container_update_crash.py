"""The crash matrix: every step, with Home Assistant killed there, the engine restarted, or both."""

import asyncio
from dataclasses import dataclass
import json
import signal
import time
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.systems.docker.parse import SET_ASIDE
from tests.lab.real import RealEngine
from tests.lab.real.helpers import STAY

from .conftest import BAD, GOOD, Home, Shop, ask
from .interruptions import POINT, Point, start_anew, wait_for, watched

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

DATA = ("/anonymous", "/named")
DEVICE = {"good": "/dev/loop0", "sick": "/dev/none"}
# A guest that finds this door open ends.
DRAUGHTY = f'CMD ["sh", "-c", "httpd -p 99 -h /; {STAY}"]'
FRAIL = f"if wget -q -O /dev/null http://127.0.0.1:99/bin/sh; then exit 5; fi; {STAY}"

POINTS = {
    "update": (
        *("journal begin", "journal snapshot", "journal pull", "engine pull", "journal compare"),
        *("journal set_aside", "engine stop", "engine rename", "engine update", "engine stop 2"),
        *("journal create", "engine create", "engine connect", "journal start", "engine start"),
        *("journal prove", "journal remove_old", "engine remove containers"),
    ),
    "update, sick": (
        *("journal roll_back", "engine stop 3", "engine remove containers", "engine rename 2"),
        *("engine update 2", "engine start 2", "journal prove_old"),
    ),
    # The tag is everybody's: whoever goes back first sets it for all.
    "update, tag, sick": ("engine tag",),
    "limit": (
        *("journal begin", "journal snapshot", "journal set_aside", "engine rename"),
        *("journal create", "engine create", "journal start", "engine start"),
        *("journal prove", "journal remove_old", "engine remove containers"),
    ),
    "limit, sick": ("journal roll_back", "engine rename 2", "engine start", "journal prove_old"),
    # First the guest is put aside, then its host.
    "with guest": (
        *("journal set_aside", "engine rename", "engine stop 2", "engine rename 2"),
        *("engine stop 4", "engine create", "journal start", "engine start", "journal prove"),
        *("journal guests", "engine create 2", "journal guests 2", "engine start 2"),
        *("journal prove_guests", "journal remove_old", "engine remove containers"),
    ),
    "with guest, sick": (
        *("journal roll_back", "engine remove containers", "engine remove containers 2"),
        *("engine rename 3", "engine start 3", "engine rename 4", "engine start 4"),
        "journal prove_old",
    ),
}
"""Where each operation is cut: right after an entry of the journal, or a call of the engine."""

KILLED = "Home Assistant killed"
BOTH = "Home Assistant killed, engine restarted with all of its containers"
OUTAGE = "engine crashed, and back a second later"


@dataclass
class Row:
    """One container, the point at which an operation on it is cut, and what came of it."""

    name: str
    kind: str
    point: Point
    old_id: str
    task: asyncio.Task[Any] | None = None
    verdict: str = ""
    ran: str = ""

    @property
    def has_guest(self) -> bool:
        return self.kind.startswith("with guest")


def _newer(kind: str) -> str:
    if not kind.endswith("sick"):
        return GOOD
    return DRAUGHTY if kind.startswith("with guest") else BAD


def _points(kind: str, mode: str) -> tuple[str, ...]:
    """Return where to cut: for the variants of an update the steps do where the engine goes too."""
    if mode == KILLED or kind.startswith("update"):
        return POINTS[kind]
    return tuple(label for label in POINTS[kind] if label.startswith("journal"))


def _open(shop: Shop, kind: str, number: int, points: tuple[str, ...]) -> list[Row]:
    """Run containers of the old image, one for each point, then publish the new one."""
    shop.publish(f"{GOOD}\nVOLUME /anonymous")
    rows = []
    for place, label in enumerate(points):
        name = f"c{number}-{place}"
        host: dict[str, Any] = {
            "NetworkMode": "first",
            "Binds": [f"{name}:/named"],
            "RestartPolicy": {"Name": "always"},
        }
        more: dict[str, Any] = {"Cmd": None, "StopTimeout": 3, "HostConfig": host}
        identity = shop.engine.create(name, image=shop.reference, network="first", more=more)
        shop.engine.call("POST", "/networks/second/connect", {"Container": name})
        shop.engine.act("start", name)
        shop.write(name, *DATA)
        rows.append(Row(name, kind, Point(label), identity))
        if rows[-1].has_guest:
            inside = {**host, "NetworkMode": f"container:{identity}"}
            shop.engine.run(f"{name}-guest", FRAIL, more={"StopTimeout": 3, "HostConfig": inside})
    shop.publish(f"{_newer(kind)}\nVOLUME /anonymous\nENV NEW=1")
    return rows


def _start(home: Home, row: Row) -> None:
    token = POINT.set(row.point)
    action, data = "update_container", {}
    if row.kind.startswith("limit"):
        device = DEVICE["sick" if row.kind.endswith("sick") else "good"]
        action, data = "apply_quota", {"io_write": {device: "1m"}, "recreate": True}
    made = home.call(action, row.name, timeout=20, settle=0.3, **data)
    row.task = asyncio.create_task(made)
    POINT.reset(token)


def _judge(shop: Shop, row: Row) -> str:
    """Say what is not as it must be; nothing where all is."""
    found = [one["Names"][0].removeprefix("/") for one in shop.engine.containers()]
    for name in (row.name, *((f"{row.name}-guest",) if row.has_guest else ())):
        if name not in found or name + SET_ASIDE in found:
            return f"there are {sorted(one for one in found if one.startswith(name))}"
        shown = shop.engine.inspect(name)
        if not shown["State"]["Running"]:
            return f"{name} is {shown['State']['Status']}: {shown['State']['Error']}"
        if shown["HostConfig"]["RestartPolicy"]["Name"] != "always":
            return "another restart policy"
    shown = shop.engine.inspect(row.name)
    row.ran = "old" if shown["Id"] == row.old_id else "new"
    if not shop.holds(row.name, *DATA):
        return "data lost"
    if set(shown["NetworkSettings"]["Networks"]) != {"first", "second"}:
        return "other networks"
    if bool(shown["HostConfig"]["BlkioDeviceWriteBps"]) != (row.ran + row.kind == "newlimit"):
        return "another limit"
    if row.has_guest:
        guest = shop.engine.inspect(f"{row.name}-guest")
        if guest["HostConfig"]["NetworkMode"] != f"container:{shown['Id']}":
            return "the guest lives elsewhere"
    return ""


def _restart_all(engine: RealEngine) -> None:
    """Restart the engine as most are set up: its containers end with it."""
    assert engine._process is not None
    path = engine.folder / "daemon.json"
    settings = path.read_text(encoding="utf-8")
    # To reload, unlike to start, it wants to be told where the proxy is.
    other = json.loads(settings) | {"live-restore": False, "userland-proxy": False}
    path.write_text(json.dumps(other), encoding="utf-8")
    try:
        engine._process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 40
        while engine.call("GET", "/info")["LiveRestoreEnabled"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        engine.stop_daemon()
    finally:
        path.write_text(settings, encoding="utf-8")
    engine.start_daemon()


@pytest.mark.parametrize("mode", [KILLED, BOTH, OUTAGE])
@pytest.mark.parametrize("operation", ["update", "limit", "with guest"])
async def test_every_step_ends_well(
    hass: HomeAssistant,
    shop: Shop,
    home: Home,
    operation: str,
    mode: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exactly one of the two containers runs under the right name, with its data and its guest."""
    for network in ("first", "second"):
        await ask(shop.engine.network, network)
    rows: list[Row] = []
    kinds = (operation, f"{operation}, sick", f"{operation}, tag, sick")
    for number, kind in enumerate(kind for kind in kinds if kind in POINTS):
        part = Shop(shop.engine, shop.registry)
        rows += await ask(_open, part, kind, number, _points(kind, mode))
        shop.images += part.images
    goes_on = asyncio.Event()
    await home.entry.runtime_data.coordinators["containers"].async_refresh()
    with watched():
        for row in rows:
            row.point.goes_on = goes_on if mode == OUTAGE else None
            _start(home, row)
        await _all_reached(rows)
        tasks = [row.task for row in rows if row.task is not None]
        if mode == OUTAGE:
            await ask(shop.engine.kill_daemon)
            goes_on.set()
            await asyncio.sleep(1)
            await ask(shop.engine.start_daemon)
            await asyncio.gather(*tasks, return_exceptions=True)
        else:
            await asyncio.gather(*tasks, return_exceptions=True)
            if mode == BOTH:
                await ask(_restart_all, shop.engine)
            assert len(home.open_records) == len(rows)
            await start_anew(hass, home)
        await wait_for(lambda: not home.open_records)
    for row in rows:
        row.verdict = await ask(_judge, shop, row)
    with capsys.disabled():
        print(f"\n{mode} right after …")  # noqa: T201 - the table is for people
        for row in rows:
            told = f"not sound: {row.verdict}" if row.verdict else "sound"
            print(f"  {row.kind:17} {row.point.label:26} {row.ran:4} runs   {told}")  # noqa: T201 - the table is for people
    assert [row.name for row in rows if row.verdict] == []


async def _all_reached(rows: list[Row]) -> None:
    try:
        await wait_for(lambda: all(row.point.reached.is_set() for row in rows))
    except AssertionError:
        missed = {
            f"{row.kind}: {row.point.label}": row.point.seen
            for row in rows
            if not row.point.reached.is_set()
        }
        raise AssertionError(missed) from None

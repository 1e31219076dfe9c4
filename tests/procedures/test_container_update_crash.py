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

from .conftest import BAD, GOOD, Home, Shop, ask
from .interruptions import POINT, Point, start_anew, wait_for, watched

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

DATA = ("/anonymous", "/named")
FORWARDS = (
    *("journal begin", "journal snapshot", "journal pull", "engine pull", "journal compare"),
    *("journal set_aside", "engine stop", "engine rename", "engine update", "engine stop 2"),
    *("journal create", "engine create", "engine connect", "journal start", "engine start"),
    *("journal prove", "journal remove_old", "engine remove containers"),
)
BACKWARDS = (
    *("journal roll_back", "engine stop 3", "engine remove containers", "engine rename 2"),
    *("engine update 2", "engine tag", "engine start 2", "journal prove_old"),
)
KILLED = "Home Assistant killed"
BOTH = "Home Assistant killed, engine restarted with all of its containers"
OUTAGE = "engine crashed, and back a second later"


@dataclass
class Row:
    """One container, the point at which its update is cut, and what came of it."""

    name: str
    point: Point
    old_id: str
    task: asyncio.Task[Any] | None = None
    verdict: str = ""
    ran: str = ""


def _shops(shop: Shop) -> tuple[Shop, Shop]:
    """Return a shop whose new image is good, and one whose new image is sick."""
    return Shop(shop.engine, shop.registry), Shop(shop.engine, shop.registry)


def _open(shop: Shop, newer: str, names: list[str]) -> dict[str, str]:
    """Run containers of the old image, then publish the new one; return name → id."""
    shop.publish(f"{GOOD}\nVOLUME /anonymous")
    ids = {}
    for name in names:
        network = "first"
        ids[name] = shop.engine.create(
            name,
            image=shop.reference,
            network=network,
            more={
                "Cmd": None,
                "StopTimeout": 3,
                "HostConfig": {
                    "NetworkMode": network,
                    "Binds": [f"{name}:/named"],
                    "RestartPolicy": {"Name": "always"},
                },
            },
        )
        shop.engine.call("POST", "/networks/second/connect", {"Container": name})
        shop.engine.act("start", name)
        shop.write(name, *DATA)
    shop.publish(f"{newer}\nVOLUME /anonymous\nENV NEW=1")
    return ids


def _start(home: Home, row: Row) -> None:
    token = POINT.set(row.point)
    row.task = asyncio.create_task(home.call("update_container", row.name, timeout=20, settle=0.3))
    POINT.reset(token)


def _judge(shop: Shop, row: Row, policy: str = "always") -> str:
    """Say what is not as it must be; nothing where all is."""
    found = {one["Names"][0].removeprefix("/"): one for one in shop.engine.containers()}
    mine = {name: one for name, one in found.items() if name in (row.name, row.name + SET_ASIDE)}
    if list(mine) != [row.name]:
        return f"there are {sorted(mine)}"
    shown = shop.engine.inspect(row.name)
    row.ran = "old" if shown["Id"] == row.old_id else "new"
    if not shown["State"]["Running"]:
        return f"{row.ran} is {shown['State']['Status']}"
    if shown["HostConfig"]["RestartPolicy"]["Name"] != policy:
        return "another restart policy"
    if not shop.holds(row.name, *DATA):
        return "data lost"
    if set(shown["NetworkSettings"]["Networks"]) != {"first", "second"}:
        return "other networks"
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
async def test_every_step_ends_well(
    hass: HomeAssistant,
    shop: Shop,
    home: Home,
    mode: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exactly one of the two containers runs under the right name, with its data."""
    for network in ("first", "second"):
        await ask(shop.engine.network, network)
    rows: list[Row] = []
    for part, labels, newer in zip(_shops(shop), (FORWARDS, BACKWARDS), (GOOD, BAD), strict=True):
        names = {f"{'good' if newer == GOOD else 'sick'}{i}": one for i, one in enumerate(labels)}
        ids = await ask(_open, part, newer, list(names))
        rows += [Row(name, Point(label), ids[name]) for name, label in names.items()]
        shop.images += part.images
    goes_on = asyncio.Event()
    await home.entry.runtime_data.coordinators["containers"].async_refresh()
    with watched():
        for row in rows:
            row.point.goes_on = goes_on if mode == OUTAGE else None
            _start(home, row)
        try:
            await wait_for(lambda: all(row.point.reached.is_set() for row in rows))
        except AssertionError:
            missed = {
                row.name: (row.point.label, row.point.seen)
                for row in rows
                if not row.point.reached.is_set()
            }
            raise AssertionError(missed) from None
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
        print(f"\n{mode} right after …  (update to a good or a sick image)")  # noqa: T201 - the table is for people
        for row in rows:
            told = f"not sound: {row.verdict}" if row.verdict else "sound"
            print(f"  {row.name[:4]}  {row.point.label:26} {row.ran:4} runs   {told}")  # noqa: T201 - the table is for people
    assert [row.name for row in rows if row.verdict] == []

"""The crash matrix: every step, with Home Assistant killed there, the engine restarted, or both."""

import asyncio
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor import journal
from custom_components.home_server_monitor.systems.docker.parse import SET_ASIDE

from .conftest import BAD, GOOD, Home, Shop, ask
from .interruptions import POINT, Point, watched

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
MODES = ("Home Assistant killed", "killed, engine restarted", "engine restarted")


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


async def _new_home(hass: HomeAssistant, home: Home) -> None:
    """Start anew, with nothing but what the disk has."""
    await hass.config_entries.async_unload(home.entry.entry_id)
    hass.data.pop(journal._KEY, None)
    await hass.config_entries.async_setup(home.entry.entry_id)
    await hass.async_block_till_done()


async def _wait(passed: Any, seconds: float = 60.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not passed():
        assert asyncio.get_running_loop().time() < deadline, "not in time"
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("mode", MODES)
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
            row.point.goes_on = goes_on if mode == "engine restarted" else None
            _start(home, row)
        try:
            await _wait(lambda: all(row.point.reached.is_set() for row in rows))
        except AssertionError:
            missed = {
                row.name: (row.point.label, row.point.seen)
                for row in rows
                if not row.point.reached.is_set()
            }
            raise AssertionError(missed) from None
        tasks = [row.task for row in rows if row.task is not None]
        if mode == "engine restarted":
            await ask(shop.engine.restart)
            goes_on.set()
            await asyncio.gather(*tasks, return_exceptions=True)
        else:
            await asyncio.gather(*tasks, return_exceptions=True)
            if mode == "killed, engine restarted":
                await ask(shop.engine.restart)
            assert len(home.open_records) == len(rows)
            await _new_home(hass, home)
        await _wait(lambda: not home.open_records)
    for row in rows:
        row.verdict = await ask(_judge, shop, row)
    with capsys.disabled():
        print(f"\n{mode} right after …  (update to a good or a sick image)")  # noqa: T201
        for row in rows:
            told = f"not sound: {row.verdict}" if row.verdict else "sound"
            print(f"  {row.name[:4]}  {row.point.label:26} {row.ran:4} runs   {told}")  # noqa: T201
    assert [row.name for row in rows if row.verdict] == []

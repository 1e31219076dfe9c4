"""Home Assistant is killed while a guest moves, and somebody lends a hand before it is back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.systems.docker.parse import SET_ASIDE

from .conftest import GOOD, Home, Shop, ask
from .interruptions import POINT, Point, start_anew, watched

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]


@dataclass
class Case:
    """Where it is cut, whose container is removed (or taken the place of), and what comes of it.

    ``host`` and ``guest`` are which of them run in the end: ``old``, ``new``, ``anew``, ``theirs``.
    """

    label: str
    meddle: Callable[[Shop, str], None]
    outcome: str
    host: str
    guest: str


def _remove(ending: str) -> Callable[[Shop, str], None]:
    def remove(shop: Shop, name: str) -> None:
        shop.engine.call("DELETE", f"/containers/{name}{ending}?force=1")

    return remove


def _remove_both_hosts(shop: Shop, name: str) -> None:
    for ending in ("", SET_ASIDE):
        _remove(ending)(shop, name)


def _another_guest(shop: Shop, name: str) -> None:
    shop.engine.run(f"{name}-guest")


CASES = {
    "old-host": Case("journal create", _remove(SET_ASIDE), "rolled_back", "anew", "new"),
    "old-host-late": Case("journal guests", _remove(SET_ASIDE), "updated", "new", "new"),
    "both-hosts": Case("journal guests", _remove_both_hosts, "rolled_back", "anew", "new"),
    "old-guest": Case(
        "journal create", _remove(f"-guest{SET_ASIDE}"), "rolled_back", "old", "anew"
    ),
    "new-guest": Case("journal prove_guests", _remove("-guest"), "updated", "new", "new"),
    "another-guest": Case("journal guests", _another_guest, "rolled_back", "old", "theirs"),
}


async def test_the_guest_ends_where_its_host_is(
    hass: HomeAssistant, shop: Shop, home: Home
) -> None:
    """What somebody else made is never removed, and everything else runs under its name."""
    await ask(shop.publish, GOOD)
    ids = {}
    for name in CASES:
        ids[name] = await ask(shop.run, name, StopTimeout=3)
        inside = {"HostConfig": {"NetworkMode": f"container:{ids[name]}"}, "StopTimeout": 3}
        ids[f"{name}-guest"] = await ask(shop.engine.run, f"{name}-guest", more=inside)
    await ask(shop.publish, f"{GOOD}\nENV NEW=1")
    await home.entry.runtime_data.coordinators["containers"].async_refresh()
    tasks = []
    with watched():
        for name, case in CASES.items():
            token = POINT.set(Point(case.label))
            made = home.call("update_container", name, timeout=10, settle=0.3)
            tasks.append(asyncio.create_task(made))
            POINT.reset(token)
        await asyncio.gather(*tasks, return_exceptions=True)
    for name, case in CASES.items():
        await ask(case.meddle, shop, name)
    await start_anew(hass, home)
    for name, case in CASES.items():
        host = await ask(shop.engine.inspect, name)
        guest = await ask(shop.engine.inspect, f"{name}-guest")
        assert host["State"]["Running"], name
        assert guest["State"]["Running"], name
        image = shop.images[case.host == "new"]
        assert (host["Image"], host["Id"] == ids[name]) == (image, case.host == "old"), name
        assert (guest["Id"] == ids[f"{name}-guest"]) is (case.guest == "old"), name
        lives_in = guest["HostConfig"]["NetworkMode"]
        assert (lives_in == f"container:{host['Id']}") is (case.guest != "theirs"), name
        (run,) = (await home.act("get_update_history", name))["updates"]
        assert run["outcome"] == case.outcome, (name, run)
        await _judge_rest(shop, name, case, run)


async def _judge_rest(shop: Shop, name: str, case: Case, run: dict[str, Any]) -> None:
    """Nothing is left over but what another has taken the place of, and that is told."""
    names = {row["Names"][0].removeprefix("/") for row in await ask(shop.engine.containers)}
    assert name + SET_ASIDE not in names
    assert (f"{name}-guest{SET_ASIDE}" in names) is (case.guest == "theirs"), name
    if case.guest == "theirs":
        assert "another container has taken the name" in run["error"]
    if case.guest == "anew":
        assert "made anew" in run["error"]

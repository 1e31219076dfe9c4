"""Home Assistant is killed in an update, and somebody lends a hand before it is back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.home_server_monitor import workshop
from custom_components.home_server_monitor.procedures import container_exchange
from custom_components.home_server_monitor.systems.docker.parse import SET_ASIDE

from .conftest import GOOD, Home, Shop, ask
from .interruptions import POINT, Point, start_anew, wait_for, watched

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]


@dataclass
class Case:
    """Where it is cut, what is done by hand then, and what must be so in the end.

    ``ran`` is ``old``, ``new``, ``anew`` (the old one made again) or ``theirs``.
    """

    label: str
    meddle: Callable[[Shop, str], None]
    ran: str
    outcome: str


def _remove_old(shop: Shop, name: str) -> None:
    shop.engine.call("DELETE", f"/containers/{name + SET_ASIDE}?force=1")


def _remove_new(shop: Shop, name: str) -> None:
    shop.engine.call("DELETE", f"/containers/{name}?force=1")


def _remove_both(shop: Shop, name: str) -> None:
    _remove_old(shop, name)
    _remove_new(shop, name)


def _put_back(shop: Shop, name: str) -> None:
    shop.engine.call("POST", f"/containers/{name + SET_ASIDE}/rename?name={name}")
    shop.engine.act("start", name)


def _rename_old(shop: Shop, name: str) -> None:
    shop.engine.call("POST", f"/containers/{name + SET_ASIDE}/rename?name={name}-kept")


def _another(shop: Shop, name: str) -> None:
    shop.engine.run(name)


CASES = {
    "removed-old-early": Case("journal create", _remove_old, "anew", "rolled_back"),
    "removed-old-late": Case("journal prove", _remove_old, "new", "updated"),
    "removed-new": Case("journal prove", _remove_new, "old", "rolled_back"),
    "removed-proven": Case("journal remove_old", _remove_new, "old", "rolled_back"),
    "removed-both": Case("journal prove", _remove_both, "anew", "rolled_back"),
    "put-back": Case("engine rename", _put_back, "old", "rolled_back"),
    "renamed": Case("engine rename", _rename_old, "old", "rolled_back"),
    "another": Case("journal create", _another, "theirs", "failed"),
}


async def test_one_runs_whatever_was_done_by_hand(
    hass: HomeAssistant, shop: Shop, home: Home
) -> None:
    """Under the right name, and with the data; what somebody else made is never removed."""
    await ask(shop.publish, f"{GOOD}\nVOLUME /data")
    ids = {name: await ask(shop.run, name, StopTimeout=3) for name in CASES}
    for name in CASES:
        await ask(shop.write, name, "/data")
    await ask(shop.publish, f"{GOOD}\nVOLUME /data\nENV NEW=1")
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
        await _judge(shop, home, name, case, ids[name])


async def _judge(shop: Shop, home: Home, name: str, case: Case, old_id: str) -> None:
    shown: dict[str, Any] = await ask(shop.engine.inspect, name)
    assert shown["State"]["Running"], name
    image = "new" if shown["Image"] == shop.images[1] else "old"
    if shown["Config"]["Image"] != shop.reference:
        image = "theirs"
    elif image == "old" and shown["Id"] != old_id:
        image = "anew"
    assert image == case.ran, name
    names = {row["Names"][0] for row in await ask(shop.engine.containers)}
    assert (f"/{name}{SET_ASIDE}" in names) is (case.ran == "theirs"), name
    if case.ran != "theirs":
        assert await ask(shop.holds, name, "/data"), name
    (run,) = (await home.act("get_update_history", name))["updates"]
    assert run["outcome"] == case.outcome, (name, run)


async def test_an_outage_that_outlasts_the_procedure(shop: Shop, home: Home) -> None:
    """The action gives up and says so; the workshop goes on trying, and puts the old one back."""
    await ask(shop.publish, GOOD)
    old = await ask(shop.run, "app", StopTimeout=3)
    await ask(shop.publish, f"{GOOD}\nENV NEW=1")
    await home.entry.runtime_data.coordinators["containers"].async_refresh()
    point = Point("engine create", goes_on=asyncio.Event())
    with (
        watched(),
        patch.object(container_exchange, "_PAUSES", (0.1,)),
        patch.object(workshop, "_FIRST_PAUSE", 0.5),
    ):
        token = POINT.set(point)
        task = asyncio.create_task(home.call("update_container", "app", timeout=5, settle=0.3))
        POINT.reset(token)
        await point.reached.wait()
        await ask(shop.engine.stop_daemon)
        assert point.goes_on is not None
        point.goes_on.set()
        with pytest.raises(HomeAssistantError) as raised:
            await task
        assert raised.value.translation_key == "connection_refused"
        assert len(home.open_records) == 1
        await ask(shop.engine.start_daemon)
        await wait_for(lambda: not home.open_records)
    shown = await ask(shop.engine.inspect, "app")
    assert (shown["Id"], shown["State"]["Running"]) == (old, True)
    assert len(await ask(shop.engine.containers)) == 1

"""Going back to an earlier version, and installing what turns out sick."""

import asyncio
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.home_server_monitor.procedures import container_update
from custom_components.home_server_monitor.runtime import call_on
from custom_components.home_server_monitor.systems.errors import Rejected
from tests.harness import container as path_of

from .conftest import BAD, GOOD, Home, Shop, ask

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]


async def _images(shop: Shop) -> set[str]:
    return {image["Id"] for image in await ask(shop.engine.call, "GET", "/images/json?all=1")}


async def test_an_image_that_was_not_kept_comes_from_the_registry(shop: Shop, home: Home) -> None:
    """By its digest, for the tag means another image by then."""
    old = await ask(shop.publish, GOOD)
    await ask(shop.run, "app")
    new = await ask(shop.publish, f"{GOOD}\nENV NEW=1")
    assert (await home.update("app", settle=0, keep_images=0))["outcome"] == "updated"
    assert old not in await _images(shop)
    back = await home.act("rollback_container", "app", timeout=5, settle=0, keep_images=1)
    assert (back["outcome"], back["action"], back["new_image_id"]) == ("updated", "rollback", old)
    shown = await ask(shop.engine.inspect, "app")
    assert (shown["Image"], shown["Config"]["Image"]) == (old, shop.reference)
    assert new in await _images(shop)
    # Forwards again, and the tag means the new image once more.
    assert (await home.update("app", settle=0))["new_image_id"] == new


async def test_a_rollback_that_fails_is_taken_back(shop: Shop, home: Home) -> None:
    """The version before may have become impossible: here the folder that it wants is gone."""
    needs = f"{GOOD.replace('trap', 'test -e /data/for-old || exit 5; trap')}"
    await ask(shop.publish, needs)
    made = {"HostConfig": {"NetworkMode": "none", "Binds": ["data:/data"]}}
    await ask(_run_with_mark, shop, made)
    await ask(shop.publish, GOOD)
    assert (await home.update("app"))["outcome"] == "updated"
    new = await ask(shop.engine.inspect, "app")
    await ask(_remove_mark, shop)
    back = await home.act("rollback_container", "app", timeout=5, settle=0.5)
    assert (back["outcome"], back["action"]) == ("rolled_back", "rollback")
    shown = await ask(shop.engine.inspect, "app")
    assert (shown["Id"], shown["State"]["Running"]) == (new["Id"], True)
    tagged = await ask(shop.engine.call, "GET", f"/images/{shop.reference}/json")
    assert tagged["Id"] == new["Image"]


def _run_with_mark(shop: Shop, made: dict[str, Any]) -> None:
    shop.engine.run("maker", "touch /data/for-old", more=made)
    shop.engine.wait_for("maker", lambda state: state["Status"] == "exited")
    shop.run("app", **made)


def _remove_mark(shop: Shop) -> None:
    made = {"HostConfig": {"NetworkMode": "none", "Binds": ["data:/data"]}}
    shop.engine.run("breaker", "rm /data/for-old", more=made)
    shop.engine.wait_for("breaker", lambda state: state["Status"] == "exited")


async def test_the_update_entity_raises_what_was_rolled_back(shop: Shop, home: Home) -> None:
    """Who presses Install sees no answer, only an error."""
    await ask(shop.publish, GOOD)
    old = await ask(shop.run, "app")
    await ask(shop.publish, BAD)
    await home.entry.runtime_data.coordinators["containers"].async_refresh()
    call = call_on(home.entry, path_of("app"), None, {"settle": 0.5})
    with pytest.raises(Rejected, match="it ended"):
        await container_update.install(call)
    assert (await ask(shop.engine.inspect, "app"))["Id"] == old


async def test_one_at_a_time(shop: Shop, home: Home) -> None:
    """A second update of the same container is turned away."""
    await ask(shop.publish, GOOD)
    await ask(shop.run, "app")
    await ask(shop.publish, f"{GOOD}\nENV NEW=1")
    await home.entry.runtime_data.coordinators["containers"].async_refresh()
    first = asyncio.create_task(home.call("update_container", "app", timeout=5, settle=1))
    await asyncio.sleep(0.3)
    with pytest.raises(HomeAssistantError) as busy:
        await home.call("update_container", "app")
    assert busy.value.translation_key == "busy"
    assert (await first)["outcome"] == "updated"

"""Containers that live in another's network: made anew with it, or put back with it."""

import asyncio
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.lab.real.helpers import STAY

from .conftest import BAD, GOOD, Home, Shop, ask

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

# A guest of this one finds the door open, and does not bear it.
DRAUGHTY = f'CMD ["sh", "-c", "httpd -p 99 -h /; {STAY}"]'
FRAIL = f"if wget -q -O /dev/null http://127.0.0.1:99/bin/sh; then exit 5; fi; {STAY}"
DATA = ("/anonymous", "/named")


def _house(shop: Shop, by: str = "id") -> dict[str, str]:
    """Run a VPN's container with two guests and one that is stopped; return name → id."""
    shop.engine.network("front")
    ids = {"vpn": shop.run("vpn", HostConfig={"NetworkMode": "front"}, StopTimeout=3)}
    mode = f"container:{ids['vpn'] if by == 'id' else 'vpn'}"
    for name in ("one", "two", "resting"):
        host = {
            "NetworkMode": mode,
            "Binds": [f"{name}:/named"],
            "RestartPolicy": {"Name": "unless-stopped"},
            "Memory": 32 << 20,
        }
        more = {"HostConfig": host, "Volumes": {"/anonymous": {}}, "StopTimeout": 3}
        ids[name] = shop.engine.run(name, FRAIL, more={**more, "Env": [f"WHO={name}"]})
        shop.write(name, *DATA)
    shop.engine.act("stop", "resting")
    return ids


def _lasting(document: dict[str, Any]) -> dict[str, Any]:
    """Return what of a guest stays when it is made anew."""
    host = {
        key: value
        for key, value in document["HostConfig"].items()
        if key not in ("NetworkMode", "Binds")
    }
    mounts = sorted((mount["Destination"], mount["Name"]) for mount in document["Mounts"])
    keys = ("Name", "Image", "Path", "Args")
    return {key: document[key] for key in keys} | {"HostConfig": host, "Mounts": mounts}


async def _documents(shop: Shop, names: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {name: await ask(shop.engine.inspect, name) for name in names}


async def _names(shop: Shop) -> set[str]:
    return {row["Names"][0] for row in await ask(shop.engine.containers)}


def _address(shop: Shop, name: str) -> str:
    """Return how a running container sees its network."""
    made = shop.engine.call("POST", f"/containers/{name}/exec", {"Cmd": ["ip", "addr"]} | _OUTPUT)
    reply = shop.engine.request("POST", f"/exec/{made['Id']}/start", {"Tty": True})
    return str(reply.body.decode())


_OUTPUT = {"AttachStdout": True, "Tty": True}


@pytest.mark.parametrize("by", ["id", "name"])
async def test_guests_follow(shop: Shop, home: Home, by: str) -> None:
    """Made anew in the new network; the stopped one is not started."""
    await ask(shop.publish, GOOD)
    ids = await ask(_house, shop, by)
    before = await _documents(shop, ids)
    await ask(shop.publish, f"{GOOD}\nENV NEW=1")
    result = await home.update("vpn")
    after = await _documents(shop, ids)
    assert (result["outcome"], result["error"]) == ("updated", None)
    assert result["recreated_with_it"] == ["one", "resting", "two"]
    assert [step["step"] for step in result["steps"]][-5:] == [
        *("start", "prove", "guests", "prove_guests", "remove_old")
    ]
    mode = f"container:{after['vpn']['Id']}"
    for name in ("one", "two", "resting"):
        assert after[name]["Id"] != ids[name]
        assert after[name]["HostConfig"]["NetworkMode"] == mode
        assert _lasting(after[name]) == _lasting(before[name])
        assert after[name]["State"]["Running"] is (name != "resting")
    assert await ask(_address, shop, "one") == await ask(_address, shop, "vpn")
    await ask(shop.engine.act, "start", "resting")
    for name in ("one", "two", "resting"):
        assert await ask(shop.holds, name, *DATA)
    assert await _names(shop) == {f"/{name}" for name in ids}
    assert home.open_records == []


@pytest.mark.parametrize(
    ("newer", "words"), [(BAD, "exit code 3"), (DRAUGHTY, "one, which lives in its network")]
)
async def test_guests_come_back(shop: Shop, home: Home, newer: str, words: str) -> None:
    """All of them with their ids, whether the host is sick or a guest becomes so."""
    await ask(shop.publish, GOOD)
    ids = await ask(_house, shop)
    before = await _documents(shop, ids)
    await ask(shop.publish, newer)
    result = await home.update("vpn", settle=1)
    after = await _documents(shop, ids)
    assert result["outcome"] == "rolled_back", result
    assert words in result["error"]
    assert "old container" not in result["error"]
    for name, identity in ids.items():
        assert after[name]["Id"] == identity
        assert after[name]["HostConfig"] == before[name]["HostConfig"]
        assert after[name]["State"]["Running"] is (name != "resting")
    assert await ask(_address, shop, "two") == await ask(_address, shop, "vpn")
    await ask(shop.engine.act, "start", "resting")
    for name in ("one", "two", "resting"):
        assert await ask(shop.holds, name, *DATA)
    assert await _names(shop) == {f"/{name}" for name in ids}
    assert len((await ask(shop.engine.call, "GET", "/volumes"))["Volumes"]) == 6


async def test_a_guest_alone(shop: Shop, home: Home) -> None:
    """Updated in the network that it lives in; not while the one that it belongs to is away."""
    await ask(shop.publish, GOOD)
    await ask(shop.engine.network, "front")
    host = await ask(shop.engine.run, "vpn", network="front")
    await ask(shop.run, "app", HostConfig={"NetworkMode": f"container:{host}"}, StopTimeout=3)
    await ask(shop.publish, f"{GOOD}\nENV NEW=1\nEXPOSE 80/tcp")
    result = await home.update("app")
    assert (result["outcome"], result["error"]) == ("updated", None)
    assert await ask(_address, shop, "app") == await ask(_address, shop, "vpn")
    await ask(shop.publish, BAD)
    sick = await home.update("app")
    assert (sick["outcome"], sick["rolled_back"]) == ("rolled_back", True)
    await ask(shop.engine.act, "stop", "vpn")
    with pytest.raises(HomeAssistantError) as refused:
        await home.update("app")
    assert refused.value.translation_key == "refused_shares_network"
    assert refused.value.translation_placeholders == {"name": "vpn"}


async def test_the_tag_of_a_guest_may_have_moved(shop: Shop, home: Home) -> None:
    """It is made anew from the image that it has, and the tag means afterwards what it meant."""
    await ask(shop.publish, GOOD)
    host = await ask(shop.run, "vpn", StopTimeout=3)
    old = await ask(shop.engine.import_image, "lab/guest:1", changes=GOOD)
    more = {"Cmd": None, "HostConfig": {"NetworkMode": f"container:{host}"}, "StopTimeout": 3}
    await ask(shop.engine.run, "guest", image="lab/guest:1", more=more)
    newer = await ask(shop.engine.import_image, "lab/guest:1", changes=f"{GOOD}\nENV NEW=1")
    await ask(shop.publish, f"{GOOD}\nENV NEWER=1")
    result = await home.update("vpn")
    assert (result["outcome"], result["recreated_with_it"]) == ("updated", ["guest"])
    guest = await ask(shop.engine.inspect, "guest")
    assert (guest["Image"], guest["Config"]["Image"]) == (old, "lab/guest:1")
    tagged = await ask(shop.engine.call, "GET", "/images/lab/guest:1/json")
    assert tagged["Id"] == newer


async def test_nothing_else_is_done_to_a_guest_meanwhile(shop: Shop, home: Home) -> None:
    await ask(shop.publish, GOOD)
    host = await ask(shop.run, "vpn", StopTimeout=3)
    more = {"HostConfig": {"NetworkMode": f"container:{host}"}, "StopTimeout": 3}
    await ask(shop.run, "guest", **more)
    await ask(shop.publish, f"{GOOD}\nENV NEW=1")
    await home.entry.runtime_data.coordinators["containers"].async_refresh()
    first = asyncio.create_task(home.call("update_container", "vpn", timeout=5, settle=0.5))
    await asyncio.sleep(0.5)
    with pytest.raises(HomeAssistantError) as busy:
        await home.call("update_container", "guest")
    assert busy.value.translation_key == "busy"
    assert (await first)["recreated_with_it"] == ["guest"]
    second = await home.update("guest")
    assert (second["outcome"], second["error"]) == ("updated", None)


async def test_the_oldest_engine_does_it_too(old_shop: Shop, old_home: Home) -> None:
    """Guests follow and come back, and a limit of block I/O is set for one that has a guest."""
    await ask(old_shop.publish, GOOD)
    ids = await ask(_house, old_shop)
    await ask(old_shop.publish, BAD)
    sick = await old_home.update("vpn")
    assert (sick["outcome"], sick["rolled_back"]) == ("rolled_back", True)
    assert {name: (await ask(old_shop.engine.inspect, name))["Id"] for name in ids} == ids
    await ask(old_shop.publish, f"{GOOD}\nENV NEW=1")
    result = await old_home.update("vpn")
    assert (result["outcome"], result["error"]) == ("updated", None)
    given = {"io_read": {"/dev/loop0": "1m"}, "recreate": True, "timeout": 5, "settle": 0.4}
    answer = await old_home.act("apply_quota", "vpn", **given)
    assert (answer["not_applied"], answer["after"]["io_read"]) == ([], {"/dev/loop0": 1 << 20})
    vpn = await ask(old_shop.engine.inspect, "vpn")
    for name in ("one", "two", "resting"):
        guest = await ask(old_shop.engine.inspect, name)
        assert guest["HostConfig"]["NetworkMode"] == f"container:{vpn['Id']}"
        assert guest["State"]["Running"] is (name != "resting")
    assert await ask(_address, old_shop, "one") == await ask(_address, old_shop, "vpn")
    assert await ask(old_shop.holds, "one", *DATA)

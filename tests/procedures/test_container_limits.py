"""Limits of block I/O: the container is made anew for them, and the old one is kept until then."""

from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from .conftest import GOOD, SECOND, Home, Shop, ask

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

MIB = 1 << 20
DEVICE, OTHER = "/dev/loop0", "/dev/loop1"


async def _apply(home: Home, name: str, **data: Any) -> dict[str, Any]:
    return await home.act("apply_quota", name, **{"timeout": 5, "settle": 0.4, **data})


def _rates(document: dict[str, Any]) -> dict[str, Any]:
    host = document["HostConfig"]
    keys = {"read": "BlkioDeviceReadBps", "write": "BlkioDeviceWriteBps"}
    return {word: {row["Path"]: row["Rate"] for row in host[key]} for word, key in keys.items()}


async def test_made_anew_for_a_limit(shop: Shop, home: Home) -> None:
    """Everything else stays, the limits that are live are set too, and all of it is read back."""
    image = await ask(shop.publish, f"{GOOD}\nVOLUME /data")
    more = {"HostConfig": {"BlkioDeviceReadBps": [{"Path": OTHER, "Rate": MIB}]}, "StopTimeout": 3}
    old = await ask(shop.run, "app", **more)
    await ask(shop.write, "app", "/data")
    given = {"cpus": 0.5, "io_read": {DEVICE: "2m"}, "io_write": {DEVICE: "1m"}}
    asked = await _apply(home, "app", **given)
    assert [one["device"] for one in asked["not_applied"]] == [DEVICE, DEVICE]
    assert (asked["recreated"], asked["after"]["cpus"]) == (None, 0.5)
    assert (await ask(shop.engine.inspect, "app"))["Id"] == old

    dry = await _apply(home, "app", **given, recreate=True, dry_run=True)
    assert dry["changes"] == {"io_read": {DEVICE: 2 * MIB}, "io_write": {DEVICE: MIB}}
    assert (await ask(shop.engine.inspect, "app"))["Id"] == old

    answer = await _apply(home, "app", **given, pids=50, recreate=True)
    after = await ask(shop.engine.inspect, "app")
    assert (answer["not_applied"], answer["recreated"]["outcome"]) == ([], "recreated")
    assert answer["after"]["io_read"] == {OTHER: MIB, DEVICE: 2 * MIB}
    assert _rates(after) == {"read": {OTHER: MIB, DEVICE: 2 * MIB}, "write": {DEVICE: MIB}}
    assert (after["HostConfig"]["PidsLimit"], after["HostConfig"]["NanoCpus"]) == (50, SECOND // 2)
    assert (after["Id"] != old, after["Image"], after["State"]["Running"]) == (True, image, True)
    assert await ask(shop.holds, "app", "/data")
    again = await _apply(home, "app", **given, recreate=True)
    assert (again["changes"], again["recreated"]) == ({}, None)

    gone = await _apply(home, "app", io_read={DEVICE: -1, OTHER: "-1"}, recreate=True)
    assert (gone["after"]["io_read"], gone["not_applied"]) == ({}, [])
    assert _rates(await ask(shop.engine.inspect, "app")) == {"read": {}, "write": {DEVICE: MIB}}
    assert [row["Names"] for row in await ask(shop.engine.containers)] == [["/app"]]
    history = (await home.act("get_update_history", "app"))["updates"]
    assert [run["action"] for run in history] == ["recreate", "recreate"]
    with pytest.raises(HomeAssistantError) as refused:
        await home.act("rollback_container", "app")
    assert refused.value.translation_key == "refused_no_earlier_version"


async def test_a_device_that_is_none(shop: Shop, home: Home) -> None:
    """The engine finds out when it starts the new container: the old one returns."""
    await ask(shop.publish, GOOD)
    old = await ask(shop.run, "app", StopTimeout=3)
    before = await ask(shop.engine.inspect, "app")
    answer = await _apply(home, "app", io_write={"/dev/none": "1m"}, recreate=True)
    after = await ask(shop.engine.inspect, "app")
    assert answer["recreated"]["rolled_back"] is True
    (left,) = answer["not_applied"]
    assert "The new container failed" in left["reason"]
    assert "/dev/none" in left["reason"]
    assert (after["Id"], after["HostConfig"]) == (old, before["HostConfig"])
    assert after["State"]["Running"]
    assert home.open_records == []


async def test_refused_before_the_first_limit(shop: Shop, home: Home) -> None:
    """A limit that is live is not set either where the container cannot be made anew."""
    await ask(shop.publish, GOOD)
    await ask(shop.run, "app", StopTimeout=3)
    await ask(shop.engine.create, "app-hsm-old")
    for dry_run in (True, False):
        with pytest.raises(HomeAssistantError) as refused:
            await _apply(
                home, "app", cpus=0.5, io_read={DEVICE: "1m"}, recreate=True, dry_run=dry_run
            )
        assert refused.value.translation_key == "refused_name_taken"
    assert (await ask(shop.engine.inspect, "app"))["HostConfig"]["NanoCpus"] == 0


async def test_one_that_was_sick_need_not_become_well(shop: Shop, home: Home) -> None:
    """And its image may be of this engine alone, without its tag, and with guests."""
    check = {"Test": ["CMD-SHELL", "false"], "Interval": SECOND // 5, "Retries": 1}
    image = await ask(shop.engine.import_image, "lab/sick:1", changes=GOOD)
    more = {"Cmd": None, "Healthcheck": check, "StopTimeout": 3}
    old = await ask(shop.engine.run, "app", image="lab/sick:1", more=more)
    guest = {"HostConfig": {"NetworkMode": f"container:{old}"}, "StopTimeout": 3}
    await ask(shop.engine.run, "guest", more=guest)
    unhealthy = (lambda state: state["Health"]["Status"] == "unhealthy",)
    await ask(shop.engine.wait_for, "app", *unhealthy)
    newer = await ask(shop.engine.import_image, "lab/sick:1", changes=f"{GOOD}\nENV NEW=1")
    answer = await _apply(home, "app", io_read={DEVICE: "1m"}, recreate=True)
    assert answer["recreated"]["outcome"] == "recreated"
    assert answer["recreated"]["recreated_with_it"] == ["guest"]
    after = await ask(shop.engine.inspect, "app")
    assert (after["Image"], after["Config"]["Image"]) == (image, "lab/sick:1")
    tagged = await ask(shop.engine.call, "GET", "/images/lab/sick:1/json")
    assert tagged["Id"] == newer
    mode = (await ask(shop.engine.inspect, "guest"))["HostConfig"]["NetworkMode"]
    assert mode == f"container:{after['Id']}"

"""Updating containers of a real engine from a real registry."""

import secrets
import subprocess
from typing import Any

from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import device, entity_id
from tests.lab.portainer import Portainer
from tests.lab.real import RealEngine, RealRegistry
from tests.lab.real.process import LOOPBACK

from .conftest import BAD, GOOD, SECOND, Home, Shop, ask

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

IMAGE = "VOLUME /anonymous\nENV FROM_IMAGE=1 OF_USER=image\nEXPOSE 80/tcp"
DATA = ("/anonymous", "/asked", "/named", "/mounted")


def _rich(network: str) -> dict[str, Any]:
    """A container with something of everything."""
    return {
        "Env": ["OF_USER=user", "EMPTY="],
        "Labels": {
            "com.docker.compose.project": "media",
            "com.docker.compose.service": "app",
            "io.portainer.accesscontrol.public": "",
        },
        "Volumes": {"/asked": {}},
        "User": "0:0",
        "StopTimeout": 3,
        "MacAddress": "02:11:22:33:44:55",
        "Healthcheck": {
            "Test": ["CMD-SHELL", "test ! -e /sick"],
            "Interval": SECOND // 5,
            "Timeout": SECOND,
            "Retries": 2,
        },
        "HostConfig": {
            "NetworkMode": network,
            "Binds": ["named:/named:rw"],
            "Mounts": [{"Type": "volume", "Target": "/mounted"}],
            "RestartPolicy": {"Name": "unless-stopped"},
            "CapAdd": ["NET_ADMIN"],
            "CapDrop": ["MKNOD"],
            "Memory": 64 << 20,
            "NanoCpus": 500_000_000,
            "PidsLimit": 100,
            "Ulimits": [{"Name": "nofile", "Soft": 512, "Hard": 1024}],
            "Sysctls": {"net.core.somaxconn": "256"},
            "Tmpfs": {"/scratch": "size=65536k"},
            "ExtraHosts": ["nas:10.0.0.9"],
            "Dns": ["10.0.0.53"],
            "ShmSize": 32 << 20,
            "Devices": [
                {
                    "PathOnHost": "/dev/null",
                    "PathInContainer": "/dev/nothing",
                    "CgroupPermissions": "rwm",
                }
            ],
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
            "Init": True,
            "SecurityOpt": ["no-new-privileges"],
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]},
        },
        "NetworkingConfig": {
            "EndpointsConfig": {
                network: {
                    "Aliases": ["front", "app"],
                    "IPAMConfig": {"IPv4Address": "10.251.1.9"},
                    "MacAddress": "02:11:22:33:44:55",
                }
            }
        },
    }


def _run_rich(shop: Shop) -> str:
    engine = shop.engine
    for number, name in ((1, "front"), (2, "back")):
        pool = {"Config": [{"Subnet": f"10.251.{number}.0/24"}]}
        engine.call("POST", "/networks/create", {"Name": name, "IPAM": pool})
    container = engine.create("app", image=shop.reference, more={"Cmd": None, **_rich("front")})
    end = {"Aliases": ["behind"], "IPAMConfig": {"IPv4Address": "10.251.2.9"}}
    engine.call("POST", "/networks/back/connect", {"Container": container, "EndpointConfig": end})
    engine.call("POST", f"/containers/{container}/start")
    engine.wait_for("app", lambda state: state["Health"]["Status"] == "healthy")
    shop.write("app", *DATA)
    return container


def _lasting(document: dict[str, Any], *, same: bool) -> dict[str, Any]:
    """Return what must be alike: for the same container all but what each start makes anew."""
    kept = {key: document[key] for key in ("Name", "Driver", "Platform", "HostConfig", "Config")}
    kept["Mounts"] = sorted(
        (mount["Destination"], mount["Type"], mount["Source"], mount["RW"])
        for mount in document["Mounts"]
    )
    kept["Networks"] = {
        name: {key: value for key, value in end.items() if key not in ("EndpointID", "DNSNames")}
        for name, end in document["NetworkSettings"]["Networks"].items()
    }
    for end in kept["Networks"].values():
        end["Aliases"] = [one for one in end["Aliases"] if one != document["Id"][:12]]
    kept["Networks"]["back"].pop("MacAddress")  # nobody chose it, so each start chooses another
    if same:
        return {**kept, "Id": document["Id"], "Image": document["Image"]}
    # Volumes without a name were moved by their name.
    host = {
        key: value for key, value in kept["HostConfig"].items() if key not in ("Binds", "Mounts")
    }
    config = dict(kept["Config"])
    config["Env"] = sorted(config["Env"])
    for key in ("Hostname", "Labels"):
        config.pop(key)
    return {**kept, "HostConfig": host, "Config": config}


async def test_a_good_image_replaces_the_old_one(shop: Shop, home: Home) -> None:
    """Everything that the user set stays, defaults of the image come from the new one."""
    old_image = await ask(shop.publish, f"{GOOD}\n{IMAGE}")
    await ask(_run_rich, shop)
    before = await ask(shop.engine.inspect, "app")
    new_image = await ask(
        shop.publish, f"{GOOD}\n{IMAGE.replace('FROM_IMAGE=1', 'FROM_IMAGE=2')}\nLABEL color=red"
    )
    result = await home.update("media/app")
    after = await ask(shop.engine.inspect, "app")
    assert (result["outcome"], result["error"]) == ("updated", None)
    assert (result["old_version"], result["new_version"]) == ("1.0", "2.0")
    assert (result["old_image_id"], result["new_image_id"]) == (old_image, new_image)
    assert str(result["old_digest"]).startswith(f"{shop.registry.host}/{shop.repository}@sha256:")
    assert result["old_digest"] != result["new_digest"]
    assert [step["step"] for step in result["steps"]] == [
        *("snapshot", "pull", "compare", "set_aside", "create", "start", "prove", "remove_old"),
    ]
    assert all(step["seconds"] >= 0 for step in result["steps"])
    assert after["Image"] == new_image
    assert after["Id"] != before["Id"]
    expected = _lasting(before, same=False)
    environment = expected["Config"]["Env"]
    environment[environment.index("FROM_IMAGE=1")] = "FROM_IMAGE=2"
    assert _lasting(after, same=False) == expected
    assert after["Config"]["Hostname"] == after["Id"][:12]
    assert after["Config"]["Labels"] == {
        **before["Config"]["Labels"],
        "org.opencontainers.image.version": "2.0",
        "color": "red",
    }
    assert await ask(shop.holds, "app", *DATA)
    assert [row["Names"] for row in await ask(shop.engine.containers)] == [["/app"]]
    assert home.open_records == []

    again = await home.update("media/app")
    assert again["outcome"] == "up_to_date"
    assert (await ask(shop.engine.inspect, "app"))["Id"] == after["Id"]

    back = await home.act("rollback_container", "media/app", timeout=5, settle=0.5)
    assert (back["outcome"], back["new_image_id"]) == ("updated", old_image)
    returned = await ask(shop.engine.inspect, "app")
    assert returned["Image"] == old_image
    assert returned["Config"]["Image"] == shop.reference
    assert _lasting(returned, same=False) == _lasting(before, same=False)
    assert await ask(shop.holds, "app", *DATA)
    history = (await home.act("get_update_history", "media/app"))["updates"]
    assert [(run["action"], run["outcome"]) for run in history] == [
        ("rollback", "updated"),
        ("update", "up_to_date"),
        ("update", "updated"),
    ]
    with pytest.raises(HomeAssistantError) as refused:
        await home.act("rollback_container", "media/app")
    assert refused.value.translation_key == "refused_no_earlier_version"


SICK = {
    "exits at once": (BAD, "it ended"),
    "never healthy": (f"{GOOD}\nRUNNING", "health check"),
    "dies while settling": ('CMD ["sh", "-c", "sleep 0.9; exit 4"]', "it ended"),
}


@pytest.mark.parametrize(("changes", "words"), SICK.values(), ids=SICK)
async def test_a_sick_image_is_rolled_back(
    shop: Shop, home: Home, changes: str, words: str
) -> None:
    """The old container returns: the same id, its data, its networks, field by field."""
    await ask(shop.publish, f"{GOOD}\n{IMAGE}")
    await ask(_run_rich, shop)
    before = await ask(shop.engine.inspect, "app")
    sick = changes.replace("RUNNING", "ENV SICK=1")
    # The check that the user set fails where this file is.
    if "SICK" in sick:
        sick = GOOD.replace("trap", "touch /sick; trap")
    new = await ask(shop.publish, f"{sick}\n{IMAGE}")
    volumes = await ask(shop.engine.call, "GET", "/volumes")
    result = await home.update("media/app", timeout=2, settle=1.5)
    after = await ask(shop.engine.inspect, "app")
    assert result["outcome"] == "rolled_back", result
    assert result["rolled_back"] is True
    assert words in result["error"]
    assert result["new_image_id"] == new
    assert _lasting(after, same=True) == _lasting(before, same=True)
    assert after["State"]["Running"]
    assert after["State"]["Health"]["Status"] == "healthy"
    assert await ask(shop.holds, "app", *DATA)
    assert [row["Names"] for row in await ask(shop.engine.containers)] == [["/app"]]
    assert len((await ask(shop.engine.call, "GET", "/volumes"))["Volumes"]) == len(
        volumes["Volumes"]
    )
    tagged = await ask(shop.engine.call, "GET", f"/images/{shop.reference}/json")
    assert tagged["Id"] == before["Image"]
    assert home.open_records == []


async def test_the_oldest_engine_does_it_too(old_shop: Shop, old_home: Home) -> None:
    """API 1.41 takes one network at creation, and other places for some fields."""
    await ask(old_shop.publish, f"{GOOD}\n{IMAGE}")
    await ask(_run_rich, old_shop)
    before = await ask(old_shop.engine.inspect, "app")
    await ask(old_shop.publish, f"{BAD}\n{IMAGE}")
    sick = await old_home.update("media/app")
    assert sick["outcome"] == "rolled_back"
    returned = await ask(old_shop.engine.inspect, "app")
    assert _lasting(returned, same=True) == _lasting(before, same=True)
    await ask(old_shop.publish, f"{GOOD}\n{IMAGE}\nLABEL color=red")
    result = await old_home.update("media/app")
    after = await ask(old_shop.engine.inspect, "app")
    assert (result["outcome"], result["error"]) == ("updated", None)
    assert after["Id"] != before["Id"]
    assert _lasting(after, same=False) == _lasting(before, same=False)
    assert await ask(old_shop.holds, "app", *DATA)


async def _fails_untouched(shop: Shop, home: Home) -> HomeAssistantError:
    """Update, and see that nothing was touched; return what was raised."""
    before = await ask(shop.engine.inspect, "app")
    with pytest.raises(HomeAssistantError) as raised:
        await home.update("app")
    after = await ask(shop.engine.inspect, "app")
    assert (after["Id"], after["State"]) == (before["Id"], before["State"])
    assert after["HostConfig"] == before["HostConfig"]
    assert home.open_records == []
    return raised.value


async def test_a_pull_that_breaks_touches_nothing(shop: Shop, home: Home) -> None:
    """Half a layer comes: the error stands in the stream of an answer with status 200."""
    await ask(shop.publish, GOOD)
    await ask(shop.run, "app")
    await ask(shop.publish, GOOD, payload=secrets.token_bytes(300_000))
    blobs = (shop.registry.folder / "data").glob("docker/registry/v2/blobs/sha256/*/*/data")
    layer = next(blob for blob in blobs if 300_000 < blob.stat().st_size < 400_000)
    content = layer.read_bytes()
    layer.write_bytes(content[: len(content) // 2])
    error = await _fails_untouched(shop, home)
    assert error.translation_key == "rejected"
    (run,) = (await home.act("get_update_history", "app"))["updates"]
    assert (run["outcome"], run["rolled_back"]) == ("failed", False)
    layer.write_bytes(content)
    assert (await home.update("app"))["outcome"] == "updated"


async def test_a_registry_that_is_down_touches_nothing(shop: Shop, home: Home) -> None:
    """The engine cannot even ask."""
    with RealRegistry() as registry:
        other = Shop(shop.engine, registry)
        await ask(other.publish, GOOD)
        await ask(other.run, "app")
    error = await _fails_untouched(shop, home)
    assert LOOPBACK in str(error.translation_placeholders)
    shop.images += other.images


async def test_what_cannot_be_done_safely_is_refused(shop: Shop, home: Home) -> None:
    """Clear words, and nothing is touched."""
    await ask(shop.publish, GOOD)
    await ask(shop.run, "app")
    shared = {"HostConfig": {"NetworkMode": "none", "PidMode": "container:app"}}
    await ask(shop.engine.run, "guest", more=shared)
    assert (await _fails_untouched(shop, home)).translation_placeholders == {"names": "guest"}
    await ask(shop.engine.remove, "guest")
    await ask(shop.engine.create, "app-hsm-old")
    assert (await _fails_untouched(shop, home)).translation_key == "refused_name_taken"
    await ask(shop.engine.remove, "app-hsm-old")
    await ask(shop.engine.run, "local")
    with pytest.raises(HomeAssistantError) as local:
        await home.update("local")
    assert local.value.translation_key == "refused_built_locally"
    await ask(shop.engine.act, "stop", "app")
    with pytest.raises(HomeAssistantError) as stopped:
        await home.update("app")
    assert stopped.value.translation_key == "refused_not_running"


async def test_earlier_images_are_kept_and_dropped(shop: Shop, home: Home) -> None:
    """So many as asked for stay; what somebody tagged stays too."""
    images = [await ask(shop.publish, GOOD)]
    await ask(shop.run, "app")
    for number in (2, 3, 4):
        images.append(await ask(shop.publish, f"{GOOD}\nLABEL number={number}"))
        result = await home.update("app", settle=0, keep_images=1)
        assert result["outcome"] == "updated", result
        if number == 2:
            await ask(shop.engine.call, "POST", f"/images/{images[1]}/tag?repo=lab/mine&tag=1")
    present = {image["Id"] for image in await ask(shop.engine.call, "GET", "/images/json?all=1")}
    # The first was dropped, the second is tagged, the third is kept, the fourth runs.
    assert present.intersection(images) == set(images[1:])


async def test_through_portainer(hass: HomeAssistant, shop: Shop, set_up: SetUp) -> None:
    """The same, with progress on the way and an event at the end."""
    await ask(shop.publish, GOOD)
    await ask(shop.run, "app")
    await ask(shop.publish, GOOD, payload=secrets.token_bytes(3_000_000))
    async with Portainer() as front:
        number = front.add_environment("local", shop.engine.url).id
        entry = await set_up(
            "portainer", url=front.url, token=front.api_key, options={"include": []}
        )
        path = (f"environment:{number}", "container:app")
        told: list[tuple[bool, float | None]] = []
        fired: list[str] = []
        entry.runtime_data.workshop.async_on_progress(path, lambda *news: told.append(news))
        event = entity_id(hass, entry, path, "container_event")
        async_track_state_change_event(
            hass, [event or ""], lambda change: fired.append(_event_type(change))
        )
        target = device(hass, entry, path)
        assert target is not None
        await hass.services.async_call(
            DOMAIN,
            "update_container",
            {"device_id": target.id, "timeout": 5, "settle": 0.3},
            blocking=True,
        )
        await hass.async_block_till_done()
        await hass.config_entries.async_unload(entry.entry_id)
    assert (await ask(shop.engine.inspect, "app"))["Image"] == shop.images[1]
    percents = [percent for _, percent in told if percent is not None]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert told[-1] == (False, None)
    assert "update_succeeded" in fired


def _event_type(change: Event[EventStateChangedData]) -> str:
    state = change.data["new_state"]
    return str(state.attributes.get("event_type")) if state else ""


class SmallEngine(RealEngine):
    """An engine whose disk is soon full."""

    def start_daemon(self) -> None:
        data = self.folder / "data"
        if not data.exists():
            data.mkdir()
            command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(data)]
            subprocess.run(command, check=True)
        super().start_daemon()


async def test_a_full_disk_touches_nothing(shop: Shop, hass: HomeAssistant, set_up: SetUp) -> None:
    """The pull ends in the middle, for want of room."""
    with SmallEngine() as engine:
        small = Shop(engine, shop.registry)
        await ask(small.publish, GOOD)
        await ask(small.run, "app")
        shop.repository = small.repository
        await ask(shop.publish, GOOD, payload=secrets.token_bytes(30_000_000))
        home = Home(hass, await set_up("docker", url=engine.tcp_url, options={"include": []}))
        error = await _fails_untouched(small, home)
        assert "no space left" in str(error.translation_placeholders)
        await hass.config_entries.async_unload(home.entry.entry_id)

"""Pools through the whole integration: how they are, in every version, and what goes wrong."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.home_server_monitor.systems.paths import Path
from tests.harness import Clock, until
from tests.lab.truenas import V24_04, V25_10, V26, TrueNas
from tests.lab.truenas.world.pools import raidz

from ..conftest import OpenStorage, every_version
from ..storage import APPS_PATH, BOOT_PATH, MEDIA_PATH, TANK_PATH


def vdev(nas: TrueNas, disk: str) -> Path:
    """Return the path of a disk of tank."""
    leaf = next(leaf for leaf in nas.pools["tank"].disks() if leaf.disk == disk)
    return (*TANK_PATH, f"vdev:{leaf.guid}")


@every_version
async def test_how_a_pool_is(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    nas.pools.hurt("tank", "sdb", "ONLINE", checksum=7)
    storage = await open_storage()
    shown = {
        key: storage.value(TANK_PATH, f"pool_{key}")
        for key in ("state", "problem", "scan", "scrub_overdue", "fragmentation", "scan_errors")
    }
    assert shown == {
        "state": "online",
        "problem": "off",
        "scan": "finished",
        "scrub_overdue": "off",
        "fragmentation": "3",
        "scan_errors": "0",
    }
    assert storage.value(TANK_PATH, "pool_checksum_errors") == "7"
    assert storage.value(TANK_PATH, "pool_read_errors") == "0"
    assert storage.value(vdev(nas, "sdb"), "vdev_checksum_errors") == "7"
    assert storage.value(vdev(nas, "sda"), "vdev_state") == "online"
    assert storage.value(vdev(nas, "sda"), "vdev_disk") == "sda"
    assert storage.value(TANK_PATH, "pool_scan_progress") == "unknown"
    assert storage.value(TANK_PATH, "pool_last_scrub").startswith("20")
    assert storage.value(TANK_PATH, "pool_next_scrub").startswith("20")


@every_version
async def test_a_pool_that_was_never_scrubbed(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    assert storage.value(APPS_PATH, "pool_scan") == "never"
    assert storage.value(APPS_PATH, "pool_last_scrub") == "unknown"
    assert storage.value(APPS_PATH, "pool_scan_function") == "unknown"
    assert storage.value(APPS_PATH, "pool_scrub_overdue") == "missing", "it has no task"


@every_version
async def test_the_boot_pool(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage()
    assert storage.value(BOOT_PATH, "pool_state") == "online"
    device = storage.device(BOOT_PATH)
    assert device is not None
    assert (device.name, device.model) == ("boot-pool", "Boot pool")
    assert storage.value(BOOT_PATH, "pool_scrub_start") == "missing"


async def test_vdevs_are_named_after_their_place(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    registry = er.async_get(storage.hass)
    found = registry.async_get(storage.entity_id(vdev(nas, "sdb"), "vdev_state"))
    assert found is not None
    assert found.original_name == "mirror-0 disk 2 state"
    device = storage.device(TANK_PATH)
    assert device is not None
    assert found.device_id == device.id, "a part of the pool's device"


async def test_six_enabled_entities(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage()
    device = storage.device(TANK_PATH)
    assert device is not None
    entities = er.async_entries_for_device(er.async_get(storage.hass), device.id)
    own = {one.translation_key for one in entities if one.domain != "button"}
    assert {key for key in own if key and key.startswith("pool_")} == {
        *("pool_state", "pool_problem", "pool_scan", "pool_scrub_overdue"),
        *("pool_used_percent", "pool_free"),
    }


# --- Trouble ------------------------------------------------------------------------------------


@every_version
async def test_a_disk_fails(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    await until(lambda: sum(session.listens_to("pool.query") for session in nas.sessions) == 1)
    nas.pools.hurt("tank", "sdb", read=4)
    if nas.version.line >= V26.line:
        # Nobody is told of a state there; the next poll finds it.
        await clock.forward(61)
    else:
        await clock.forward(2)
    await until(lambda: storage.value(TANK_PATH, "pool_state") == "degraded")
    assert storage.value(TANK_PATH, "pool_problem") == "on"
    assert storage.value(vdev(nas, "sdb"), "vdev_state") == "faulted"
    assert "faulted" in storage.value(TANK_PATH, "pool_status")
    (issue,) = storage.issues("pool_unhealthy")
    assert issue.translation_placeholders is not None
    assert "mirror-0 disk 2 (sdb): faulted, 4 errors" in issue.translation_placeholders["parts"]

    nas.pools.hurt("tank", "sdb", "ONLINE")
    nas.pools["tank"].status, nas.pools["tank"].detail = "ONLINE", None
    nas.pools["tank"].vdevs["data"][0].state = "ONLINE"
    await storage.refresh("pools")
    assert storage.value(TANK_PATH, "pool_problem") == "off"
    assert storage.issues("pool_unhealthy") == []


@every_version
async def test_a_pool_goes_offline_and_nothing_of_it_is_forgotten(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    part = storage.entity_id(vdev(nas, "sda"), "vdev_state")
    nas.pools["tank"].status = "OFFLINE"
    await storage.refresh("pools")
    assert storage.value(TANK_PATH, "pool_state") == "offline"
    assert storage.value(TANK_PATH, "pool_problem") == "on"
    assert storage.value(TANK_PATH, "pool_fragmentation") == "unknown"
    await clock.forward(35)
    await storage.refresh("pools")
    assert storage.value(vdev(nas, "sda"), "vdev_state") == "unavailable"
    assert er.async_get(storage.hass).async_get(part) is not None
    nas.pools["tank"].status = "ONLINE"
    await storage.refresh("pools")
    assert storage.value(vdev(nas, "sda"), "vdev_state") == "online"


async def test_a_pool_is_exported(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage()
    nas.pools.remove("media")
    await storage.refresh("pools")
    assert storage.device(MEDIA_PATH) is None
    assert storage.device(TANK_PATH) is not None


async def test_a_new_pool(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage()
    nas.pools.add("big", "77", [raidz("raidz2-0", "sdf", "sdg", "sdh", "sdi")], size=10**13)
    await storage.refresh("pools")
    await storage.hass.async_block_till_done()
    assert storage.value(("pool:77",), "pool_state") == "online"
    await storage.refresh("datasets")
    assert float(storage.value(("pool:77",), "pool_free")) > 0


async def test_a_disk_changes_its_name(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    path = vdev(nas, "sda")
    before = storage.entity_id(path, "vdev_disk")
    nas.pools.rename_disk("sda", "sdx")
    await storage.refresh("pools")
    assert storage.entity_id(path, "vdev_disk") == before
    assert storage.value(path, "vdev_disk") == "sdx"


async def test_a_disk_is_replaced(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    old = vdev(nas, "sdb")
    leaf = next(leaf for leaf in nas.pools["tank"].disks() if leaf.disk == "sdb")
    leaf.guid, leaf.disk = "987654321", "sdz"
    await storage.refresh("pools")
    assert storage.value(vdev(nas, "sdz"), "vdev_state") == "online"
    assert storage.value(old, "vdev_state") == "missing"


async def test_a_malformed_pool_costs_only_itself(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    storage = await open_storage()
    nas.faults.changed(r"^pool\.query$", lambda pools: [{**pools[0], "guid": None}, *pools[1:]])
    await storage.refresh("pools")
    await clock.forward(35)
    await storage.refresh("pools")
    assert storage.value(TANK_PATH, "pool_state") == "unavailable"
    assert storage.device(TANK_PATH) is not None
    assert storage.value(MEDIA_PATH, "pool_state") == "online"
    nas.faults.clear()
    await storage.refresh("pools")
    assert storage.value(TANK_PATH, "pool_state") == "online"


async def test_an_unknown_word_is_a_state(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.pools["tank"].status = "DREAMING"
    storage = await open_storage()
    assert storage.value(TANK_PATH, "pool_state") == "other"
    assert storage.value(TANK_PATH, "pool_problem") == "on"


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_what_is_seldom_asked_for_fails_alone(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    storage = await open_storage()
    nas.faults.error("EFAULT", r"^boot\.get_state$")
    await clock.forward(601)
    await storage.refresh("pools")
    await clock.forward(35)
    await storage.refresh("pools")
    assert storage.value(BOOT_PATH, "pool_state") == "unavailable"
    assert storage.device(BOOT_PATH) is not None, "it is not gone"
    assert storage.value(TANK_PATH, "pool_state") == "online"
    assert storage.value(TANK_PATH, "pool_scrub_overdue") == "off", "tasks are still known"
    nas.faults.clear()
    await storage.refresh("pools")
    assert storage.value(BOOT_PATH, "pool_state") == "online"


async def test_a_missing_right_costs_what_it_is_for(
    open_storage: OpenStorage, nas: TrueNas
) -> None:
    nas.faults.denied(r"^(boot\.get_state|pool\.scrub\.query)$")
    storage = await open_storage()
    assert storage.value(TANK_PATH, "pool_state") == "online"
    assert storage.value(TANK_PATH, "pool_scrub_overdue") == "missing"
    assert storage.device(BOOT_PATH) is None
    (issue,) = storage.issues("missing_right")
    assert issue.translation_placeholders is not None
    assert "boot.get_state" in issue.translation_placeholders["right"]
    await storage.refresh("pools")
    assert nas.calls["boot.get_state"] == 1, "it is not asked for again"


# --- What it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize("nas", [V24_04, V26], indirect=True, ids=str)
async def test_calls_at_rest(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock, hass: HomeAssistant
) -> None:
    await open_storage()
    await hass.async_block_till_done()
    nas.reset_counts()
    for _ in range(22):
        await clock.forward(30)
    assert 8 <= nas.calls["pool.query"] <= 13, "once a minute"
    assert 1 <= nas.calls["boot.get_state"] <= 2, "every ten minutes"
    assert 1 <= nas.calls["pool.scrub.query"] <= 2
    assert 1 <= nas.calls["pool.dataset.query"] <= 3, "every five minutes"

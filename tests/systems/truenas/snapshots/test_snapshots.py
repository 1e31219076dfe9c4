"""Snapshots through the whole integration: how new they are, whether they are overdue, the cost."""

from datetime import datetime
import re
from typing import Any

import pytest

from tests.harness import Clock, until
from tests.lab.truenas import V25_04, V25_10, V26, TrueNas

from ..conftest import OpenStorage, every_version
from ..storage import APPS_PATH, MEDIA_PATH, TANK_PATH, Storage, dataset

PHOTOS = dataset(TANK_PATH, "photos")
SONARR = dataset(APPS_PATH, "sonarr")
QUERY = r"^(zfs|pool)\.snapshot\.query$"
HOURLY = {"minute": "00", "hour": "*"}


async def read(storage: Storage) -> None:
    """Wait for the first reading, which comes after Home Assistant has started."""
    await until(lambda: storage.items("snapshots"))
    await storage.hass.async_block_till_done()


def calls(nas: TrueNas) -> int:
    """Return how often snapshots were asked for, by whatever name this version has for it."""
    names = (name for name in nas.methods if re.match(QUERY, name))
    return sum(nas.calls[name] for name in names)


@every_version
async def test_how_they_are(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    nas.snapshots.take("apps/sonarr", "mine", hours_ago=5.5)
    storage = await open_storage()
    await read(storage)
    newest = nas.snapshots.of("tank/photos")[-1]
    told = datetime.fromisoformat(storage.value(PHOTOS, "snapshot_newest"))
    assert told.timestamp() == pytest.approx(newest.created, abs=1)
    assert storage.value(PHOTOS, "snapshot_count") == str(len(nas.snapshots.of("tank/photos")))
    assert storage.value(PHOTOS, "snapshot_overdue") == "off"
    own = [one for one in nas.snapshots.all.values() if one.dataset.partition("/")[0] == "tank"]
    assert storage.value(TANK_PATH, "snapshot_count") == str(len(own)), "all of the pool's"
    assert storage.value(SONARR, "snapshot_age") == "5"
    assert storage.value(SONARR, "snapshot_overdue") == "missing", "no task"
    assert storage.value(dataset(MEDIA_PATH, "movies"), "snapshot_newest") == "unknown"
    assert storage.value(dataset(MEDIA_PATH, "movies"), "snapshot_count") == "0"
    held = float(storage.value(PHOTOS, "snapshot_space"))
    assert held == pytest.approx(nas.snapshots.spaces()["tank/photos"] / 2**30)


@every_version
async def test_overdue(open_storage: OpenStorage, nas: TrueNas) -> None:
    task = nas.snapshots.add_task(
        "apps/sonarr", schedule=HOURLY, naming_schema="hourly-%Y-%m-%d_%H-%M"
    )
    nas.snapshots.take("apps/sonarr", "hourly-2026-01-01_00-00", hours_ago=4)
    nas.snapshots.take("apps/sonarr", "by-hand", hours_ago=0)
    storage = await open_storage()
    await read(storage)
    assert storage.value(SONARR, "snapshot_overdue") == "on", "that of a person does not count"
    assert storage.value(APPS_PATH, "snapshot_overdue") == "on", "its pool says so too"
    assert storage.value(TANK_PATH, "snapshot_overdue") == "off"

    nas.snapshots.run_task(task)
    await storage.refresh("snapshots")
    assert storage.value(SONARR, "snapshot_overdue") == "off"
    nas.snapshots.rebooted()
    await storage.refresh("snapshots")
    assert storage.value(SONARR, "snapshot_overdue") == "off", "the forgotten state does not count"


async def test_overdue_after_a_restart_of_home_assistant(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    nas.snapshots.add_task("apps/sonarr", schedule=HOURLY, naming_schema="x-%Y-%m-%d_%H-%M")
    storage = await open_storage()
    await read(storage)
    assert storage.value(SONARR, "snapshot_overdue") == "off", "known only just now"
    await clock.forward(3 * 3600)
    await storage.hass.config_entries.async_reload(storage.entry.entry_id)
    await read(storage)
    assert storage.value(SONARR, "snapshot_overdue") == "on"


async def test_disabled_tasks_do_not_count(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.snapshots.add_task("apps/sonarr", schedule=HOURLY, enabled=False)
    storage = await open_storage()
    await read(storage)
    assert storage.value(SONARR, "snapshot_overdue") == "missing"


# --- What it costs ------------------------------------------------------------------------------


@every_version
async def test_thousands_cost_little(open_storage: OpenStorage, nas: TrueNas) -> None:
    for number in range(5000):
        nas.snapshots.take("media/tv", f"old-{number:04}", hours_ago=6000 - number)
    nas.snapshots.opened = 0
    sizes: list[int] = []

    def measure(rows: list[Any]) -> list[Any]:
        sizes.append(len(rows))
        return rows

    nas.faults.changed(QUERY, measure)
    storage = await open_storage()
    await read(storage)
    assert calls(nas) == 2, "the names, and when the newest were taken"
    assert sizes[0] > 5000
    assert sizes[1] <= 20
    opened = nas.snapshots.opened
    await storage.refresh("snapshots")
    assert calls(nas) == 3, "it is known already when they were taken"
    assert nas.snapshots.opened == opened

    nas.snapshots.take("media/tv", "new")
    await storage.refresh("snapshots")
    assert calls(nas) == 5
    assert nas.snapshots.opened == opened + 1, "only the new one was looked into"
    assert storage.value(MEDIA_PATH, "snapshot_newest") != "unknown"


async def test_calls_at_rest(open_storage: OpenStorage, nas: TrueNas, clock: Clock) -> None:
    storage = await open_storage()
    await read(storage)
    nas.reset_counts()
    for _ in range(13):
        await clock.forward(100)
    assert 1 <= calls(nas) <= 3, "every ten minutes"
    assert 1 <= nas.calls["pool.snapshottask.query"] <= 3


@pytest.mark.parametrize("nas", [V25_04, V25_10], indirect=True, ids=str)
async def test_the_method_that_this_version_has(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage()
    await read(storage)
    await storage.refresh("snapshots")
    own, other = "zfs.snapshot.query", "pool.snapshot.query"
    if nas.version == V25_10:
        own, other = other, own
    assert nas.calls[own] == 3
    assert nas.calls[other] <= 1, "asked for once, and remembered"


# --- Trouble ------------------------------------------------------------------------------------


async def test_one_disappears_while_it_is_asked_for(
    open_storage: OpenStorage, nas: TrueNas
) -> None:
    def vanish(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(rows) > 50:
            nas.snapshots.destroy(nas.snapshots.of("tank/photos")[-1].id)
        return rows

    nas.faults.changed(QUERY, vanish, count=1)
    storage = await open_storage()
    await read(storage)
    assert storage.value(PHOTOS, "snapshot_newest") == "unknown"
    assert storage.value(dataset(TANK_PATH, "backups"), "snapshot_newest") != "unknown"
    await storage.refresh("snapshots")
    assert storage.value(PHOTOS, "snapshot_newest") != "unknown"


test_one_disappears_in_26 = pytest.mark.parametrize("nas", [V26], indirect=True, ids=str)(
    test_one_disappears_while_it_is_asked_for
)


async def test_a_malformed_snapshot_costs_only_itself(
    open_storage: OpenStorage, nas: TrueNas
) -> None:
    junk: list[Any] = [{"name": "nonsense"}, None, {"name": "tank@x", "createtxg": []}]
    nas.faults.changed(QUERY, lambda rows: [*junk, *rows])
    storage = await open_storage()
    await read(storage)
    assert storage.value(PHOTOS, "snapshot_overdue") == "off"


async def test_a_key_that_may_not_see_snapshots(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.faults.denied(QUERY)
    storage = await open_storage()
    await until(lambda: storage.issues("missing_right"))
    assert storage.value(TANK_PATH, "pool_state") == "online"
    assert storage.value(TANK_PATH, "snapshot_newest") == "missing"
    assert len(storage.issues("missing_right")) == 1


async def test_a_key_that_may_not_see_tasks(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.faults.denied(r"^pool\.snapshottask\.query$")
    storage = await open_storage()
    await read(storage)
    assert storage.value(PHOTOS, "snapshot_newest") != "unknown"
    assert storage.value(PHOTOS, "snapshot_overdue") == "missing"
    assert len(storage.issues("missing_right")) == 1


async def test_snapshots_of_an_offline_pool_are_not_gone(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    storage = await open_storage()
    await read(storage)
    nas.pools["tank"].status = "OFFLINE"
    for group in ("pools", "datasets", "snapshots"):
        await storage.refresh(group)
    await clock.forward(35)
    assert storage.value(PHOTOS, "snapshot_newest") == "unavailable"
    nas.pools["tank"].status = "ONLINE"
    for group in ("pools", "datasets", "snapshots"):
        await storage.refresh(group)
    assert storage.value(PHOTOS, "snapshot_overdue") == "off"


async def test_left_out(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage(options={"include": []})
    assert "snapshots" not in storage.entry.runtime_data.coordinators
    assert storage.value(TANK_PATH, "pool_state") == "online"
    assert calls(nas) == 0

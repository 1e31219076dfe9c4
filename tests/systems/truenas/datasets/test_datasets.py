"""Datasets through the whole integration: which are shown, how full they are, what goes wrong."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from tests.harness import Clock
from tests.lab.truenas import V24_04, V25_10, TrueNas
from tests.lab.truenas.world.datasets import GIBIBYTE

from ..conftest import OpenStorage, every_version
from ..storage import APPS_PATH, MEDIA_PATH, TANK_PATH, Storage, dataset

PHOTOS = dataset(TANK_PATH, "photos")
DOCUMENTS = dataset(TANK_PATH, "documents")


def shown(storage: Storage) -> set[str]:
    """Return the datasets that have a device."""
    items = storage.items("datasets")
    return {
        item.id
        for path, item in items.items()
        if len(path) == 2 and storage.device(path) is not None
    }


@every_version
async def test_the_space_of_a_pool_is_what_files_can_use(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    # A mirror: its raw size counts once here, but with RAIDZ the parity would be in it.
    nas.pools["tank"].size = 99 * 10**12
    storage = await open_storage()
    used = nas.datasets.used("tank")
    assert float(storage.value(TANK_PATH, "pool_used")) == pytest.approx(used / GIBIBYTE)
    free = 4 * 10**12 - used
    assert float(storage.value(TANK_PATH, "pool_free")) == pytest.approx(free / GIBIBYTE)
    assert float(storage.value(TANK_PATH, "pool_size")) == pytest.approx(4 * 10**12 / GIBIBYTE)
    percent = float(storage.value(TANK_PATH, "pool_used_percent"))
    assert percent == pytest.approx(used / 4e12 * 100, abs=0.01)
    spaces = nas.snapshots.spaces().items()
    held = sum(size for name, size in spaces if name.partition("/")[0] == "tank") / GIBIBYTE
    assert float(storage.value(TANK_PATH, "snapshot_space")) == pytest.approx(held)


@every_version
async def test_how_a_dataset_is(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    assert float(storage.value(PHOTOS, "dataset_used")) == pytest.approx(900, abs=2)
    assert float(storage.value(PHOTOS, "dataset_available")) == pytest.approx(300, abs=2)
    assert float(storage.value(PHOTOS, "dataset_quota_used")) == pytest.approx(75, abs=0.2)
    assert storage.value(PHOTOS, "dataset_quota_alarm") == "off"
    assert storage.value(PHOTOS, "dataset_encryption") == "missing"
    assert storage.value(DOCUMENTS, "dataset_encryption") == "unlocked"
    assert storage.value(DOCUMENTS, "dataset_quota_used") == "missing"
    assert float(storage.value(DOCUMENTS, "dataset_compression")) == 1.62
    device = storage.device(PHOTOS)
    assert device is not None
    assert (device.name, device.model) == ("tank/photos", "Dataset")
    pool = storage.device(TANK_PATH)
    assert pool is not None
    assert device.via_device_id == pool.id


async def test_a_locked_dataset(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage()
    nas.datasets["tank/documents"].locked = True
    await storage.refresh("datasets")
    assert storage.value(DOCUMENTS, "dataset_encryption") == "locked"


async def test_the_quota_alarm_does_not_flutter(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage()
    found = []
    for size in (1050, 1090, 1050, 1010, 1050):
        nas.datasets["tank/photos"].own = size * GIBIBYTE
        await storage.refresh("datasets")
        found.append(storage.value(PHOTOS, "dataset_quota_alarm"))
    assert found == ["off", "on", "on", "off", "off"], "on from 90 %, off below 85 %"


# --- Which ones ---------------------------------------------------------------------------------


async def test_the_top_two_levels(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.datasets.add("tank/photos/2024")
    nas.datasets.add("tank/photos/2024/raw")
    storage = await open_storage()
    assert shown(storage) == {name for name in nas.datasets.all if name.count("/") == 1}


async def test_those_that_are_chosen(open_storage: OpenStorage, nas: TrueNas) -> None:
    for name in ("tank/photos/2023", "tank/photos/2024", "tank/photos/2024/raw"):
        nas.datasets.add(name)
    storage = await open_storage(options={"datasets": ["media/tv", "tank/photos/*", "tank/gone"]})
    assert shown(storage) == {
        *("media/tv", "tank/photos/2023", "tank/photos/2024", "tank/photos/2024/raw"),
    }
    below = storage.device(dataset(TANK_PATH, "photos/2024/raw"))
    pool = storage.device(TANK_PATH)
    assert below is not None
    assert pool is not None
    assert below.via_device_id == pool.id


async def test_the_form_offers_all_of_them(
    hass: HomeAssistant, open_storage: OpenStorage, nas: TrueNas
) -> None:
    nas.datasets.add("tank/photos/2024")
    storage = await open_storage(options={"datasets": ["tank/old"]})
    form = await hass.config_entries.options.async_init(storage.entry.entry_id)
    assert form["data_schema"] is not None
    fields: dict[str, Any] = {str(key): field for key, field in form["data_schema"].schema.items()}
    offered = fields["datasets"].config["options"]
    assert {"tank/photos/2024", "media/tv", "tank/old"} <= set(offered)
    assert "tank" not in offered, "a pool is shown anyway"
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"allow_control": True, "datasets": ["media/tv"]}
    )
    assert result["data"]["datasets"] == ["media/tv"]
    await hass.async_block_till_done()
    assert shown(storage) == {"media/tv"}
    assert storage.device(PHOTOS) is None


# --- Trouble ------------------------------------------------------------------------------------


@every_version
async def test_a_dataset_is_removed_and_another_comes(
    open_storage: OpenStorage, nas: TrueNas
) -> None:
    storage = await open_storage()
    nas.datasets.remove("media/downloads")
    nas.datasets.add("media/music", own=GIBIBYTE)
    await storage.refresh("datasets")
    assert storage.device(dataset(MEDIA_PATH, "downloads")) is None
    assert float(storage.value(dataset(MEDIA_PATH, "music"), "dataset_used")) == 1


async def test_datasets_of_an_offline_pool_are_not_gone(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    storage = await open_storage()
    nas.pools["tank"].status = "OFFLINE"
    await storage.refresh("pools")
    await storage.refresh("datasets")
    await clock.forward(35)
    await storage.refresh("datasets")
    assert storage.device(PHOTOS) is not None
    assert storage.value(PHOTOS, "dataset_used") == "unavailable"
    assert storage.value(TANK_PATH, "pool_free") == "unavailable"
    assert storage.value(TANK_PATH, "pool_state") == "offline"
    assert storage.value(MEDIA_PATH, "pool_free") != "unavailable"

    # Nor after a restart, when nothing is known of before.
    await storage.hass.config_entries.async_reload(storage.entry.entry_id)
    await storage.hass.async_block_till_done()
    assert storage.device(PHOTOS) is not None
    nas.pools["tank"].status = "ONLINE"
    await storage.refresh("pools")
    await storage.refresh("datasets")
    assert float(storage.value(PHOTOS, "dataset_used")) > 800


async def test_a_malformed_dataset_costs_only_itself(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    storage = await open_storage()

    def spoil(rows: list[dict[str, Any]]) -> list[Any]:
        kept = [row for row in rows if row["id"] != "tank/photos"]
        return [*kept, {"id": None, "name": 5}, "nonsense"]

    nas.faults.changed(r"^pool\.dataset\.query$", spoil)
    await storage.refresh("datasets")
    await clock.forward(35)
    await storage.refresh("datasets")
    assert storage.device(PHOTOS) is not None
    assert storage.value(PHOTOS, "dataset_used") == "unavailable"
    assert storage.value(DOCUMENTS, "dataset_used") != "unavailable"


async def test_nothing_is_forgotten_where_pools_cannot_be_read(
    open_storage: OpenStorage, nas: TrueNas
) -> None:
    storage = await open_storage()
    nas.faults.denied(r"^pool\.query$")
    await storage.hass.config_entries.async_reload(storage.entry.entry_id)
    await storage.hass.async_block_till_done()
    assert storage.device(PHOTOS) is not None
    assert storage.device(TANK_PATH) is not None


async def test_a_key_that_may_not_ask(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.faults.denied(r"^pool\.dataset\.query$")
    storage = await open_storage()
    assert storage.value(TANK_PATH, "pool_state") == "online"
    assert storage.value(TANK_PATH, "pool_free") == "missing"
    (issue,) = storage.issues("missing_right")
    assert issue.translation_placeholders is not None
    assert "pool.dataset.query" in issue.translation_placeholders["right"]


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_one_small_question_for_hundreds(open_storage: OpenStorage, nas: TrueNas) -> None:
    for number in range(200):
        nas.datasets.add(f"tank/photos/{number:03}")
    sizes = []

    def measure(rows: list[Any]) -> list[Any]:
        sizes.append(len(json.dumps(rows)))
        assert not any("children" in row for row in rows)
        return rows

    nas.faults.changed(r"^pool\.dataset\.query$", measure)
    storage = await open_storage(options={"datasets": ["tank/photos/*"]})
    assert nas.calls["pool.dataset.query"] == 1
    assert sizes[0] < 400_000
    assert len(shown(storage)) == 200


async def test_a_huge_answer(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.faults.changed(
        r"^pool\.dataset\.query$", lambda rows: [{**row, "padding": "x" * 500_000} for row in rows]
    )
    storage = await open_storage()
    assert float(storage.value(APPS_PATH, "pool_free")) > 0

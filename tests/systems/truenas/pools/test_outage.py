"""Pools, datasets and snapshots while the NAS restarts, and what is followed afterwards."""

import pytest

from tests.harness import Clock, until
from tests.lab.truenas import V24_04, V25_10, V26, TrueNas

from ..conftest import OpenStorage
from ..storage import TANK_PATH, dataset

PHOTOS = dataset(TANK_PATH, "photos")


def followed(nas: TrueNas) -> bool:
    return any(session.listens_to("pool.query") for session in nas.sessions)


@pytest.mark.parametrize("nas", [V24_04, V25_10, V26], indirect=True, ids=str)
async def test_the_nas_restarts(open_storage: OpenStorage, nas: TrueNas, clock: Clock) -> None:
    nas.pools.scan_step = 0.02
    storage = await open_storage()
    await until(lambda: followed(nas) and storage.items("snapshots"))
    await nas.go_down()
    await clock.forward(61)
    await clock.forward(35)
    shown = (
        *((TANK_PATH, "pool_state"), (TANK_PATH, "pool_free")),
        *((PHOTOS, "dataset_used"), (PHOTOS, "snapshot_newest")),
    )
    await until(lambda: {storage.value(*one) for one in shown} == {"unavailable"})
    assert storage.device(PHOTOS) is not None

    await nas.come_up()
    for _ in range(25):
        await clock.forward(61)
        if "unavailable" not in {storage.value(*one) for one in shown}:
            break
    assert storage.value(TANK_PATH, "pool_state") == "online"
    assert float(storage.value(PHOTOS, "dataset_used")) > 800
    assert storage.value(PHOTOS, "snapshot_overdue") == "off"
    for _ in range(10):
        if followed(nas):
            break
        await clock.forward(61)
    nas.pools.start_scan("tank")
    await until(lambda: storage.value(TANK_PATH, "pool_scan") == "scrubbing")


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_without_any_event_the_pools_are_polled(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    for name in ("pool.query", "zfs.pool.scan"):
        nas.events.pop(name)
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    storage = await open_storage(username="ha", api_key=key.text)
    nas.pools.hurt("tank", "sdb")
    await clock.forward(61)
    await until(lambda: storage.value(TANK_PATH, "pool_state") == "degraded")

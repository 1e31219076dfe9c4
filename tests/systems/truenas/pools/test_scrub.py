"""Scrubs through the whole integration: started, paused and stopped, and followed."""

from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.harness import Clock, until
from tests.lab.truenas import V24_10, V25_10, V26, State, TrueNas

from ..conftest import OpenStorage, every_version
from ..storage import APPS_PATH, MEDIA_PATH, TANK_PATH, Storage


def listening(nas: TrueNas) -> bool:
    """Whether somebody follows scans, by whichever name they have."""
    return any(
        session.listens_to(name)
        for session in nas.sessions
        for name in ("pool.scan", "zfs.pool.scan")
    )


async def shows(storage: Storage, state: str) -> None:
    await until(lambda: storage.value(TANK_PATH, "pool_scan") == state)


@every_version
async def test_start_pause_go_on_and_stop(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    nas.pools.scan_step = 0.02
    storage = await open_storage()
    await until(lambda: listening(nas))
    await storage.press(TANK_PATH, "pool_scrub_start")
    (job,) = nas.jobs.named("pool.scrub.scrub")
    assert job.state is State.RUNNING, "it lasts as long as the scrub, and nobody waits for it"
    await shows(storage, "scrubbing")
    assert float(storage.value(TANK_PATH, "pool_scan_progress")) < 1
    assert float(storage.value(TANK_PATH, "pool_scan_time_left")) > 200, "minutes"

    await storage.press(TANK_PATH, "pool_scrub_pause")
    await shows(storage, "paused")
    assert storage.value(TANK_PATH, "pool_scan_time_left") == "unknown"
    await until(lambda: job.state is State.SUCCESS)

    await storage.press(TANK_PATH, "pool_scrub_start")
    await shows(storage, "scrubbing")
    await storage.press(TANK_PATH, "pool_scrub_stop")
    await shows(storage, "canceled")
    assert storage.value(TANK_PATH, "pool_scan_progress") == "unknown"


@every_version
async def test_followed_to_its_end(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock, all_entities_enabled: None
) -> None:
    nas.pools.scan_step = 0.02
    storage = await open_storage()
    await until(lambda: listening(nas))
    nas.pools.start_scan("tank")
    await shows(storage, "scrubbing")
    nas.pools.set_progress("tank", 50)
    await clock.forward(16)
    await until(lambda: float(storage.value(TANK_PATH, "pool_scan_progress")) >= 50)
    before = storage.value(TANK_PATH, "pool_last_scrub")
    nas.pools.end_scan("tank", errors=2)
    await shows(storage, "finished")
    await clock.forward(2)
    await until(lambda: storage.value(TANK_PATH, "pool_last_scrub") != before)
    assert storage.value(TANK_PATH, "pool_scan_errors") == "2"


async def test_progress_is_shown_now_and_then(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    nas.pools.scan_step = 0.005
    storage = await open_storage()
    await until(lambda: listening(nas))
    nas.pools.start_scan("tank")
    await shows(storage, "scrubbing")
    first = storage.items("pools")[TANK_PATH]
    nas.pools.set_progress("tank", 80)
    heard = len(nas.sessions)
    for _ in range(20):
        nas.pools._tell(nas.pools["tank"])
    await storage.hass.async_block_till_done()
    assert heard == 1
    assert storage.items("pools")[TANK_PATH].scan.progress == first.scan.progress, "not yet"


async def test_a_resilver_is_no_scrub(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock, all_entities_enabled: None
) -> None:
    storage = await open_storage()
    last = storage.value(TANK_PATH, "pool_last_scrub")
    nas.pools.start_scan("tank", "RESILVER")
    await storage.refresh("pools")
    assert storage.value(TANK_PATH, "pool_scan") == "resilvering"
    assert storage.value(TANK_PATH, "pool_last_scrub") == last
    assert storage.value(TANK_PATH, "pool_scrub_pause") == "unavailable"
    assert storage.value(TANK_PATH, "pool_scrub_start") == "unavailable"


async def test_what_cannot_be_done_is_not_offered(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    nas.pools["media"].status = "OFFLINE"
    storage = await open_storage()
    assert storage.value(TANK_PATH, "pool_scrub_start") != "unavailable"
    assert storage.value(TANK_PATH, "pool_scrub_stop") == "unavailable"
    assert storage.value(MEDIA_PATH, "pool_scrub_start") == "unavailable"


async def test_no_buttons_without_control(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage(options={"allow_control": False})
    assert storage.value(TANK_PATH, "pool_scrub_start") == "missing"


async def test_a_pause_that_fails_is_told(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    nas.pools.start_scan("tank")
    storage = await open_storage()
    nas.pools.end_scan("tank")
    with pytest.raises(HomeAssistantError, match="no active scrub"):
        await storage.press(TANK_PATH, "pool_scrub_pause")


@pytest.mark.parametrize("nas", [V26], indirect=True, ids=str)
async def test_a_version_that_has_only_the_new_method(
    open_storage: OpenStorage, nas: TrueNas, all_entities_enabled: None
) -> None:
    nas.pools.scan_step = 0.02
    nas.faults.missing(r"^pool\.scrub\.scrub$")
    nas.pools.scanned("tank", 1)
    storage = await open_storage()
    await until(lambda: listening(nas))
    await storage.press(TANK_PATH, "pool_scrub_start")
    await shows(storage, "scrubbing")
    await storage.press(TANK_PATH, "pool_scrub_stop")
    await shows(storage, "canceled")


@pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
async def test_a_key_that_may_not_follow_scans(
    open_storage: OpenStorage, nas: TrueNas, clock: Clock
) -> None:
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    nas.events.pop("zfs.pool.scan")
    storage = await open_storage(username="ha", api_key=key.text)
    await until(lambda: any(session.listens_to("pool.query") for session in nas.sessions))
    nas.pools.start_scan("tank")
    await clock.forward(61)
    await shows(storage, "scrubbing")


@every_version
async def test_overdue(open_storage: OpenStorage, nas: TrueNas) -> None:
    nas.pools.scanned("tank", 50)
    nas.pools.scanned("media", 30)
    nas.pools.schedule("apps")
    storage = await open_storage()
    assert storage.value(TANK_PATH, "pool_scrub_overdue") == "on"
    assert storage.value(MEDIA_PATH, "pool_scrub_overdue") == "off"
    assert storage.value(APPS_PATH, "pool_scrub_overdue") == "off", "known only just now"


async def test_what_is_known_of_a_scrub_outlives_a_restart(
    open_storage: OpenStorage, nas: TrueNas
) -> None:
    nas.pools.scanned("tank", 50)
    storage = await open_storage()
    assert storage.value(TANK_PATH, "pool_scrub_overdue") == "on"
    nas.pools.scanned("tank", 1, function="RESILVER")
    await storage.hass.config_entries.async_reload(storage.entry.entry_id)
    await storage.hass.async_block_till_done()
    assert storage.value(TANK_PATH, "pool_scan") == "finished"
    assert storage.value(TANK_PATH, "pool_scrub_overdue") == "on"

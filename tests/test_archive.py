"""The archive of disks: what it keeps, for how long, and how much that is."""

from datetime import date, timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import flush_store

from custom_components.home_server_monitor import archive as module
from custom_components.home_server_monitor.analysis.disk_health import DiskKind, SmartSample
from custom_components.home_server_monitor.archive import DiskArchive, async_disk_archive
from custom_components.home_server_monitor.systems.archive import DiskLabel

TODAY = dt_util.utcnow().date()
DISK = DiskLabel(serial="A1", kind=DiskKind.HDD, model="ST4000VN006", capacity=4 * 10**12)


def _sample(day: date, **raw: int) -> SmartSample:
    return SmartSample(day, raw={int(key[1:]): value for key, value in raw.items()})


async def _written(hass: HomeAssistant, storage: dict[str, Any], archive: DiskArchive) -> Any:
    await flush_store(archive._store)
    return json.loads(json.dumps(storage["home_server_monitor.disks"]["data"]))


async def test_it_is_there_after_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    archive = await async_disk_archive(hass)
    archive.add(DISK, _sample(TODAY - timedelta(days=1), s5=0))
    archive.add(DISK, _sample(TODAY, s5=8))
    archive.note("A1", {"smart_read": TODAY.isoformat()})
    await _written(hass, hass_storage, archive)
    again = DiskArchive(hass)
    await again.async_load()
    history = again.history("A1")
    assert history is not None
    assert history.column("reallocated").tolist() == [0, 8]
    assert (history.model, history.kind) == ("ST4000VN006", DiskKind.HDD)
    assert again.facts("A1") == {"smart_read": TODAY.isoformat()}


async def test_two_sources_tell_of_one_disk(hass: HomeAssistant) -> None:
    archive = DiskArchive(hass)
    archive.add(DISK, SmartSample(TODAY, zfs_read_errors=2, temperature=31.0))
    history = archive.add(DISK, SmartSample(TODAY, raw={5: 8}, temperature=34.0))
    assert history.days.tolist() == [TODAY.toordinal()]
    assert history.column("zfs_read").tolist() == [2]
    assert history.column("temperature").tolist() == [34]
    assert archive.history("other") is None
    assert archive.facts("other") == {}
    archive.note("A1", {"passed": True})
    archive.note("A1", {"level": "warn"})
    assert archive.facts("A1") == {"passed": True, "level": "warn"}


async def test_a_day_without_news_is_no_sample(hass: HomeAssistant) -> None:
    archive = DiskArchive(hass)
    archive.add(DISK, _sample(TODAY - timedelta(days=9), s5=0))
    history = archive.add(DISK, SmartSample(TODAY))
    assert len(history.days) == 1
    assert len(archive.add(DISK, _sample(TODAY, s5=0)).days) == 2


async def test_disks_that_nobody_saw_for_two_years_are_forgotten(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    archive = DiskArchive(hass)
    archive.add(DISK, _sample(TODAY - timedelta(days=740), s5=0))
    other = DiskLabel(serial="B2", kind=DiskKind.SSD, model="870")
    archive.add(other, _sample(TODAY - timedelta(days=700), s5=0))
    await _written(hass, hass_storage, archive)
    again = DiskArchive(hass)
    await again.async_load()
    assert again.history("A1") is None
    assert again.history("B2") is not None
    again.forget_unseen(TODAY + timedelta(days=60))
    assert again.history("B2") is None


async def test_a_disk_that_sleeps_for_years_is_not_forgotten(hass: HomeAssistant) -> None:
    archive = DiskArchive(hass)
    archive.add(DISK, _sample(TODAY - timedelta(days=900), s5=8))
    archive.add(DISK, SmartSample(TODAY))
    archive.forget_unseen(TODAY)
    assert archive.history("A1") is not None


async def test_it_is_bounded(
    hass: HomeAssistant, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_DISKS", 3)
    archive = DiskArchive(hass)
    for number in range(5):
        label = DiskLabel(serial=f"D{number}", kind=DiskKind.HDD, model="ST4000VN006")
        archive.add(label, _sample(TODAY - timedelta(days=10 - number), s5=number))
    assert [archive.history(f"D{number}") is not None for number in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    for day in range(1300):
        archive.add(DISK, _sample(TODAY - timedelta(days=1300 - day), s5=day // 7, s194=day % 40))
    history = archive.history("A1")
    assert history is not None
    assert len(history.days) == 1100
    written = await _written(hass, hass_storage, archive)
    assert len(json.dumps(written["A1"])) < 20_000


async def test_it_is_written_only_when_there_is_news(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = DiskArchive(hass)
    saves: list[float] = []
    monkeypatch.setattr(
        archive._store, "async_delay_save", lambda _data, delay: saves.append(delay)
    )
    for _ in range(3):
        archive.add(DISK, _sample(TODAY, s5=8))
        archive.note("A1", {"passed": True})
    assert len(saves) == 2
    assert min(saves) >= 60


async def test_what_cannot_be_read_costs_itself(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    archive = DiskArchive(hass)
    archive.add(DISK, _sample(TODAY, s5=8))
    data = await _written(hass, hass_storage, archive)
    broken = {"B2": {"seen": TODAY.toordinal()}, "C3": {**data["A1"], "history": {"days": "x"}}}
    stored = {"version": 1, "minor_version": 1, "key": "home_server_monitor.disks"}
    hass_storage["home_server_monitor.disks"] = {**stored, "data": {**data, **broken}}
    again = DiskArchive(hass)
    await again.async_load()
    assert again.history("A1") is not None
    assert again.history("B2") is again.history("C3") is None
    assert "C3" in caplog.text

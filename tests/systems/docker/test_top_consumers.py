"""Who took the most: by the recorder's statistics, and by present values where there are none."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
import voluptuous as vol

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import ROOT, container, coordinator, device, entity_id
from tests.lab.docker import SimulatedEngine
from tests.lab.docker.usage import Usage, Wave
from tests.lab.portainer import Portainer

MIB = 1 << 20


async def top(
    hass: HomeAssistant, entry: ConfigEntry, path: tuple[str, ...] = ROOT, **data: Any
) -> dict[str, Any]:
    """Ask for the top consumers of a host."""
    host = device(hass, entry, path)
    assert host is not None
    answer = await hass.services.async_call(
        DOMAIN,
        "get_top_consumers",
        {"device_id": host.id, **data},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    results: Any = answer["results"]
    found: dict[str, Any] = results[0]
    return found


def names(answer: Mapping[str, Any]) -> list[str]:
    """Return the containers in their order."""
    return [one["name"] for one in answer["consumers"]]


_UNITS = {"cpu": (None, "%"), "memory": ("information", "MiB"), "rate": ("data_rate", "kB/s")}


def record(
    hass: HomeAssistant,
    entry: ConfigEntry,
    name: str,
    key: str,
    kind: str,
    means: list[float],
    first: datetime,
) -> None:
    """Put hourly means of a sensor into the statistics, in the unit that its state has."""
    statistic_id = entity_id(hass, entry, container(name), key)
    assert statistic_id is not None
    unit_class, unit = _UNITS[kind]
    metadata: StatisticMetaData = {
        "source": "recorder",
        "statistic_id": statistic_id,
        "name": None,
        "mean_type": StatisticMeanType.ARITHMETIC,
        "has_sum": False,
        "unit_class": unit_class,
        "unit_of_measurement": unit,
    }
    rows: list[StatisticData] = [
        {"start": first + timedelta(hours=hour), "mean": mean, "min": 0.0, "max": 2 * mean}
        for hour, mean in enumerate(means)
    ]
    async_import_statistics(hass, metadata, rows)


@pytest.fixture
def day() -> datetime:
    """Return the full hour 23 hours ago."""
    hour = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    return hour - timedelta(hours=23)


async def test_by_statistics(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    day: datetime,
) -> None:
    for name in ("steady", "burst", "idle", "new"):
        docker_engine.add(name)
    entry = await set_up("docker", url=docker_engine.url)
    record(hass, entry, "steady", "container_cpu", "cpu", [10.0] * 23, day)
    record(hass, entry, "burst", "container_cpu", "cpu", [90.0, 6.0], day)
    record(hass, entry, "idle", "container_cpu", "cpu", [0.0] * 23, day)
    await async_wait_recording_done(hass)
    answer = await top(hass, entry)
    assert (answer["source"], answer["reason"], answer["hours"]) == ("statistics", None, 24)
    assert names(answer) == ["steady", "burst", "idle"]
    steady, burst, idle = answer["consumers"]
    assert steady["average"] == pytest.approx(10 * 23 / 24, abs=0.01)
    assert burst["average"] == pytest.approx(4.0), "96 percent-hours of 24 hours"
    assert (burst["highest"], burst["covered_hours"]) == (180.0, 2.0)
    assert steady["share"] + burst["share"] + idle["share"] == pytest.approx(100, abs=0.2)
    assert answer["unknown"] == ["new"]
    assert names(await top(hass, entry, count=1)) == ["steady"]
    assert names(await top(hass, entry, hours=48)) == ["steady", "burst", "idle"]


async def test_only_the_hours_that_were_asked_for(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    day: datetime,
) -> None:
    for name in ("early", "late"):
        docker_engine.add(name)
    entry = await set_up("docker", url=docker_engine.url)
    record(hass, entry, "early", "container_cpu", "cpu", [90.0] * 20 + [1.0] * 3, day)
    record(hass, entry, "late", "container_cpu", "cpu", [1.0] * 20 + [50.0] * 3, day)
    await async_wait_recording_done(hass)
    assert names(await top(hass, entry)) == ["early", "late"]
    assert names(await top(hass, entry, hours=3)) == ["late", "early"]


async def test_bytes_whatever_the_state_shows(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    all_entities_enabled: None,
    day: datetime,
) -> None:
    for name in ("one", "two"):
        docker_engine.add(name)
    entry = await set_up("docker", url=docker_engine.url)
    hours = [0.0] * 23
    record(hass, entry, "one", "container_memory", "memory", [512.0 for _ in hours], day)
    for key, rate in (("receive", 100.0), ("send", 20.0)):
        record(
            hass, entry, "two", f"container_network_{key}_rate", "rate", [rate for _ in hours], day
        )
    await async_wait_recording_done(hass)
    memory = await top(hass, entry, by="memory")
    assert memory["unit"] == "B"
    assert memory["consumers"][0]["average"] == pytest.approx(512 * MIB * 23 / 24, rel=1e-6)
    network = await top(hass, entry, by="network")
    assert names(network) == ["two"]
    assert network["consumers"][0]["average"] == pytest.approx(120_000 * 23 / 24, rel=1e-6)


async def test_by_totals_where_rates_are_not_recorded(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    all_entities_enabled: None,
    day: datetime,
) -> None:
    docker_engine.add("one")
    entry = await set_up("docker", url=docker_engine.url)
    for key, total in (("received", 864.0), ("sent", 86.4)):
        statistic_id = entity_id(hass, entry, container("one"), f"container_network_{key}")
        assert statistic_id is not None
        async_import_statistics(
            hass,
            {
                "source": "recorder",
                "statistic_id": statistic_id,
                "name": None,
                "mean_type": StatisticMeanType.NONE,
                "has_sum": True,
                "unit_class": "information",
                "unit_of_measurement": "MB",
            },
            [
                {"start": day, "state": 0.0, "sum": 0.0},
                {"start": day + timedelta(hours=5), "state": total, "sum": total},
            ],
        )
    await async_wait_recording_done(hass)
    answer = await top(hass, entry, by="network")
    assert answer["source"] == "statistics"
    assert answer["consumers"][0]["average"] == pytest.approx(11_000, rel=1e-3)


async def test_five_minutes_old(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
) -> None:
    """What the recorder itself makes of states, long before the first full hour."""
    docker_engine.add("big", usage=Usage(memory=Wave(400 * MIB)))
    docker_engine.add("small", usage=Usage(memory=Wave(100 * MIB)))
    entry = await set_up("docker", url=docker_engine.url)
    await coordinator(entry, "usage").async_refresh()
    await async_wait_recording_done(hass)
    now = dt_util.utcnow().replace(second=0, microsecond=0)
    start = now.replace(minute=now.minute // 5 * 5)
    do_adhoc_statistics(hass, start=start)
    await async_wait_recording_done(hass)
    answer = await top(hass, entry, by="memory", hours=1)
    assert answer["source"] == "statistics"
    assert names(answer) == ["big", "small"]
    # With the last five minutes of an hour the recorder makes the hour.
    hours = 1 if start.minute == 55 else 5 / 60
    assert answer["consumers"][0]["covered_hours"] == pytest.approx(hours, abs=0.01)
    assert answer["consumers"][0]["highest"] == pytest.approx(400 * MIB)


async def test_nothing_recorded_yet(
    recorder_mock: Recorder, hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("big", usage=Usage(memory=Wave(400 * MIB)))
    docker_engine.add("small", usage=Usage(memory=Wave(100 * MIB)))
    docker_engine.add("stopped", state="exited")
    entry = await set_up("docker", url=docker_engine.url)
    await coordinator(entry, "usage").async_refresh()
    answer = await top(hass, entry, by="memory")
    assert (answer["source"], answer["hours"]) == ("present", None)
    assert "recorded" in answer["reason"]
    assert names(answer) == ["big", "small"]
    assert answer["consumers"][0]["share"] == 80.0
    assert answer["consumers"][0]["covered_hours"] is None
    assert answer["unknown"] == ["stopped"]


async def test_no_recorder(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("down", usage=Usage(rx=Wave(9_000_000), tx=Wave(0)))
    docker_engine.add("up", usage=Usage(rx=Wave(0), tx=Wave(5_000_000)))
    entry = await set_up("docker", url=docker_engine.url)
    for _ in range(2):
        docker_engine.clock.jump(10)
        await coordinator(entry, "usage").async_refresh()
    answer = await top(hass, entry, by="network")
    assert answer["source"] == "present"
    assert "no recorder" in answer["reason"]
    assert names(answer) == ["down", "up"]
    assert answer["consumers"][0]["average"] == pytest.approx(9_000_000, rel=0.01)
    for other in ("cpu", "block"):
        assert set(names(await top(hass, entry, by=other))) == {"down", "up"}


async def test_behind_portainer_and_elsewhere(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, portainer: Portainer
) -> None:
    docker_engine.add("web")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    (environment,) = entry.runtime_data.client.engines
    await coordinator(entry, "usage").async_refresh()
    assert names(await top(hass, entry, environment, by="memory")) == ["web"]
    with pytest.raises(ServiceValidationError) as caught:
        await top(hass, entry, ROOT)
    assert caught.value.translation_key == "wrong_target"


@pytest.mark.parametrize("data", [{"by": "luck"}, {"hours": 0}, {"count": 0}])
async def test_values_that_mean_nothing(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, data: dict[str, Any]
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    with pytest.raises(vol.Invalid):
        await top(hass, entry, **data)

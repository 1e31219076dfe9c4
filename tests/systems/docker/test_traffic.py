"""Traffic as entities: rates of a host, alarms that wait, and containers that are made anew."""

from datetime import UTC, datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.analysis.bandwidth import LINK_LABEL, Alarm
from custom_components.home_server_monitor.analysis.quotas import Peak
from custom_components.home_server_monitor.systems.docker.judging import idle, judged, judged_host
from custom_components.home_server_monitor.systems.docker.models import (
    Container,
    ContainerUsage,
    HostUsage,
)
from custom_components.home_server_monitor.systems.docker.parse import engine_info
from custom_components.home_server_monitor.systems.docker.stats import IDLE
from tests.conftest import SetUp
from tests.harness import ROOT, Clock, container, coordinator, state, until, value
from tests.lab.docker import SimulatedEngine
from tests.lab.docker.usage import Usage, Wave

MEGABIT = 125_000
NOW = datetime(2026, 11, 21, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("all_entities_enabled")


async def polls(entry: ConfigEntry, engine: SimulatedEngine, clock: Clock, count: int) -> None:
    """Let minutes pass for both, with a reading after each."""
    for _ in range(count):
        engine.clock.jump(60)
        await clock.forward(60)
        await coordinator(entry, "usage").async_refresh()


async def test_rates_of_a_host(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    docker_engine.add("one", usage=Usage(rx=Wave(1_000_000), tx=Wave(10_000)))
    docker_engine.add("two", usage=Usage(rx=Wave(2_000_000), tx=Wave(20_000)))
    docker_engine.add("host", networks=["host"])
    entry = await set_up("docker", url=docker_engine.url)
    await polls(entry, docker_engine, clock, 2)
    await hass.async_block_till_done()
    received = state(hass, entry, ROOT, "host_network_receive_rate")
    assert received is not None
    assert float(received.state) == pytest.approx(3_000, rel=0.01)
    assert received.attributes["unit_of_measurement"] == "kB/s"
    sent = state(hass, entry, ROOT, "host_network_send_rate")
    assert sent is not None
    assert float(sent.state) == pytest.approx(30, rel=0.01)
    assert value(hass, entry, ROOT, "host_bandwidth_high") == "off"
    assert value(hass, entry, container("host"), "container_bandwidth_high") == "unknown"


async def test_alarms_begin_and_end_with_patience(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    docker_engine.add("quiet")
    busy = docker_engine.add("busy")
    entry = await set_up("docker", url=docker_engine.url)
    busy.usage.set(rx=0, tx=0)
    await polls(entry, docker_engine, clock, 2)

    received = 0

    async def minute(megabits: float) -> tuple[str, str]:
        nonlocal received
        received += int(megabits * MEGABIT * 60)
        busy.usage.set(rx=received)
        await polls(entry, docker_engine, clock, 1)
        await hass.async_block_till_done()
        return (
            value(hass, entry, container("busy"), "container_bandwidth_high"),
            value(hass, entry, ROOT, "host_bandwidth_high"),
        )

    assert await minute(2000) == ("off", "off"), "a blip"
    assert await minute(10) == ("off", "off")
    assert await minute(700) == ("off", "off")
    assert await minute(700) == ("off", "off")
    assert await minute(700) == ("on", "off"), "too much for the container, not for the host"
    assert await minute(1200) == ("on", "off")
    assert await minute(1200) == ("on", "off")
    assert await minute(1200) == ("on", "on")
    assert await minute(1) == ("on", "on"), "a pause"
    assert await minute(1200) == ("on", "on")
    assert await minute(470) == ("on", "on"), "between its thresholds"
    assert await minute(470) == ("on", "on")
    assert await minute(470) == ("on", "off")
    assert await minute(100) == ("on", "off")
    assert await minute(100) == ("on", "off")
    assert await minute(100) == ("off", "off")
    assert value(hass, entry, container("quiet"), "container_bandwidth_high") == "off"


async def test_a_stopped_container_has_no_alarm(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    docker_engine.add("busy", usage=Usage(rx=Wave(900 * MEGABIT)))
    entry = await set_up("docker", url=docker_engine.url)
    await polls(entry, docker_engine, clock, 5)
    await hass.async_block_till_done()
    assert value(hass, entry, container("busy"), "container_bandwidth_high") == "on"
    docker_engine.stop("busy")
    await until(
        lambda: value(hass, entry, container("busy"), "container_bandwidth_high") == "unknown"
    )


@pytest.mark.parametrize("events", [True, False])
async def test_another_container_of_the_same_name_starts_to_count_anew(
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    clock: Clock,
    events: bool,
) -> None:
    """Its counters may well be higher than the old one's: it may have run for long."""
    if not events:
        docker_engine.faults.forbidden(r"/events")
    old = docker_engine.add("web")
    old.usage.set(rx=1000, tx=1000, read=1000, write=1000, cpu=10**9)
    entry = await set_up("docker", url=docker_engine.url)
    await polls(entry, docker_engine, clock, 2)
    new = docker_engine.recreate("web")
    new.usage.set(rx=10**15, tx=10**15, read=10**15, write=10**15, cpu=10**15)
    items = coordinator(entry, "containers")
    if not events:
        await items.async_refresh()
    await until(lambda: items.items[container("web")].id == new.id)
    docker_engine.clock.jump(60)
    await coordinator(entry, "usage").async_refresh()
    usage = coordinator(entry, "usage").items[container("web")]
    assert usage.container_id == new.id
    assert usage.network_received == 10**15
    rates = (usage.network_receive_rate, usage.network_send_rate, usage.block_read_rate)
    assert (*rates, usage.block_write_rate, usage.cpu) == (None,) * 5
    assert coordinator(entry, "usage").items[ROOT].network_receive_rate is None
    await polls(entry, docker_engine, clock, 1)
    await hass.async_block_till_done()
    assert coordinator(entry, "usage").items[container("web")].network_receive_rate == 0
    assert value(hass, entry, container("web"), "container_bandwidth_high") == "off"


# --- What a measurement means -----------------------------------------------------------------

WEB = Container(id="a", name="web", image="app")


def flowing(rate: float) -> ContainerUsage:
    """Return a usage with this receive rate."""
    return ContainerUsage(network_receive_rate=rate, memory=1000, cpu_cores=150.0)


def test_the_peak_stays_with_a_container_at_rest() -> None:
    first = judged(flowing(1), WEB, None, NOW)
    assert first.peak == Peak(since=NOW, cpus=1.5, memory=1000)
    assert idle(first).peak == first.peak
    assert idle(first).memory is None
    assert idle(None) is IDLE
    later = judged(ContainerUsage(memory=10), WEB, idle(first), NOW + timedelta(hours=1))
    assert later.peak == first.peak


def test_the_label_of_a_container_sets_its_threshold() -> None:
    slow = Container(
        id="a", name="web", image="app", labels={"home_server_monitor.bandwidth": "1M"}
    )
    usage: ContainerUsage | None = None
    for minute in range(3):
        usage = judged(flowing(2 * MEGABIT), slow, usage, NOW + timedelta(minutes=minute))
    assert usage is not None
    assert usage.alarm == Alarm(active=True)


def test_the_label_of_an_engine_sets_its_link_speed() -> None:
    info = engine_info({}, {"Labels": ["a=b", f"{LINK_LABEL}=10G", "c"]})
    assert info.link_speed == 10_000 * MEGABIT
    assert engine_info({}, {"Labels": None}).link_speed is None
    usage = HostUsage(network_receive_rate=2_000.0 * MEGABIT)
    host = usage
    for minute in range(3):
        host = judged_host(usage, host, info.link_speed, NOW + timedelta(minutes=minute))
    assert host.alarm == Alarm()
    assert judged_host(HostUsage(), None, None, NOW).alarm is None

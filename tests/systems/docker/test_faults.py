"""What is left when an engine, an environment or a single container misbehaves."""

import asyncio
from collections.abc import AsyncGenerator
import logging

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer

from .conftest import House, until

pytest_plugins = ["tests.harness"]
pytestmark = pytest.mark.usefixtures("all_entities_enabled")


@pytest.fixture
async def house(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> AsyncGenerator[House]:
    """Give a loaded engine with three containers whose stream stands."""
    for name in ("one", "two", "three"):
        docker_engine.add(name=name)
    entry = await set_up("docker", url=docker_engine.url)
    house = House(hass, entry)
    watcher = entry.runtime_data.coordinators["containers"].watcher
    await until(lambda: watcher.open_count == 1)
    await asyncio.sleep(0.05)
    yield house
    docker_engine.faults.clear()
    await hass.config_entries.async_unload(entry.entry_id)


def _shown(house: House) -> list[str]:
    return [
        house.value(house.container(name), "container_state") for name in ("one", "two", "three")
    ]


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and "home_server_monitor" in record.name
    ]


def _tracebacks(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [
        record for record in caplog.records if record.exc_info and record.levelno >= logging.INFO
    ]


@pytest.mark.parametrize("fault", ["refuse", "reset", "garbage", "half_body", "server_error"])
async def test_engine_away(
    fault: str,
    house: House,
    docker_engine: SimulatedEngine,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The last data stay for the grace period, then nothing is shown; it heals by itself."""
    caplog.clear()
    if fault == "refuse":
        await docker_engine.refuse()
    else:
        docker_engine.cut()
        getattr(docker_engine.faults, fault)()
    coordinator = house.entry.runtime_data.coordinators["containers"]
    await until(lambda: bool(coordinator.failures))
    assert _shown(house) == ["running"] * 3
    await clock.forward(31)
    await until(lambda: _shown(house) == ["unavailable"] * 3)
    assert house.value(house.container("one"), "container_memory") == "unavailable"
    assert house.value((), "host_running") == "unavailable"
    assert house.device(house.container("one")) is not None
    docker_engine.faults.clear()
    if fault == "refuse":
        await docker_engine.accept()
    for _ in range(4):
        await clock.forward(31)
    await until(lambda: _shown(house) == ["running"] * 3)
    await clock.forward(61)
    await until(lambda: house.value(house.container("one"), "container_memory") != "unavailable")
    assert len(_told(caplog)) == 1, _told(caplog)
    assert not _tracebacks(caplog)


async def test_engine_hangs(
    house: House,
    docker_engine: SimulatedEngine,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An engine that takes requests and never answers is given up after ten seconds."""
    caplog.clear()
    docker_engine.cut()
    docker_engine.faults.hang()
    coordinator = house.entry.runtime_data.coordinators["containers"]
    for _ in range(20):
        await clock.forward(5)
        if coordinator.failures:
            break
    assert coordinator.failures
    await clock.forward(31)
    await until(lambda: _shown(house) == ["unavailable"] * 3)
    docker_engine.faults.clear()
    for _ in range(8):
        await clock.forward(31)
    await until(lambda: _shown(house) == ["running"] * 3)
    assert len(_told(caplog)) == 1, _told(caplog)
    assert not _tracebacks(caplog)


@pytest.mark.parametrize("fault", ["not_found", "forbidden", "garbage", "half_body", "reset"])
async def test_one_container_in_the_middle_of_a_refresh(
    fault: str,
    house: House,
    docker_engine: SimulatedEngine,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What goes wrong with one container's numbers costs that container's numbers."""
    caplog.clear()
    sick = docker_engine.find("two").id
    getattr(docker_engine.faults, fault)(rf"/containers/{sick}/stats")
    await house.refresh("usage")
    await clock.forward(31)
    two, three = house.container("two"), house.container("three")
    if fault != "reset":  # A connection that breaks may be the whole engine's.
        await until(lambda: house.value(two, "container_memory") == "unavailable")
        assert house.value(three, "container_memory") not in ("unavailable", "unknown")
        assert len(_told(caplog)) == 1
    assert _shown(house) == ["running"] * 3
    docker_engine.faults.clear()
    await house.refresh("usage")
    assert house.value(two, "container_memory") not in ("unavailable", "unknown")
    assert not _tracebacks(caplog)


async def test_inspect_of_one_container_fails(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    """A container that cannot be inspected keeps its device; the others go on."""
    docker_engine.faults.server_error("/events")
    docker_engine.cut()
    sick = docker_engine.find("two")
    docker_engine.faults.not_found(rf"/containers/{sick.id}/json")
    docker_engine.die("two", 1)
    docker_engine.die("one", 1)
    await asyncio.sleep(0.2)  # what the end of the stream sets off
    await house.refresh("containers")
    await clock.forward(31)
    await until(lambda: house.value(house.container("two"), "container_state") == "unavailable")
    assert house.value(house.container("one"), "container_state") == "exited"
    assert house.value(house.container("three"), "container_state") == "running"
    assert house.device(house.container("two")) is not None
    docker_engine.faults.clear()
    await house.refresh("containers")
    assert house.value(house.container("two"), "container_state") == "exited"


async def test_disk_usage_hangs(house: House, docker_engine: SimulatedEngine, clock: Clock) -> None:
    """What is dear dies alone."""
    docker_engine.faults.hang("/system/df")
    for _ in range(4):
        await clock.forward(1800)
    assert house.entry.runtime_data.coordinators["disk_usage"].failures
    assert _shown(house) == ["running"] * 3
    docker_engine.die("two", 4)
    await house.until(house.container("two"), "container_exit_code", "4")


async def test_engine_behind_portainer_is_down(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A down environment costs only itself, whether Portainer knows of it or not."""
    async with SimulatedEngine() as second:
        docker_engine.add(name="here")
        second.add(name="there")
        portainer.add_environment("second", second.url)
        portainer.add_environment("dead", "http://127.0.0.1:9", up=False)
        entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
        first = House(hass, entry, ("environment:1",))
        other = House(hass, entry, ("environment:2",))
        assert first.value(("environment:3",), "environment_connected") == "off"
        assert other.value(other.container("there"), "container_state") == "running"
        caplog.clear()
        await second.refuse()
        await other.refresh("containers")
        await clock.forward(31)
        await until(
            lambda: other.value(other.container("there"), "container_state") == "unavailable"
        )
        assert first.value(first.container("here"), "container_state") == "running"
        docker_engine.die("here", 5)
        await first.until(first.container("here"), "container_state", "exited")
        await second.accept()
        await other.refresh("containers")
        assert other.value(other.container("there"), "container_state") == "running"
        assert not _tracebacks(caplog)
        # Portainer finds out by itself and says so.
        portainer.environments[2].up = False
        await other.refresh("environments")
        await other.refresh("containers")
        await clock.forward(31)
        await until(
            lambda: other.value(other.container("there"), "container_state") == "unavailable"
        )
        assert other.value(("environment:2",), "environment_connected") == "off"
        assert other.device(other.container("there")) is not None
        portainer.environments[2].up = True
        await other.refresh("environments")
        await other.refresh("containers")
        assert other.value(other.container("there"), "container_state") == "running"
        # An environment that is removed goes, and takes its own with it.
        await portainer.remove_environment(2)
        await other.refresh("environments")
        assert other.device(("environment:2",)) is None
        assert other.device(other.container("there")) is None
        assert first.device(first.container("here")) is not None
        await hass.config_entries.async_unload(entry.entry_id)


async def test_token_revoked(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A rejected token starts reauthentication and is not tried again."""
    docker_engine.add(name="here")
    entry = await set_up(
        "portainer",
        unique_id=portainer.instance_id,
        url=portainer.url,
        token=portainer.api_key,
    )
    house = House(hass, entry, ("environment:1",))
    caplog.clear()
    portainer.api_key = "another"
    portainer.cut()
    await house.refresh("usage")
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    await asyncio.sleep(0.2)  # what was under way when the first answer came
    portainer.reset_counts()
    for _ in range(10):
        await clock.forward(61)
    assert portainer.requests == []
    await until(lambda: house.value(house.container("here"), "container_state") == "unavailable")
    assert len(_told(caplog)) == 1, _told(caplog)
    result = await hass.config_entries.flow.async_configure(
        flows[0]["flow_id"], {"token": portainer.api_key}
    )
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    await until(lambda: house.value(house.container("here"), "container_state") == "running")
    await hass.config_entries.async_unload(entry.entry_id)

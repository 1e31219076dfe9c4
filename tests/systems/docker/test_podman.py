"""Podman behind the same API, with its own words and its own gaps."""

from collections.abc import AsyncGenerator
import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine, furnish
from tests.lab.portainer import Portainer

from .conftest import House, until
from .listening import Listener, streaming

pytest_plugins = ["tests.harness"]
pytestmark = pytest.mark.usefixtures("all_entities_enabled")


@pytest.fixture(params=["podman-4", "podman"])
async def podman(
    request: pytest.FixtureRequest, socket_enabled: None
) -> AsyncGenerator[SimulatedEngine]:
    """Give Podman 4.3 and 5.4 in turn, without containers."""
    async with SimulatedEngine(dialect=request.param) as engine:
        engine.restart_delay = None
        yield engine


@pytest.fixture
async def house(
    hass: HomeAssistant, podman: SimulatedEngine, set_up: SetUp
) -> AsyncGenerator[House]:
    """Give the furnished household on Podman, its stream standing."""
    furnish(podman)
    entry = await set_up("docker", url=podman.url)
    house = House(hass, entry)
    await streaming(house)
    yield house
    await hass.config_entries.async_unload(entry.entry_id)


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and ("home_server_monitor" in record.name or record.exc_info)
        and "not been tested by Home Assistant" not in record.getMessage()
    ]


async def test_everything_loads(
    house: House, podman: SimulatedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    device = house.device(())
    assert isinstance(device, dr.DeviceEntry)
    assert (device.manufacturer, device.model) == ("Podman", "Podman host")
    assert device.sw_version == podman.dialect.version
    for container in podman.containers.values():
        key = f"{container.project}/{container.service}" if container.project else container.name
        path = house.container(key)
        word = {"stopped": "exited"}.get(container.status, container.status)
        assert house.value(path, "container_state") == word
        assert house.value(path, "container_image") == container.image_ref
    for group in house.entry.runtime_data.coordinators.values():
        await house.refresh(group.group.key)
        assert not group.failures, group.group.key
    assert house.value((), "disk_images") not in ("unknown", "unavailable")
    assert house.value((), "engine_api_version") == "1.41"
    assert _told(caplog) == []


async def test_usage(house: House, podman: SimulatedEngine) -> None:
    path = house.container("media/sonarr")
    usage = podman.find("sonarr").usage
    usage.set(cpu=1_000_000_000, memory=50_000_000, system=100_000_000_000)
    await house.refresh("usage")
    usage.set(cpu=3_000_000_000, system=140_000_000_000)
    await house.refresh("usage")
    assert float(house.value(path, "container_cpu")) == 5.0
    assert float(house.value(path, "container_cpu_cores")) == 20.0
    assert float(house.value(path, "container_memory")) == pytest.approx(50_000_000 / 1024**2)
    assert house.value(house.container("backup"), "container_memory") == "unknown"


async def test_end_and_start(house: House, podman: SimulatedEngine) -> None:
    """The state after the end is "stopped" in Podman 4, the exit code has another name."""
    path = house.container("media/sonarr")
    listener = Listener(house, path)
    podman.find("sonarr").restart_policy = "no"
    podman.die("sonarr", 3)
    await listener.until("die")
    assert listener.told == [("die", {"exit_code": 3})]
    await until(lambda: house.value(path, "container_memory") == "unknown")
    await house.refresh("containers")
    assert house.value(path, "container_state") == "exited"
    assert house.value(path, "container_exit_code") == "3"
    await house.switch(path, "container_power", on=True)
    await house.until(path, "container_state", "running")
    assert listener.types == ["die", "start"]


async def test_podmans_own_words_for_events(
    house: House, podman: SimulatedEngine, clock: Clock
) -> None:
    """``died`` and ``remove`` are a death and a removal; what else it tells is nobody's news."""
    path = house.container("media/radarr")
    listener = Listener(house, path)
    radarr = podman.find("radarr")
    for noise in ("init", "cleanup", "exec_died", "mount", "sync"):
        podman.emit(radarr, noise)
    podman.emit(radarr, "died", containerExitCode="7")
    podman.remove("radarr")
    await listener.until("destroy")
    assert listener.told == [
        ("die", {"exit_code": 7}),
        ("kill", {"signal": "9"}),
        ("die", {"exit_code": 137}),
        ("destroy", {}),
    ]
    await house.until(path, "container_state", "removing")
    for _ in range(3):
        await clock.forward(11)
    await until(lambda: house.device(path) is None)


async def test_container_that_stopped_just_before_it_was_asked(
    house: House, podman: SimulatedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """Podman 4 answers with nothing and Podman 5 with 500: it costs that container's usage."""
    caplog.clear()
    with podman.bus.silence():
        podman.find("sonarr").restart_policy = "no"
        podman.die("sonarr", 0)
    await house.refresh("usage")
    assert house.value(house.container("media/radarr"), "container_memory") != "unavailable"
    await house.refresh("containers")
    await house.refresh("usage")
    assert house.value(house.container("media/sonarr"), "container_state") == "exited"
    assert house.value(house.container("media/sonarr"), "container_memory") == "unknown"
    assert len(_told(caplog)) <= 1, _told(caplog)


async def test_health_that_stays_starting(house: House, podman: SimulatedEngine) -> None:
    """Without systemd's timers Podman never runs a health check."""
    new = podman.add("checked", health="healthy", announce=True)
    path = house.container("checked")
    await until(lambda: house.device(path) is not None)
    await house.until(path, "container_health", "starting")
    await house.refresh("containers")
    assert house.value(path, "container_health") == "starting"
    assert new.health is not None
    assert house.value((), "host_unhealthy") == "1", "prowlarr, which was so before"


async def test_controls_and_logs(
    hass: HomeAssistant, house: House, podman: SimulatedEngine
) -> None:
    path = house.container("media/prowlarr")
    for key, state in (
        ("container_pause", "paused"),
        ("container_unpause", "running"),
        ("container_restart", "running"),
        ("container_kill", "exited"),
    ):
        await house.press(path, key)
        await house.until(path, "container_state", state)
    device = house.device(path)
    assert device is not None
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "get_container_logs",
        {"device_id": device.id, "search": "ERROR"},
        blocking=True,
        return_response=True,
    )
    (result,) = answer["results"]
    assert [line["text"] for line in result["lines"]] == ["[Error] HealthCheck: no indexer answers"]


async def test_behind_portainer(
    hass: HomeAssistant, podman: SimulatedEngine, set_up: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    furnish(podman)
    async with Portainer() as front:
        front.add_environment("attic", podman.url, engine="podman")
        entry = await set_up("portainer", url=front.url, token=front.api_key)
        house = House(hass, entry, ("environment:1",))
        device = house.device(house.host)
        assert isinstance(device, dr.DeviceEntry)
        assert device.model == "Podman environment"
        assert house.value(house.container("media/sonarr"), "container_state") == "running"
        assert _told(caplog) == []
        await hass.config_entries.async_unload(entry.entry_id)

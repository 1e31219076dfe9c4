"""An engine behind a socket proxy that permits the containers alone: no events, info or POST."""

from collections.abc import AsyncGenerator
import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest

from custom_components.home_server_monitor import async_sessions
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.docker import DOCKER
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine, SocketProxy

from .conftest import House, until

pytest_plugins = ["tests.harness"]
pytestmark = pytest.mark.usefixtures("all_entities_enabled")


@pytest.fixture
async def proxy(docker_engine: SimulatedEngine) -> AsyncGenerator[SocketProxy]:
    """Give a proxy that permits as little as an entry can do with."""
    async with SocketProxy(docker_engine.url, allow={"CONTAINERS"}, deny={"EVENTS"}) as proxy:
        yield proxy


@pytest.fixture
async def house(
    hass: HomeAssistant, docker_engine: SimulatedEngine, proxy: SocketProxy, set_up: SetUp
) -> AsyncGenerator[House]:
    """Give a loaded entry behind the proxy."""
    docker_engine.restart_delay = None
    docker_engine.add(name="web", health="healthy")
    docker_engine.add(name="db", project="app")
    house = House(hass, await set_up("docker", url=proxy.url))
    yield house
    await hass.config_entries.async_unload(house.entry.entry_id)


async def test_address_is_the_identity(
    hass: HomeAssistant, docker_engine: SimulatedEngine, proxy: SocketProxy
) -> None:
    client = await DOCKER.connect(
        {"url": f"tcp://me:pw@127.0.0.1:{proxy.port}"}, async_sessions(hass)
    )
    identity = await DOCKER.identify(client)
    assert identity.unique_id == proxy.url, "the address, without the password"
    assert identity.title == "127.0.0.1"
    assert not identity.stable
    proxy.allow.add("INFO")
    client = await DOCKER.connect({"url": proxy.url}, async_sessions(hass))
    identity = await DOCKER.identify(client)
    assert identity.stable
    assert identity.title == docker_engine.host_name


async def test_loads_with_what_it_may_read(
    house: House, proxy: SocketProxy, caplog: pytest.LogCaptureFixture
) -> None:
    assert house.entry.state is ConfigEntryState.LOADED
    device = house.device(())
    assert isinstance(device, dr.DeviceEntry)
    assert device.name == "127.0.0.1"
    assert house.value((), "host_running") == "2"
    assert house.value(house.container("web"), "container_state") == "running"
    assert house.value(house.container("web"), "container_health") == "healthy"
    assert float(house.value(house.container("web"), "container_memory")) > 0
    assert house.value(house.stack("app"), "stack_state") == "running"
    assert house.entity_id((), "engine_cpus") is None, "what may not be read is not shown"
    assert house.entity_id((), "disk_images") is None
    await house.refresh("updates")
    await _rights_are_told(house.hass)
    assert not [record for record in caplog.records if record.exc_info and record.levelno > 10]


async def _rights_are_told(hass: HomeAssistant) -> None:
    """Wait until the one repair issue names all that is missing."""
    missing = {"EVENTS", "INFO", "SYSTEM", "IMAGES"}
    await until(lambda: missing <= _rights(hass), 5, lambda: str(_rights(hass)))
    assert "CONTAINERS" not in _rights(hass)


def _rights(hass: HomeAssistant) -> set[str]:
    return {
        right
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.translation_placeholders
        for right in issue.translation_placeholders["right"].split(", ")
    }


async def test_what_is_refused_is_not_asked_again_and_again(
    house: House, proxy: SocketProxy, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await house.refresh("updates")
    await _rights_are_told(house.hass)
    caplog.clear()
    proxy.reset_counts()
    for _ in range(14):
        await clock.forward(61)
    assert proxy.count("/events") == 0
    assert proxy.count("/info") <= 1
    assert proxy.count("/system/df") == 0
    assert proxy.count("/images/json") == 0
    assert proxy.count("/containers/json") >= 10
    told = [one for one in caplog.records if one.levelno >= logging.WARNING and DOMAIN in one.name]
    assert told == []


@pytest.mark.parametrize(("name", "key"), [("web", "web"), ("db", "app/db")])
async def test_polling_notices_a_restart(
    name: str, key: str, house: House, docker_engine: SimulatedEngine
) -> None:
    """Whether or not a health check begins anew with it."""
    path = house.container(key)
    before = house.value(path, "container_started")
    docker_engine.restart(name)
    await house.refresh("containers")
    assert house.value(path, "container_state") == "running"
    assert house.value(path, "container_started") > before
    health = "starting" if name == "web" else "none"
    assert house.value(path, "container_health") == health


async def test_polling_notices_a_restart_loop(house: House, docker_engine: SimulatedEngine) -> None:
    path = house.container("web")
    docker_engine.find("web").restart_policy = "always"
    for _ in range(4):
        docker_engine.die("web", 1)
        docker_engine.come_back("web")
    await house.refresh("containers")
    assert house.value(path, "container_restart_count") == "4"
    assert house.value(path, "container_restart_loop") == "on"
    assert house.value((), "host_restart_loops") == "1"


async def test_polling_notices_a_stop(house: House, docker_engine: SimulatedEngine) -> None:
    path = house.container("app/db")
    docker_engine.die("db", 5)
    await house.refresh("containers")
    assert house.value(path, "container_state") == "exited"
    assert house.value(path, "container_exit_code") == "5"
    assert house.value(path, "container_memory") == "unknown"
    assert house.value(house.stack("app"), "stack_state") == "stopped"
    assert house.value((), "host_running") == "1"


@pytest.mark.parametrize("minutes", [0.5, 90])
async def test_polling_notices_a_change_of_health(
    minutes: float, house: House, docker_engine: SimulatedEngine
) -> None:
    path = house.container("web")
    docker_engine.clock.jump(minutes * 60)
    docker_engine.set_health("web", "unhealthy")
    await house.refresh("containers")
    assert house.value(path, "container_health") == "unhealthy"
    assert house.value(path, "container_problem") == "on"
    assert house.value((), "host_problem") == "on"
    docker_engine.set_health("web", "healthy")
    await house.refresh("containers")
    assert house.value(path, "container_health") == "healthy"


async def test_polling_notices_a_rename_a_recreation_and_a_removal(
    house: House, docker_engine: SimulatedEngine, clock: Clock
) -> None:
    docker_engine.rename("web", "www")
    new = docker_engine.recreate("db")
    device = house.device(house.container("app/db"))
    await house.refresh("containers")
    assert house.value(house.container("www"), "container_state") == "running"
    assert house.entry.runtime_data.items("containers")[house.container("app/db")].id == new.id
    assert house.device(house.container("app/db")) == device
    docker_engine.remove("www")
    for _ in range(3):
        await house.refresh("containers")
        await clock.forward(12)
    await until(lambda: house.device(house.container("www")) is None)
    assert house.device(house.container("web")) is None


async def test_control_that_is_not_permitted(
    hass: HomeAssistant, house: House, docker_engine: SimulatedEngine, proxy: SocketProxy
) -> None:
    path = house.container("web")
    with pytest.raises(HomeAssistantError) as raised:
        await house.press(path, "container_restart")
    assert raised.value.translation_domain == DOMAIN
    assert raised.value.translation_key == "missing_right"
    assert raised.value.translation_placeholders == {"detail": "POST"}
    assert "POST" in str(raised.value)
    with pytest.raises(HomeAssistantError):
        await house.switch(path, "container_power", on=False)
    assert docker_engine.find("web").status == "running"
    # What fails is the action alone: the entry goes on.
    assert house.entry.state is ConfigEntryState.LOADED
    assert house.value(path, "container_state") == "running"


async def test_single_action_that_is_permitted(
    house: House, docker_engine: SimulatedEngine, proxy: SocketProxy, clock: Clock
) -> None:
    """Without events the effect is looked for a moment after the action."""
    proxy.allow.add("ALLOW_RESTARTS")
    path = house.container("web")
    await house.switch(path, "container_power", on=False)
    assert docker_engine.find("web").status == "exited"
    await clock.forward(1)
    await house.until(path, "container_state", "exited")
    with pytest.raises(HomeAssistantError):
        await house.switch(path, "container_power", on=True)


async def test_proxy_that_hides_even_the_version(
    hass: HomeAssistant, docker_engine: SimulatedEngine, proxy: SocketProxy, set_up: SetUp
) -> None:
    """It is said which right is missing; granting it is enough."""
    proxy.allow.discard("VERSION")
    entry = await set_up("docker", url=proxy.url, unique_id="hidden")
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "missing_right"
    assert entry.error_reason_translation_placeholders == {"detail": "VERSION"}
    proxy.allow.add("VERSION")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.config_entries.async_unload(entry.entry_id)

"""What is installed and what is newest, as the entities tell it; a simulated engine and registry."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.systems.docker.update_check import _next_slot
from custom_components.home_server_monitor.systems.docker.updates import ContainerImage, Verdict
from tests.conftest import SetUp
from tests.harness import Clock
from tests.lab.docker import SimulatedEngine
from tests.lab.docker.model import Image
from tests.lab.portainer import Portainer
from tests.lab.registry import SimulatedRegistry

from .conftest import House

pytestmark = pytest.mark.usefixtures("all_entities_enabled")

VERSION = "org.opencontainers.image.version"
REVISION = "org.opencontainers.image.revision"
SOURCE = "org.opencontainers.image.source"
HOUR = 3600

type OpenHouse = Callable[[], Awaitable[House]]


@pytest.fixture
async def registry(socket_enabled: None) -> AsyncGenerator[SimulatedRegistry]:
    """Give an empty registry."""
    async with SimulatedRegistry() as server:
        yield server


@pytest.fixture
async def open_house(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    registry: SimulatedRegistry,
    set_up: SetUp,
    clock: Clock,
) -> AsyncGenerator[OpenHouse]:
    """Give a function that sets up the engine and waits for its first rounds."""
    entries = []

    async def run() -> House:
        entry = await set_up("docker", url=docker_engine.url)
        entries.append(entry)
        house = House(hass, entry)
        await house.refresh("updates")
        await house.refresh("updates")
        return house

    yield run
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)


def pushed(
    registry: SimulatedRegistry, name: str, version: str, *, built: str = "", **labels: str
) -> str:
    """Push an image behind the tag 1, and return its digest."""
    told = {VERSION: version, "built": built or version, **labels}
    return registry.push(name, "1", {"linux/amd64": told, "linux/arm64/v8": {VERSION: "other"}})


def run(
    engine: SimulatedEngine, registry: SimulatedRegistry, container: str, name: str = "app"
) -> Image:
    """Run a container of what the registry has behind the tag 1, as if pulled now."""
    made = engine.add(container, f"{registry.host}/{name}:1", version="1.0")
    made.image.digests = [f"{registry.host}/{name}@{registry.tags[name, '1']}"]
    return made.image


def verdict(house: House, key: str = "web") -> str:
    """Return what the diagnostic sensor says."""
    return house.value(house.container(key), "container_update_state")


def update(house: House, key: str = "web") -> tuple[str, str | None, str | None]:
    """Return the update entity's state, installed and latest version."""
    state = house.find(house.container(key), "container_update")
    assert state is not None
    return state.state, state.attributes["installed_version"], state.attributes["latest_version"]


async def test_a_new_build_of_a_version(
    open_house: OpenHouse,
    docker_engine: SimulatedEngine,
    registry: SimulatedRegistry,
    clock: Clock,
) -> None:
    """The revision tells it from the old one, as far as people can tell revisions."""
    old, new = "a" * 40, "b" * 40
    pushed(registry, "app", "1.0", **{REVISION: old})
    run(docker_engine, registry, "web").labels[REVISION] = old
    house = await open_house()
    assert update(house) == ("off", "1.0", "1.0")
    pushed(registry, "app", "1.0", built="again", **{REVISION: new})
    await clock.forward(37 * HOUR)
    await house.refresh("updates")
    assert update(house) == ("on", f"1.0 ({old[:12]})", f"1.0 ({new[:12]})")


async def test_a_version_may_be_skipped(
    hass: HomeAssistant,
    open_house: OpenHouse,
    docker_engine: SimulatedEngine,
    registry: SimulatedRegistry,
    clock: Clock,
) -> None:
    """As everywhere in Home Assistant: it is not offered any more, the next one is."""
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    house = await open_house()
    for version, state in (("1.1", "off"), ("1.2", "on")):
        pushed(registry, "app", version)
        await clock.forward(37 * HOUR)
        await house.refresh("updates")
        assert update(house)[0] == "on"
        if state == "off":
            target = {"entity_id": house.entity_id(house.container("web"), "container_update")}
            await hass.services.async_call("update", "skip", target, blocking=True)
        assert update(house) == (state, "1.0", version)


async def test_up_to_date(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    """It costs one HEAD a day."""
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    house = await open_house()
    assert verdict(house) == "up_to_date"
    assert update(house) == ("off", "1.0", "1.0")
    assert [one.method for one in registry.requests if one.status == 200] == ["HEAD"]


async def test_a_new_version(
    open_house: OpenHouse,
    docker_engine: SimulatedEngine,
    registry: SimulatedRegistry,
    clock: Clock,
) -> None:
    """It is told at the next check, which is within a day and a half; nothing is asked between."""
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    house = await open_house()
    pushed(registry, "app", "1.1", **{SOURCE: "https://github.com/lab/app"})
    registry.reset_counts()
    await clock.forward(11 * HOUR)
    await house.refresh("updates")
    assert not registry.requests
    await clock.forward(26 * HOUR)
    await house.refresh("updates")
    assert verdict(house) == "update_available"
    assert update(house) == ("on", "1.0", "1.1")
    state = house.find(house.container("web"), "container_update")
    assert state is not None
    assert state.attributes["release_url"] == "https://github.com/lab/app/releases"
    registry.reset_counts()
    await clock.forward(37 * HOUR)
    await house.refresh("updates")
    assert [one.method for one in registry.requests if one.status == 200] == ["HEAD"]
    assert update(house) == ("on", "1.0", "1.1")


async def test_another_build_of_the_same_version(
    open_house: OpenHouse,
    docker_engine: SimulatedEngine,
    registry: SimulatedRegistry,
) -> None:
    """The digest is shown, so that the change is seen."""
    old = pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    new = pushed(registry, "app", "1.0", built="again")
    house = await open_house()
    assert update(house) == ("on", f"1 ({old[7:19]})", f"1 ({new[7:19]})")


async def test_a_new_list_with_the_same_image_for_this_platform(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    """What was built for others only is no update here."""
    pushed(registry, "app", "1.0")
    image = run(docker_engine, registry, "web")
    _, image_id = registry.manifest("linux/amd64", {VERSION: "1.0", "built": "1.0"})
    docker_engine.images.pop(image.id, None)
    image.id = image_id
    registry.push(
        "app",
        "1",
        {"linux/amd64": {VERSION: "1.0", "built": "1.0"}, "linux/arm64/v8": {VERSION: "1.0.1"}},
    )
    house = await open_house()
    assert verdict(house) == "up_to_date"
    assert update(house) == ("off", "1.0", "1.0")


async def test_not_offered_for_this_machine(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    registry.push("app", "1", {"linux/arm64/v8": {VERSION: "2"}})
    house = await open_house()
    assert verdict(house) == "no_platform"
    assert update(house)[0] == "unknown"


async def test_what_is_not_followed(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    """Pinned, built here and opted out say so, are not asked for, and have no update entity."""
    digest = pushed(registry, "app", "1.0")
    name = f"{registry.host}/app"
    docker_engine.add("pinned", f"{name}:1").image_ref = f"{name}@{digest}"
    by_id = docker_engine.add("by-id", f"{name}:2")
    by_id.image_ref = by_id.image.id
    docker_engine.add("local", f"{name}:3").image.digests = []
    label = {"home_server_monitor.update": "False"}
    out = docker_engine.add("out", f"{name}:4", labels=label)
    out.image.digests = [f"{name}@sha256:{'1' * 64}"]
    house = await open_house()
    told = {"pinned": "pinned", "by-id": "pinned", "local": "local", "out": "opted_out"}
    assert {key: verdict(house, key) for key in told} == told
    for key in told:
        assert house.find(house.container(key), "container_update") is None
    assert not registry.requests


async def test_a_shared_image_is_asked_for_once(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    pushed(registry, "app", "1.0")
    for number in range(6):
        run(docker_engine, registry, f"web{number}")
    house = await open_house()
    assert registry.count("/manifests/", "HEAD") == 1
    assert {verdict(house, f"web{number}") for number in range(6)} == {"up_to_date"}


async def test_many_images_are_asked_for_little_by_little(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    for number in range(11):
        pushed(registry, f"app{number}", "1.0")
        run(docker_engine, registry, f"web{number}", f"app{number}")
    house = await open_house()
    for asked in (8, 11, 11):
        await house.refresh("updates")
        assert registry.count("/manifests/", "HEAD") >= asked
    assert registry.count("/manifests/", "HEAD") == 11


async def test_a_recreated_container_is_looked_at_at_once(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    """After an update the newer image is compared with what is newest then."""
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    newest = pushed(registry, "app", "1.1")
    house = await open_house()
    assert update(house) == ("on", "1.0", "1.1")
    name = f"{registry.host}/app"
    docker_engine.offer(f"{name}:1", labels={VERSION: "1.1"}).digests = [f"{name}@{newest}"]
    docker_engine.images[f"{name}:1"] = docker_engine.registry[f"{name}:1"]
    docker_engine.recreate("web")
    await house.until(house.container("web"), "container_update_state", "up_to_date")
    assert update(house) == ("off", "1.1", "1.1")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("unauthorized", "refused"),
        ("forbidden", "refused"),
        ("not_found", "not_found"),
        ("too_many", "rate_limited"),
        ("server_error", "bad_answer"),
        ("garbage", "bad_answer"),
    ],
)
async def test_a_registry_with_a_fault(
    open_house: OpenHouse,
    docker_engine: SimulatedEngine,
    registry: SimulatedRegistry,
    fault: str,
    told: str,
    clock: Clock,
) -> None:
    """It says why nothing is known, nobody else suffers, and it is asked again later."""
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    getattr(registry.faults, fault)("/v2/")
    async with SimulatedRegistry() as other:
        pushed(other, "app", "1.0")
        run(docker_engine, other, "well")
        house = await open_house()
        assert verdict(house) == told
        assert update(house)[0] == "unknown"
        assert verdict(house, "well") == "up_to_date"
        assert house.value(house.container("web"), "container_state") == "running"
        assert house.entry.runtime_data.coordinators["updates"].last_update_success
        registry.faults.clear()
        await clock.forward(37 * HOUR)
        await house.refresh("updates")
        assert verdict(house) == "up_to_date"


async def test_a_registry_that_only_the_engine_reaches(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    """No name is known in tests: the engine asks in our place, and says less."""
    made = docker_engine.add("web", "lab/app:1", version="1.0")
    old = made.image.digests[0].partition("@")[2]
    new = docker_engine.offer("lab/app:1").digests[0].partition("@")[2]
    house = await open_house()
    assert verdict(house) == "update_available"
    assert update(house) == ("on", f"1 ({old[7:19]})", f"1 ({new[7:19]})")


async def test_nobody_reaches_the_registry(
    open_house: OpenHouse, docker_engine: SimulatedEngine, registry: SimulatedRegistry
) -> None:
    docker_engine.add("web", "lab/app:1")
    docker_engine.faults.server_error("/distribution/")
    house = await open_house()
    assert verdict(house) == "unreachable"
    docker_engine.faults.clear()
    assert house.value(house.container("web"), "container_state") == "running"


async def test_the_loopback_of_another_machine_is_not_ours(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    portainer: Portainer,
    registry: SimulatedRegistry,
    set_up: SetUp,
) -> None:
    """Behind Portainer 127.0.0.1 is somebody else's."""
    pushed(registry, "app", "1.0")
    run(docker_engine, registry, "web")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    house = House(hass, entry, ("environment:1",))
    await house.refresh("updates")
    await house.refresh("updates")
    assert not registry.requests
    assert verdict(house) == "up_to_date"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_images_may_not_be_listed(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    """Whoever enabled what needs them is told; the rest goes on."""
    docker_engine.add("web")
    docker_engine.faults.forbidden("/images/json")
    house = House(hass, await set_up("docker", url=docker_engine.url))
    await house.refresh("updates")
    web = house.container("web")
    assert house.entity_id(web, "container_update_state")
    assert house.entry.runtime_data.coordinators["updates"].missing_right
    assert house.value(web, "container_state") == "running"
    await hass.config_entries.async_unload(house.entry.entry_id)


def test_every_image_has_its_time_of_day() -> None:
    """Once a day, not all at one time, and never twice within half a day."""
    now = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
    hours = set()
    for number in range(200):
        first = _next_slot(f"app{number}", now)
        assert timedelta(hours=12) <= first - now < timedelta(hours=36)
        assert _next_slot(f"app{number}", first) - first == timedelta(days=1)
        hours.add(first.hour)
    assert len(hours) == 24


def test_versions_are_told_only_when_known() -> None:
    """Nothing is made up for an image that was not looked at."""
    image = ContainerImage(container_id="1", name="app:1")
    assert (image.installed, image.latest) == (None, None)
    assert not Verdict.PINNED.is_followed

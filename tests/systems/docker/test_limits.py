"""Limits: applied and read back, refused with a reason, told where the engine cannot change them."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
import voluptuous as vol

from custom_components.home_server_monitor.const import CONF_ALLOW_CONTROL, CONF_INCLUDE, DOMAIN
from tests.conftest import SetUp
from tests.harness import container, coordinator, device, sentence, until, value
from tests.lab.docker import SimulatedEngine
from tests.lab.docker.usage import Usage, Wave
from tests.lab.portainer import Portainer

GIB = 1 << 30
MIB = 1 << 20


async def call(
    hass: HomeAssistant, entry: ConfigEntry, action: str, name: str, **data: Any
) -> dict[str, Any]:
    """Call an action on a container and return its answer."""
    target = device(hass, entry, container(name))
    assert target is not None
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": target.id, **data},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    results: Any = answer["results"]
    assert len(results) == 1
    found: dict[str, Any] = results[0]
    return found


async def refusal(
    hass: HomeAssistant, entry: ConfigEntry, name: str, **data: Any
) -> tuple[str, str]:
    """Return the key and the sentence that a quota is refused with."""
    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, entry, "apply_quota", name, **data)
    key = str(caught.value.translation_key)
    words = await sentence(
        hass, "exceptions", f"exceptions.{key}.message", caught.value.translation_placeholders
    )
    return key, words


async def test_given_limits_are_set_and_read_back(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, all_entities_enabled: None
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    assert value(hass, entry, container("web"), "container_memory_limit") == "unknown"
    answer = await call(hass, entry, "apply_quota", "web", cpus=1.5, memory="512m")
    assert answer["before"]["cpus"] is None
    assert answer["changes"] == {"cpus": 1.5, "memory": 512 * MIB, "memory_swap": GIB}
    assert "twice the memory" in answer["notes"][0]
    assert answer["after"]["cpus"] == 1.5
    assert answer["after"]["memory"] == 512 * MIB
    assert answer["not_applied"] == []
    assert docker_engine.find("web").nano_cpus == 1_500_000_000
    assert docker_engine.find("web").memory_limit == 512 * MIB
    await until(lambda: value(hass, entry, container("web"), "container_memory_limit") == "512.0")
    assert value(hass, entry, container("web"), "container_cpu_limit") == "1.5"


async def test_limits_are_shown_without_a_stream_of_events(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, all_entities_enabled: None
) -> None:
    docker_engine.faults.forbidden(r"/events")
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    await call(hass, entry, "apply_quota", "web", cpus=0.5)
    await until(lambda: value(hass, entry, container("web"), "container_cpu_limit") == "0.5")


@pytest.mark.parametrize(
    ("image", "cpus", "memory"),
    [
        ("lscr.io/linuxserver/plex:latest", 4, 8 * GIB),
        ("lscr.io/linuxserver/sonarr:4", 1, 2 * GIB),
        ("ghcr.io/hotio/prowlarr", 0.5, GIB),
        ("postgres:16", 1, 2 * GIB),
    ],
)
async def test_without_values_the_table_decides(
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    image: str,
    cpus: float,
    memory: int,
) -> None:
    docker_engine.add("app", image)
    entry = await set_up("docker", url=docker_engine.url)
    answer = await call(hass, entry, "apply_quota", "app")
    assert (answer["after"]["cpus"], answer["after"]["memory"]) == (cpus, memory)
    assert answer["not_applied"] == []
    again = await call(hass, entry, "apply_quota", "app")
    assert again["changes"] == {}


async def test_labels_change_the_table(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    prefix = "home_server_monitor.quota."
    labels = {f"{prefix}cpus": "3", f"{prefix}memory": "3g", f"{prefix}speed": "1"}
    docker_engine.add("sonarr", "linuxserver/sonarr", labels=labels)
    entry = await set_up("docker", url=docker_engine.url)
    answer = await call(hass, entry, "apply_quota", "sonarr")
    assert (answer["after"]["cpus"], answer["after"]["memory"]) == (3, 3 * GIB)
    assert any("quota.speed" in note for note in answer["notes"])


async def test_no_more_cpus_than_the_host_has(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("app", labels={"home_server_monitor.quota.cpus": "64"})
    entry = await set_up("docker", url=docker_engine.url)
    answer = await call(hass, entry, "apply_quota", "app")
    assert answer["after"]["cpus"] == 4
    assert "4 CPUs" in answer["notes"][0]


async def test_block_io_is_told_and_not_dropped(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("transmission", "linuxserver/transmission")
    entry = await set_up("docker", url=docker_engine.url)
    answer = await call(hass, entry, "apply_quota", "transmission")
    left = {(one["limit"], one["value"]) for one in answer["not_applied"]}
    assert left == {("io_read", 500_000_000), ("io_write", 500_000_000)}
    assert all("recreate" in one["reason"] for one in answer["not_applied"])
    assert answer["after"]["memory"] == GIB
    given = await call(hass, entry, "apply_quota", "transmission", io_read={"/dev/sda": "10m"})
    assert given["changes"] == {}
    assert given["not_applied"][0]["device"] == "/dev/sda"
    assert given["not_applied"][0]["value"] == 10 * MIB


async def test_dry_run_changes_nothing(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("plex", "plexinc/pms-docker")
    entry = await set_up("docker", url=docker_engine.url)
    answer = await call(hass, entry, "apply_quota", "plex", dry_run=True)
    assert answer["kind"] == "plex"
    assert answer["changes"] == {"cpus": 4, "memory": 8 * GIB, "memory_swap": 16 * GIB}
    assert answer["after"] is None
    assert not docker_engine.count(r"/update")
    assert docker_engine.find("plex").memory_limit == 0


async def test_memory_in_use_is_not_taken_away_unless_forced(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("db", usage=Usage(memory=Wave(600 * MIB)))
    entry = await set_up("docker", url=docker_engine.url)
    key, words = await refusal(hass, entry, "db", memory="512m")
    assert key == "refused_memory_in_use"
    assert "db uses 600 MiB" in words
    assert "512 MiB" in words
    with pytest.raises(HomeAssistantError):
        await call(hass, entry, "apply_quota", "db", memory="512m", dry_run=True)
    assert not docker_engine.count(r"/update")
    answer = await call(hass, entry, "apply_quota", "db", memory="512m", force=True)
    assert answer["after"]["memory"] == 512 * MIB


async def test_a_stopped_container_uses_nothing(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("db", state="exited", usage=Usage(memory=Wave(600 * MIB)))
    entry = await set_up("docker", url=docker_engine.url)
    answer = await call(hass, entry, "apply_quota", "db", memory="512m")
    assert answer["after"]["memory"] == 512 * MIB


async def test_what_the_engine_refuses_is_said_in_words(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("web", memory_limit=64 * MIB)
    entry = await set_up("docker", url=docker_engine.url)
    key, words = await refusal(hass, entry, "web", memory="5m", force=True)
    assert key == "refused_memory_too_small"
    assert "6MB" in words
    key, words = await refusal(hass, entry, "web", memory="1g")
    assert key == "refused_memory_above_swap"
    assert "swap" in words
    answer = await call(hass, entry, "apply_quota", "web", memory="1g", memory_swap="2g")
    assert answer["after"]["memory_swap"] == 2 * GIB
    key, _ = await refusal(hass, entry, "web", memory="1536m", memory_swap="1g")
    assert key == "refused_memory_above_swap"


async def test_the_table_raises_the_swap_with_the_memory(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("web", memory_limit=64 * MIB)
    entry = await set_up("docker", url=docker_engine.url)
    answer = await call(hass, entry, "apply_quota", "web")
    assert answer["after"]["memory"] == 2 * GIB
    assert answer["after"]["memory_swap"] == 4 * GIB
    assert "swap" in answer["notes"][0]


async def test_podman_without_update(
    hass: HomeAssistant, set_up: SetUp, socket_enabled: None
) -> None:
    async with SimulatedEngine(dialect="podman-4") as engine:
        engine.add("web")
        entry = await set_up("docker", url=engine.url)
        key, words = await refusal(hass, entry, "web", cpus=1)
        assert key == "refused_limits_unsupported"
        assert "Podman 4.3.1 cannot" in words
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_container_that_is_gone_is_another_matter(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    docker_engine.faults.not_found(r"/containers/[0-9a-f]+/")
    key, _ = await refusal(hass, entry, "web", cpus=1)
    assert key == "not_found"


async def test_control_has_to_be_allowed(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url, options={CONF_ALLOW_CONTROL: False})
    key, _ = await refusal(hass, entry, "web", cpus=1)
    assert key == "control_not_allowed"
    assert (await call(hass, entry, "get_quota_compliance", "web"))["verdict"]


@pytest.mark.parametrize(
    "data",
    [
        {"cpus": 0},
        {"memory": "much"},
        {"memory": "-1"},
        {"memory_swap": "-2"},
        {"pids": 0},
        {"io_read": {"sda": "1m"}},
        {"io_read": {"/dev/sda": "fast"}},
    ],
)
async def test_values_that_mean_nothing(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, data: dict[str, Any]
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    with pytest.raises(vol.Invalid):
        await call(hass, entry, "apply_quota", "web", **data)


async def test_compliance(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("db", memory_limit=GIB, usage=Usage(memory=Wave(1000 * MIB)))
    entry = await set_up("docker", url=docker_engine.url)
    await coordinator(entry, "usage").async_refresh()
    answer = await call(hass, entry, "get_quota_compliance", "db")
    assert answer["verdict"] == "near"
    memory = next(one for one in answer["resources"] if one["resource"] == "memory")
    assert memory["limit"] == GIB
    assert memory["quota"] == 2 * GIB
    assert memory["usage"] == memory["peak"] == 1000 * MIB
    assert "almost all" in memory["reason"]
    assert answer["peak_since"]


async def test_compliance_without_polling(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("db", usage=Usage(memory=Wave(3 * GIB)))
    entry = await set_up("docker", url=docker_engine.url, options={CONF_INCLUDE: []})
    answer = await call(hass, entry, "get_quota_compliance", "db")
    assert answer["verdict"] == "over"
    assert answer["peak_since"] is None


async def test_peak_outlives_a_stop_and_over_quota_is_a_problem(
    hass: HomeAssistant,
    set_up: SetUp,
    docker_engine: SimulatedEngine,
    all_entities_enabled: None,
) -> None:
    db = docker_engine.add("db", usage=Usage(memory=Wave(3 * GIB)))
    entry = await set_up("docker", url=docker_engine.url)
    await coordinator(entry, "usage").async_refresh()
    assert value(hass, entry, container("db"), "container_over_quota") == "on"
    docker_engine.stop("db")
    await until(lambda: value(hass, entry, container("db"), "container_over_quota") == "unknown")
    db.usage.memory = Wave(GIB)
    docker_engine.start("db")
    await until(lambda: value(hass, entry, container("db"), "container_state") == "running")
    await coordinator(entry, "usage").async_refresh()
    await hass.async_block_till_done()
    assert value(hass, entry, container("db"), "container_over_quota") == "off"
    answer = await call(hass, entry, "get_quota_compliance", "db")
    memory = next(one for one in answer["resources"] if one["resource"] == "memory")
    assert (memory["usage"], memory["peak"]) == (GIB, 3 * GIB)


async def test_what_the_engine_does_not_keep_is_told(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    body = b'{"Warnings": ["Your kernel does not support it."]}'
    with docker_engine.faults.status(200, r"/update", body=body):
        answer = await call(hass, entry, "apply_quota", "web", cpus=2, pids=100)
    assert answer["warnings"] == ["Your kernel does not support it."]
    assert {one["limit"] for one in answer["not_applied"]} == {"cpus", "pids"}
    assert all("shows no limit" in one["reason"] for one in answer["not_applied"])
    assert answer["after"]["cpus"] is None


async def test_one_procedure_at_a_time(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine
) -> None:
    docker_engine.add("web")
    entry = await set_up("docker", url=docker_engine.url)
    done = asyncio.Event()
    workshop = entry.runtime_data.workshop
    update = asyncio.create_task(workshop.run(container("web"), done.wait()))
    await asyncio.sleep(0)
    key, _ = await refusal(hass, entry, "web", cpus=1)
    assert key == "busy"
    assert (await call(hass, entry, "apply_quota", "web", cpus=1, dry_run=True))["changes"]
    done.set()
    await update


@pytest.mark.parametrize("told", [True, False])
async def test_cores_of_the_host_are_asked_for_where_they_are_not_read(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, told: bool
) -> None:
    docker_engine.add("app", labels={"home_server_monitor.quota.cpus": "64"})
    entry = await set_up("docker", url=docker_engine.url, options={CONF_INCLUDE: []})
    if not told:
        docker_engine.faults.forbidden(r"/info")
    answer = await call(hass, entry, "apply_quota", "app")
    assert answer["after"]["cpus"] == (4 if told else 64)


async def test_through_portainer(
    hass: HomeAssistant, set_up: SetUp, docker_engine: SimulatedEngine, portainer: Portainer
) -> None:
    docker_engine.add("web")
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key)
    (environment,) = entry.runtime_data.client.engines
    target = device(hass, entry, container("web", environment))
    assert target is not None
    answer = await hass.services.async_call(
        DOMAIN,
        "apply_quota",
        {"device_id": target.id, "memory": "1g"},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    assert docker_engine.find("web").memory_limit == GIB

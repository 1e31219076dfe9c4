"""The integration against a real Docker Engine: straight, by socket, and through Portainer."""

import asyncio
from datetime import UTC, datetime, timedelta
import json
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.docker import tree
from tests.conftest import SetUp
from tests.lab.real import RealEngine

from .conftest import House, OpenDoor, until

pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("docker"),
    pytest.mark.usefixtures("all_entities_enabled"),
]


async def _ask(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call the engine's own API from a thread, as somebody at a terminal would."""
    return await asyncio.to_thread(function, *arguments, **options)


async def test_every_value_is_the_engines_own(door: OpenDoor, real_docker: RealEngine) -> None:
    """Each entity says what inspect says."""
    await _ask(real_docker.household)
    await _ask(real_docker.wait_for, "site-db-1", lambda s: s["Health"]["Status"] == "healthy")
    await _ask(real_docker.wait_for, "done", lambda s: s["Status"] == "exited")
    house = await door()
    names = {
        "site/web": "site-web-1",
        "site/db": "site-db-1",
        "chatty": "chatty",
        "term": "term",
        "done": "done",
        "plain": "plain",
    }
    for key, name in names.items():
        shown = await _ask(real_docker.inspect, name)
        _compare(house, house.container(key), shown)
    version = (await _ask(real_docker.call, "GET", "/version"))["Version"]
    info = await _ask(real_docker.call, "GET", "/info")
    assert house.value(house.host, "host_version") == version
    assert house.value(house.host, "engine_images") == str(info["Images"])
    assert house.value(house.stack("site"), "stack_state") == "running"
    assert house.value(house.stack("site"), "stack_running") == "2"
    assert int(house.value(house.host, "host_running")) in (5, 6)  # "loop" comes and goes
    assert int(house.value(house.host, "host_stopped")) in (1, 2)


def _compare(house: House, path: tuple[str, ...], shown: dict[str, Any]) -> None:
    state = shown["State"]
    assert house.value(path, "container_state") == state["Status"]
    health = state.get("Health", {}).get("Status", "none") if state["Running"] else "none"
    assert house.value(path, "container_health") == health
    assert house.value(path, "container_image") == shown["Config"]["Image"]
    assert house.value(path, "container_restart_count") == str(shown["RestartCount"])
    assert house.value(path, "container_out_of_memory") == ("on" if state["OOMKilled"] else "off")
    if state["Running"]:
        started = datetime.fromisoformat(state["StartedAt"]).replace(microsecond=0)
        assert datetime.fromisoformat(house.value(path, "container_started")) == started
        assert house.value(path, "container_exit_code") == "unknown"
    else:
        assert house.value(path, "container_started") == "unknown"
        assert house.value(path, "container_exit_code") == str(state["ExitCode"])
    bindings = [
        f"{binding['HostIp']}:{binding['HostPort']}->{inside}"
        for inside, published in (shown["NetworkSettings"]["Ports"] or {}).items()
        for binding in published or ()
    ]
    found = house.find(path, "container_ports")
    assert (found.state if found else "") == ", ".join(sorted(bindings))


async def test_usage_is_what_docker_stats_counts(door: OpenDoor, real_docker: RealEngine) -> None:
    """CPU, memory, network and disk come from the same counters that ``docker stats`` reads."""
    busy = "while :; do :; done"
    await _ask(
        real_docker.run,
        "busy",
        busy,
        more={"HostConfig": {"NanoCpus": 500_000_000, "NetworkMode": "none"}},
    )
    await _ask(real_docker.household)
    house = await door()
    path = house.container("busy")
    await asyncio.sleep(1)
    await house.refresh("usage")
    cpus = (await _ask(real_docker.call, "GET", "/info"))["NCPU"]
    # Half a core, by the engine's own limit.
    assert float(house.value(path, "container_cpu")) == pytest.approx(50 / cpus, rel=0.3)
    assert float(house.value(path, "container_cpu_cores")) == pytest.approx(50, rel=0.3)
    stats = await _ask(real_docker.stats, "site-db-1")
    memory = stats["memory_stats"]
    inactive = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file"))
    used = memory["usage"] - inactive
    database = house.container("site/db")
    shown = house.find(database, "container_memory")
    assert shown is not None
    assert float(shown.state) * 1024**2 == pytest.approx(used, rel=0.2)
    percent = 100 * used / (1 << 26)
    assert float(house.value(database, "container_memory_percent")) == pytest.approx(
        percent, rel=0.2
    )
    received = (await _ask(real_docker.stats, "site-web-1"))["networks"]["eth0"]["rx_bytes"]
    web = house.container("site/web")
    assert float(house.value(web, "container_network_received")) * 1024**2 == pytest.approx(
        received, rel=0.2, abs=500
    )
    assert house.value(web, "container_network_receive_rate") != "unknown"
    assert house.value(house.container("plain"), "container_network_received") == "unknown"
    for key in ("container_cpu", "container_memory", "container_block_read"):
        assert house.value(house.container("done"), key) == "unknown"
    assert float(house.value(house.host, "host_cpu")) >= float(house.value(path, "container_cpu"))


async def test_changes_are_seen_within_a_tenth_of_a_second(
    door: OpenDoor, real_docker: RealEngine
) -> None:
    """A stop, a start and a change of health are shown that soon after the engine's event."""
    await _ask(real_docker.run, "plain")
    await _ask(real_docker.run, "sick", healthcheck=True)
    house = await door()
    await _streaming(house)
    plain, sick = house.container("plain"), house.container("sick")
    delays: dict[str, list[float]] = {"die": [], "start": [], "unhealthy": [], "healthy": []}
    for _ in range(3):
        began = datetime.now(UTC)
        await _ask(real_docker.act, "kill", "plain")
        state = await house.until(plain, "container_state", "exited")
        delays["die"].append(await _delay(real_docker, began, "die", "plain", state.last_changed))
        began = datetime.now(UTC)
        await _ask(real_docker.act, "start", "plain")
        state = await house.until(plain, "container_state", "running")
        delays["start"].append(
            await _delay(real_docker, began, "start", "plain", state.last_changed)
        )
    for healthy, word in ((False, "unhealthy"), (True, "healthy"), (False, "unhealthy")):
        await house.until(sick, "container_health", "unhealthy" if healthy else "healthy")
        began = datetime.now(UTC)
        await _ask(real_docker.set_healthy, "sick", healthy)
        state = await house.until(sick, "container_health", word)
        event = f"health_status: {word}"
        delays[word].append(await _delay(real_docker, began, event, "sick", state.last_changed))
    # Other tests share the machine: the quickest of each shows what the integration itself takes.
    assert {word: min(times) < 0.1 for word, times in delays.items()} == dict.fromkeys(
        delays, True
    ), delays


async def _streaming(house: House) -> None:
    watcher = house.entry.runtime_data.coordinators["containers"].watcher
    await until(lambda: watcher.open_count == 1)


async def _delay(
    engine: RealEngine, since: datetime, action: str, name: str, shown: datetime
) -> float:
    """Return the seconds from the engine's own time of the event to the state in Home Assistant."""
    now = datetime.now(UTC).timestamp() + 1
    query = f"since={since.timestamp():.9f}&until={now:.9f}"
    reply = await _ask(engine.request, "GET", f"/events?{query}")
    events = [json.loads(line) for line in reply.body.splitlines() if line.strip()]
    times: list[float] = [
        event["timeNano"] / 10**9
        for event in events
        if event["Action"] == action and event["Actor"]["Attributes"]["name"] == name
    ]
    assert times, (action, events)
    return shown.timestamp() - times[0]


async def test_recreation_keeps_everything(
    hass: HomeAssistant, door: OpenDoor, real_docker: RealEngine
) -> None:
    """A container that is made anew is the same device with the same entities."""
    old = await _ask(real_docker.run, "app-web-1", project="app", service="web")
    house = await door()
    await _streaming(house)
    path = house.container("app/web")
    device = house.device(path)
    assert device is not None
    before = _entities(hass, device.id)
    # As Compose does it: the new one is made first, the old one goes, the new one takes its name.
    new = await _ask(real_docker.create, "x_app-web-1", project="app", service="web")
    await asyncio.sleep(0.3)
    assert house.value(path, "container_state") == "running"
    await _ask(real_docker.remove, old)
    await _ask(real_docker.call, "POST", f"/containers/{new}/rename?name=app-web-1")
    await _ask(real_docker.act, "start", new)
    await until(lambda: house.entry.runtime_data.items("containers")[path].id == new)
    await house.until(path, "container_state", "running")
    # And once more with a gap, as somebody does it by hand.
    await _ask(real_docker.remove, new)
    await house.until(path, "container_state", "removing")
    await house.refresh("containers")
    await _ask(real_docker.run, "app-web-1", project="app", service="web")
    await house.until(path, "container_state", "running")
    await house.refresh("containers")
    now = house.device(path)
    assert now is not None
    assert now.id == device.id
    assert _entities(hass, device.id) == before


def _entities(hass: HomeAssistant, device_id: str) -> dict[str, str]:
    registry = er.async_get(hass)
    return {
        entity.unique_id: entity.entity_id
        for entity in er.async_entries_for_device(registry, device_id)
    }


async def test_removed_container_leaves(
    hass: HomeAssistant,
    door: OpenDoor,
    real_docker: RealEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A container that is removed goes with its device; the others stay."""
    monkeypatch.setattr(tree, "RECREATION", timedelta(seconds=1))
    await _ask(real_docker.run, "stays")
    await _ask(real_docker.run, "goes", project="short", service="goes")
    house = await door()
    await _streaming(house)
    goes = house.device(house.container("short/goes"))
    assert goes is not None
    await _ask(real_docker.remove, "goes")
    await house.until(house.container("short/goes"), "container_state", "removing")
    await until(lambda: house.device(house.container("short/goes")) is None)
    assert house.device(house.stack("short")) is None
    assert er.async_entries_for_device(er.async_get(hass), goes.id) == []
    assert house.value(house.container("stays"), "container_state") == "running"


async def test_switch_and_buttons_work(door: OpenDoor, real_docker: RealEngine) -> None:
    """What a person can press does what it says to the real container."""
    stay = 'trap "exit 0" TERM; while :; do sleep 0.1; done'
    await _ask(real_docker.run, "plain", stay)
    house = await door()
    await _streaming(house)
    path = house.container("plain")
    await house.switch(path, "container_power", on=False)
    await house.until(path, "container_state", "exited")
    await house.until(path, "container_exit_code", "0")
    assert (await _ask(real_docker.state, "plain"))["Running"] is False
    await house.switch(path, "container_power", on=True)
    await house.until(path, "container_state", "running")
    started = (await _ask(real_docker.state, "plain"))["StartedAt"]
    await house.press(path, "container_restart")
    assert (await _ask(real_docker.state, "plain"))["StartedAt"] > started
    await house.until(path, "container_state", "running")
    await house.press(path, "container_pause")
    await house.until(path, "container_state", "paused")
    await house.press(path, "container_unpause")
    await house.until(path, "container_state", "running")
    await house.press(path, "container_kill")
    await house.until(path, "container_state", "exited")
    await house.until(path, "container_exit_code", "137")


async def test_logs_return_both_streams(
    hass: HomeAssistant, door: OpenDoor, real_docker: RealEngine
) -> None:
    """The log comes as data, with or without a TTY, and can be searched."""
    await _ask(real_docker.household)
    house = await door()

    async def logs(key: str, **data: Any) -> list[dict[str, str]]:
        device = house.device(house.container(key))
        assert device is not None
        answer: Any = await hass.services.async_call(
            DOMAIN,
            "get_container_logs",
            {"device_id": device.id, **data},
            blocking=True,
            return_response=True,
        )
        (result,) = answer["results"]
        lines: list[dict[str, str]] = result["lines"]
        return lines

    await asyncio.sleep(0.5)
    lines = await logs("chatty", tail=10)
    assert {(line["stream"], line["text"]) for line in lines} == {
        ("stdout", "out"),
        ("stderr", "err"),
    }
    assert all(line["time"].startswith("20") for line in lines)
    assert {line["text"] for line in await logs("chatty", search="ERR")} == {"err"}
    assert [line["text"] for line in await logs("term")] == ["tty"]
    assert [line["text"] for line in await logs("done")] == ["bye"]
    assert await logs("done", since={"seconds": 0}) == []


async def test_restart_loop_is_told(door: OpenDoor, real_docker: RealEngine) -> None:
    """A container that crashes again and again is found by its restarts."""
    house = await door()
    await _streaming(house)
    await _ask(real_docker.run, "loop", "exit 3", restart="always")
    path = house.container("loop")
    await until(lambda: house.find(path, "container_restart_loop") is not None)
    await house.until(path, "container_restart_loop", "on", 20)
    assert house.value(path, "container_problem") == "on"
    assert house.value(house.host, "host_restart_loops") == "1"
    assert house.value(house.host, "host_problem") == "on"
    count = int(house.value(path, "container_restart_count"))
    assert 3 <= count <= (await _ask(real_docker.inspect, "loop"))["RestartCount"]


async def test_daemon_restart_loses_no_event(
    hass: HomeAssistant, door: OpenDoor, real_docker: RealEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """The daemon is restarted under us: containers live on, and events come once each."""
    stay = 'trap "exit 0" TERM; while :; do sleep 0.1; done'
    await _ask(real_docker.run, "plain", stay)
    house = await door()
    await _streaming(house)
    path = house.container("plain")
    seen: list[str] = []
    entity_id = house.entity_id(path, "container_event")

    @callback
    def note(event: Any) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"] is not None:
            seen.append(event.data["new_state"].attributes.get("event_type", ""))

    hass.bus.async_listen("state_changed", note)
    await _ask(real_docker.restart)
    # Before the stream stands again.
    await _ask(real_docker.act, "restart", "plain")
    await until(lambda: "restart" in seen, 20)
    await asyncio.sleep(0.5)
    words = [word for word in seen if word in ("die", "start", "restart")]
    assert words == ["die", "start", "restart"]
    assert house.value(path, "container_state") == "running"
    assert not [record for record in caplog.records if record.exc_info and record.levelno > 10]
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) <= 1


async def test_old_engine(hass: HomeAssistant, real_docker_old: RealEngine, set_up: SetUp) -> None:
    """Docker 20.10 answers the same questions."""
    await _ask(real_docker_old.reset)
    await _ask(real_docker_old.household)
    await _ask(real_docker_old.wait_for, "done", lambda s: s["Status"] == "exited")
    house = House(hass, await set_up("docker", url=real_docker_old.tcp_url))
    await _streaming(house)
    _compare(house, house.container("plain"), await _ask(real_docker_old.inspect, "plain"))
    _compare(house, house.container("done"), await _ask(real_docker_old.inspect, "done"))
    await house.refresh("usage")
    assert float(house.value(house.container("chatty"), "container_memory")) > 0
    await _ask(real_docker_old.act, "kill", "plain")
    await house.until(house.container("plain"), "container_state", "exited")
    assert await hass.config_entries.async_unload(house.entry.entry_id)

"""The audit of containers in Home Assistant: scores, actions, and issues with their "ignore"."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from tests.conftest import SetUp
from tests.harness import (
    ROOT,
    Clock,
    container,
    coordinator,
    device,
    sentence,
    until,
    value,
)
from tests.lab.docker import SimulatedEngine, SocketProxy
from tests.lab.docker.model import Container, Mount
from tests.lab.portainer import Portainer

WEB, TOOL = container("web"), container("tool")
OPTIONS = {"include": ["audit"]}
SOCKET = Mount("bind", "/var/run/docker.sock", "/var/run/docker.sock")
PASSWORD = "b7Xq93LmTz0PvKd5RsYw"

pytestmark = pytest.mark.usefixtures("all_entities_enabled")


def safe(engine: SimulatedEngine, name: str) -> Container:
    """Add a container about which there is nothing to say."""
    made = engine.add(
        name,
        image="lab/app:1.0",
        health="healthy",
        memory_limit=2**28,
        nano_cpus=10**9,
        restart_policy="unless-stopped",
    )
    made.config = {"User": "3000:3000"}
    made.host_config = {
        "SecurityOpt": ["no-new-privileges:true"],
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}},
    }
    return made


async def audited(hass: HomeAssistant, set_up: SetUp, engine: SimulatedEngine) -> ConfigEntry:
    entry: ConfigEntry = await set_up("docker", url=engine.url, options=OPTIONS)
    await _read(hass, entry)
    return entry


async def _read(hass: HomeAssistant, entry: ConfigEntry) -> None:
    await until(lambda: coordinator(entry, "audit").items)
    await hass.async_block_till_done()


def _issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the issues of audits that are active, by what was found."""
    return {
        (issue.translation_placeholders or {})["finding"]: issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active and issue.translation_key == "audit_critical"
    }


async def ask_audit(
    hass: HomeAssistant, entry: ConfigEntry, *path: str, **data: Any
) -> dict[str, Any]:
    found = device(hass, entry, path)
    assert found is not None
    answer = await hass.services.async_call(
        DOMAIN,
        "get_container_audit",
        {"device_id": found.id, **data},
        blocking=True,
        return_response=True,
    )
    assert isinstance(answer, dict)
    results = answer["results"]
    assert isinstance(results, list)
    (result,) = results
    assert isinstance(result, dict)
    return result


async def _remove_tool(
    hass: HomeAssistant, entry: ConfigEntry, engine: SimulatedEngine, clock: Clock
) -> None:
    """Remove the container, and let the time pass in which it may come back."""
    engine.remove("tool")
    await coordinator(entry, "containers").async_refresh()
    await clock.forward(12)
    await coordinator(entry, "containers").async_refresh()
    assert TOOL not in coordinator(entry, "containers").items
    await clock.forward(2)
    await until(lambda: not _issues(hass))


# --- Scores -------------------------------------------------------------------------------------


async def test_scores(hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp) -> None:
    safe(docker_engine, "web")
    safe(docker_engine, "tool").mounts.append(SOCKET)
    entry = await audited(hass, set_up, docker_engine)
    assert value(hass, entry, WEB, "container_audit_score") == "100"
    assert value(hass, entry, TOOL, "container_audit_score") == "60"
    # Half-way between the mean, 80, and the worst.
    assert value(hass, entry, ROOT, "host_audit_score") == "70"
    summary = coordinator(entry, "audit").items[ROOT]
    assert summary.findings == {"critical": 1, "high": 0, "medium": 0, "low": 0}


async def test_through_portainer(
    hass: HomeAssistant, docker_engine: SimulatedEngine, portainer: Portainer, set_up: SetUp
) -> None:
    host = ("environment:1",)
    safe(docker_engine, "tool").mounts.append(SOCKET)
    entry = await set_up("portainer", url=portainer.url, token=portainer.api_key, options=OPTIONS)
    await _read(hass, entry)
    assert value(hass, entry, host, "host_audit_score") == "60"
    assert value(hass, entry, container("tool", host), "container_audit_score") == "60"
    assert len(_issues(hass)) == 1
    assert (await ask_audit(hass, entry, *host))["score"] == 60
    await hass.config_entries.async_unload(entry.entry_id)
    assert _issues(hass) == {}


async def test_only_what_is_new_is_inspected(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, clock: Clock
) -> None:
    """A VPN that comes concerns the download client, which is not inspected again for that."""
    torrent = docker_engine.add("torrent", image="lscr.io/linuxserver/qbittorrent:5.1.4")
    safe(docker_engine, "web")
    entry = await audited(hass, set_up, docker_engine)
    before = int(value(hass, entry, container("torrent"), "container_audit_score"))
    docker_engine.reset_counts()
    docker_engine.add("vpn", image="qmcgaw/gluetun:v3.40", announce=True)
    await until(lambda: coordinator(entry, "containers").items.get(container("vpn")))
    await clock.forward(2)
    await until(lambda: coordinator(entry, "audit").items.get(container("vpn")))
    after = int(value(hass, entry, container("torrent"), "container_audit_score"))
    assert after == before - 15
    assert docker_engine.count(rf"/containers/{torrent.id}/json") == 0
    # Twice a day all of them are, and nothing in between.
    docker_engine.reset_counts()
    await clock.forward(11 * 3600)
    assert docker_engine.count(rf"/containers/{torrent.id}/json") == 0
    await clock.forward(3601)
    await until(lambda: docker_engine.count(rf"/containers/{torrent.id}/json") == 1)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_engine_that_sees_to_it(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    """Without the right to ask how the engine is set up, the containers are judged all the same."""
    web = safe(docker_engine, "web")
    web.config = {"User": "0"}
    async with SocketProxy(docker_engine.url, allow={"CONTAINERS", "EVENTS"}) as proxy:
        entry = await set_up("docker", url=proxy.url, options=OPTIONS)
        await _read(hass, entry)
        assert value(hass, entry, WEB, "container_audit_score") == "94"
        await hass.config_entries.async_unload(entry.entry_id)


# --- Issues -------------------------------------------------------------------------------------


async def test_issue_in_words(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    safe(docker_engine, "tool").mounts.append(SOCKET)
    entry = await audited(hass, set_up, docker_engine)
    (issue,) = _issues(hass).values()
    assert issue.severity is ir.IssueSeverity.ERROR
    assert not issue.is_fixable
    assert not issue.is_persistent
    for part in ("title", "description"):
        words = await sentence(
            hass, "issues", f"issues.audit_critical.{part}", issue.translation_placeholders
        )
        assert "tool" in words or "socket" in words.lower()
    await hass.config_entries.async_remove(entry.entry_id)
    assert not any(domain == DOMAIN for domain, _ in ir.async_get(hass).issues)


async def test_issue_goes_with_the_finding_and_with_the_container(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, clock: Clock
) -> None:
    tool = safe(docker_engine, "tool")
    tool.mounts.append(SOCKET)
    web = safe(docker_engine, "web")
    web.host_config |= {"Privileged": True}
    entry = await audited(hass, set_up, docker_engine)
    assert len(_issues(hass)) == 2
    web.host_config |= {"Privileged": False}
    await clock.forward(12 * 3600 + 2)
    await until(lambda: len(_issues(hass)) == 1)
    await _remove_tool(hass, entry, docker_engine, clock)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_ignored_stays_ignored(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, clock: Clock
) -> None:
    """What is ignored stays so over reloads, and a container that is gone for a while."""
    safe(docker_engine, "tool").mounts.append(SOCKET)
    entry = await audited(hass, set_up, docker_engine)
    (issue,) = _issues(hass).values()
    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, True)

    await hass.config_entries.async_reload(entry.entry_id)
    await _read(hass, entry)
    (again,) = _issues(hass).values()
    assert again.issue_id == issue.issue_id
    assert again.dismissed_version

    await _remove_tool(hass, entry, docker_engine, clock)
    safe(docker_engine, "tool").mounts.append(SOCKET)
    await coordinator(entry, "containers").async_refresh()
    await clock.forward(2)
    await until(lambda: _issues(hass))
    (back,) = _issues(hass).values()
    assert back.dismissed_version

    # Who takes the "ignore" back is told again after the next reload.
    ir.async_ignore_issue(hass, DOMAIN, back.issue_id, False)
    await hass.config_entries.async_reload(entry.entry_id)
    await _read(hass, entry)
    (told,) = _issues(hass).values()
    assert not told.dismissed_version
    await hass.config_entries.async_unload(entry.entry_id)


async def test_another_finding_is_not_ignored(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    tool = safe(docker_engine, "tool")
    tool.mounts.append(Mount("bind", "/etc", "/host/etc"))
    entry = await audited(hass, set_up, docker_engine)
    (issue,) = _issues(hass).values()
    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, True)
    tool.mounts.append(Mount("bind", "/root", "/host/root"))
    await hass.config_entries.async_reload(entry.entry_id)
    await _read(hass, entry)
    (other,) = _issues(hass).values()
    assert other.issue_id != issue.issue_id
    assert not other.dismissed_version


# --- Actions ------------------------------------------------------------------------------------


async def test_get_container_audit_is_fresh(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    web = safe(docker_engine, "web")
    entry = await audited(hass, set_up, docker_engine)
    assert (await ask_audit(hass, entry, *WEB))["findings"] == []
    web.host_config |= {"Privileged": True}
    web.env.append(f"ADMIN_PASSWORD={PASSWORD}")
    result = await ask_audit(hass, entry, *WEB)
    assert result["name"] == "web"
    assert result["image"] == "lab/app:1.0"
    assert result["score"] == 45
    assert [finding["rule"] for finding in result["findings"]] == [
        "privileged",
        "secret_in_environment",
    ]
    assert all(finding[part] for finding in result["findings"] for part in ("text", "why", "fix"))
    assert PASSWORD not in str(result)
    await coordinator(entry, "audit").async_refresh()
    assert PASSWORD not in str(await async_get_config_entry_diagnostics(hass, entry))


async def test_get_container_audit_of_a_host_without_the_group(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    safe(docker_engine, "web")
    safe(docker_engine, "tool").mounts.append(SOCKET)
    entry = await set_up("docker", url=docker_engine.url, options={"include": []})
    assert value(hass, entry, ROOT, "host_audit_score") == "missing"
    result = await ask_audit(hass, entry)
    assert result["score"] == 70
    assert {one["name"]: one["score"] for one in result["containers"]} == {"web": 100, "tool": 60}
    assert result["unread"] == {}
    assert _issues(hass) == {}
    # Of the others only what is known is used.
    docker_engine.reset_counts()
    await ask_audit(hass, entry, *WEB)
    assert docker_engine.count(r"/containers/\w+/json") == 1

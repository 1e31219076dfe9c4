"""Repair issues: a right that a socket proxy withholds is named, and its absence costs only itself."""

from http import HTTPStatus

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import (
    ROOT,
    Clock,
    container,
    coordinator,
    device,
    entity_id,
    sentence,
    until,
    value,
)
from tests.lab.docker import SimulatedEngine, SocketProxy

WEB = container("web")


def _issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return our issues by the right that is missing."""
    found = {}
    for issue in ir.async_get(hass).issues.values():
        if issue.domain == DOMAIN and issue.active:
            assert issue.translation_placeholders
            found[issue.translation_placeholders["right"]] = issue
    return found


def _lines(caplog: pytest.LogCaptureFixture, right: str) -> list[str]:
    return [
        one.getMessage()
        for one in caplog.records
        if DOMAIN in one.name and one.levelname in ("WARNING", "ERROR") and right in one.message
    ]


async def _fix(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, issue: ir.IssueEntry
) -> None:
    """Go through the issue's flow as its dialog does."""
    assert await async_setup_component(hass, "repairs", {})
    client = await hass_client()
    path = "/api/repairs/issues/fix"
    answer = await client.post(path, json={"handler": DOMAIN, "issue_id": issue.issue_id})
    assert answer.status == HTTPStatus.OK
    form = await answer.json()
    assert form["type"] == "form", form
    assert form["step_id"] == "confirm"
    key = "issues.missing_right.fix_flow.step.confirm.description"
    words = await sentence(hass, "issues", key, form["description_placeholders"])
    assert issue.translation_placeholders
    assert issue.translation_placeholders["right"] in words
    answer = await client.post(f"{path}/{form['flow_id']}", json={})
    assert answer.status == HTTPStatus.OK
    assert (await answer.json())["type"] == "create_entry"
    await hass.async_block_till_done()


def _alive(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    return (
        value(hass, entry, WEB, "container_state") == "running"
        and value(hass, entry, WEB, "container_memory") not in ("unavailable", "unknown")
        and value(hass, entry, ROOT, "host_running") == "1"
    )


@pytest.mark.parametrize(
    ("right", "entity"),
    [("INFO", "engine_images"), ("SYSTEM", "disk_images"), ("EVENTS", None)],
)
async def test_missing_right(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    right: str,
    entity: str | None,
) -> None:
    docker_engine.add("web")
    allow = {"CONTAINERS", "INFO", "SYSTEM"} - {right}
    async with SocketProxy(docker_engine.url, allow=allow, deny={right}) as proxy:
        entry = await set_up("docker", url=proxy.url)
        await until(lambda: right in _issues(hass))
        for _ in range(4):
            await clock.forward(3601)
        await until(lambda: _alive(hass, entry))
        assert set(_issues(hass)) == {right}
        assert len(_lines(caplog, right)) == 1, _lines(caplog, right)
        assert entity is None or entity_id(hass, entry, ROOT, entity) is None

        proxy.allow.add(right)
        issue = _issues(hass)[right]
        title = await sentence(
            hass, "issues", "issues.missing_right.title", issue.translation_placeholders
        )
        assert title == "docker lacks a right"
        await _fix(hass, hass_client, issue)
        assert entry.state is ConfigEntryState.LOADED
        await until(lambda: entity is None or entity_id(hass, entry, ROOT, entity))
        if right == "EVENTS":
            await until(lambda: docker_engine.bus.listeners == 1)
        assert _issues(hass) == {}
        assert _alive(hass, entry)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_one_issue_names_all_and_goes_with_the_entry(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    docker_engine.add("web")
    async with SocketProxy(docker_engine.url, allow={"CONTAINERS"}, deny={"EVENTS"}) as proxy:
        entry = await set_up("docker", url=proxy.url)
        await until(lambda: set(_issues(hass)) == {"EVENTS, INFO, SYSTEM"})
        for right in ("INFO", "SYSTEM", "EVENTS"):
            assert len(_lines(caplog, right)) == 1, _lines(caplog, right)
        # Without events, the poll still finds out.
        docker_engine.pause("web")
        await clock.forward(61)
        await until(lambda: value(hass, entry, WEB, "container_state") == "paused")
        await hass.config_entries.async_remove(entry.entry_id)
        assert _issues(hass) == {}


async def test_right_that_comes_back_by_itself(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, clock: Clock
) -> None:
    """A right that was there before and is granted again needs no click, and nothing is lost."""
    async with SocketProxy(docker_engine.url, allow={"CONTAINERS", "INFO", "SYSTEM"}) as proxy:
        entry = await set_up("docker", url=proxy.url)
        proxy.allow.remove("INFO")
        await coordinator(entry, "engine").async_refresh()
        assert set(_issues(hass)) == {"INFO"}
        assert value(hass, entry, ROOT, "host_running") == "0"
        proxy.allow.add("INFO")
        await clock.forward(901)
        await until(lambda: _issues(hass) == {})
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("granted", [True, False])
async def test_right_without_which_nothing_goes(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    clock: Clock,
    granted: bool,
) -> None:
    docker_engine.add("web")
    async with SocketProxy(docker_engine.url, allow={"INFO", "SYSTEM"}) as proxy:
        entry = await set_up("docker", url=proxy.url)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert set(_issues(hass)) == {"CONTAINERS"}
        if granted:
            proxy.allow.add("CONTAINERS")
            await clock.forward(30)
            await until(lambda: entry.state.value == "loaded")
            await until(lambda: value(hass, entry, WEB, "container_state") == "running")
        else:
            await hass.config_entries.async_remove(entry.entry_id)
        assert _issues(hass) == {}
        assert bool(device(hass, entry, WEB)) == granted
        if granted:
            await hass.config_entries.async_unload(entry.entry_id)

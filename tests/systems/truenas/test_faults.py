"""What is left of a TrueNAS' entry when its server, its key or one of its methods misbehaves."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
import logging
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_SCAN_INTERVAL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_INCLUDE, DOMAIN
from custom_components.home_server_monitor.systems.truenas import TRUENAS
from tests.harness import ROOT, Clock, coordinator, until
from tests.lab.truenas import V24_04, V25_10, TrueNas

from .conftest import AddNas, every_version

pytestmark = pytest.mark.usefixtures("quick_loop")

HEART = "system"
GROUPS = [group.key for group in TRUENAS.groups]
READ_ONLY = {"READONLY_ADMIN"}
STEP = 12
"""Seconds; a sign of life comes after 25 and has to be answered within 12.5."""
FIVE_MIB = 5 * 1024 * 1024

TOGETHER = {
    "pool.query": {"pools", "datasets", "snapshots", "disks"},
    "pool.dataset.query": {"datasets", "snapshots"},
    "service.query": {"nas_services", "nas_ups"},
}
"""Methods that several groups cannot do without, and which."""

MALFORMED: dict[str, Any] = {
    "nothing": None,
    "a word": "garbage",
    "other items": [{"unknown": 1}, 7, None],
    "an empty object": {},
}


async def pass_by(hass: HomeAssistant, nas: TrueNas, clock: Clock, seconds: int) -> None:
    """Let time pass, in steps in which a sign of life is given and what was due is answered."""
    for _ in range(0, seconds, STEP):
        await clock.forward(STEP)
        with suppress(AssertionError):
            # A group that waits for what does not come holds nobody up.
            await until(lambda: not refreshing(), 1.0)
        await hass.async_block_till_done()
    asked = -1
    while asked != nas.calls.total():
        asked = nas.calls.total()
        await clock.forward(0)
        await hass.async_block_till_done()


def refreshing() -> bool:
    """Tell whether a group is being read."""
    return any("refresh" in task.get_name() for task in asyncio.all_tasks())


def state_of(entry: MockConfigEntry) -> ConfigEntryState:
    """Return an entry's state as it is now."""
    state: ConfigEntryState = entry.state
    return state


def broken(entry: MockConfigEntry) -> set[str]:
    """Return the groups that cannot be read at present."""
    coordinators = entry.runtime_data.coordinators
    return {key for key in coordinators if coordinators[key].is_failed(ROOT)}


def reauthentications(hass: HomeAssistant) -> int:
    """Return how many forms ask for a new key."""
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return sum(flow["context"]["source"] == SOURCE_REAUTH for flow in flows)


def repairs(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Return our repair issues about rights."""
    issues = ir.async_get(hass).issues.values()
    return [one for one in issues if one.domain == DOMAIN and "right" in one.issue_id]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return our warnings and errors; none may hold a traceback."""
    records = [one for one in caplog.records if DOMAIN in one.name and one.levelno > logging.INFO]
    assert not [one for one in records if one.exc_info]
    return [one.getMessage() for one in records if "custom integration" not in one.getMessage()]


@pytest.fixture
async def entry(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas, clock: Clock
) -> AsyncGenerator[MockConfigEntry]:
    """Give a loaded entry at rest, after the first minute."""
    entry = await add_nas(nas)
    await pass_by(hass, nas, clock, 70)
    yield entry
    nas.faults.clear()


@every_version
async def test_all_subjects_load(entry: MockConfigEntry, caplog: pytest.LogCaptureFixture) -> None:
    assert entry.state is ConfigEntryState.LOADED
    assert list(entry.runtime_data.coordinators) == GROUPS
    assert broken(entry) == set()
    assert all(coordinator(entry, key).complete for key in GROUPS)
    assert told(caplog) == []


@every_version
async def test_silence_is_no_reason_to_leave(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas, clock: Clock
) -> None:
    nas.idle_timeout = 60  # Which is what all but 26 have.
    entry = await add_nas(nas, options={CONF_INCLUDE: [], CONF_SCAN_INTERVAL: 600})
    for group in entry.runtime_data.coordinators.values():
        if group.watcher:
            group.watcher.async_stop()
    await pass_by(hass, nas, clock, 20)
    nas.reset_counts()
    for _ in range(0, 200, STEP):
        await clock.forward(STEP)
    assert (nas.idle_drops, nas.connected, len(nas.sessions)) == (0, 0, 1)


@every_version
async def test_long_answers(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry, clock: Clock
) -> None:
    nas.faults.changed("^system.info$", lambda info: {**info, "padding": "x" * FIVE_MIB})
    nas.reset_counts()
    await pass_by(hass, nas, clock, 130)
    assert nas.bytes_sent > FIVE_MIB
    assert (broken(entry), nas.connected) == (set(), 0)


@every_version
@pytest.mark.parametrize("way", ["expire", "revoke"])
async def test_key_that_is_no_good_any_more(
    hass: HomeAssistant,
    nas: TrueNas,
    entry: MockConfigEntry,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    way: str,
) -> None:
    getattr(nas.keys, way)(nas.admin)
    nas.reset_counts()
    await pass_by(hass, nas, clock, 130)
    assert reauthentications(hass) == 1
    logins = len(nas.logins)
    assert 1 <= logins <= 3, nas.logins
    for _ in range(4):
        await clock.forward(300)
    assert len(nas.logins) == logins
    assert len(told(caplog)) == 1, told(caplog)


@every_version
async def test_wrong_key_from_the_start(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas, clock: Clock
) -> None:
    entry = await add_nas(nas, api_key="1-wrong")
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert reauthentications(hass) == 1
    logins = len(nas.logins)
    assert logins <= 3
    await clock.forward(600)
    assert len(nas.logins) == logins


@every_version
async def test_too_many_attempts_by_others(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas, clock: Clock
) -> None:
    for name in ("auth.login_ex", "auth.login_with_api_key"):
        nas.faults.error("EBUSY", f"^{name}$", reason="Rate Limit Exceeded")
    entry = await add_nas(nas)
    assert state_of(entry) is ConfigEntryState.SETUP_RETRY
    assert reauthentications(hass) == 0
    assert nas.connected <= 3
    nas.faults.clear()
    for _ in range(10):
        await pass_by(hass, nas, clock, 60)
    assert state_of(entry) is ConfigEntryState.LOADED


@every_version
async def test_key_that_may_only_read(
    hass: HomeAssistant,
    nas: TrueNas,
    add_nas: AddNas,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = nas.keys.add("ha", READ_ONLY)
    entry = await add_nas(nas, username="ha", api_key=key.text)
    await pass_by(hass, nas, clock, 130)
    assert entry.state is ConfigEntryState.LOADED
    assert HEART not in broken(entry)
    assert len(repairs(hass)) <= 1
    nas.faults.denied(r"^(pool\.query|alert\.list|app\.query|chart\.release\.query|disk\.query)$")
    await hass.config_entries.async_reload(entry.entry_id)
    await pass_by(hass, nas, clock, 70)
    assert entry.state is ConfigEntryState.LOADED
    assert HEART not in broken(entry)
    assert len(repairs(hass)) == 1
    nas.reset_counts()
    caplog.clear()
    await pass_by(hass, nas, clock, 300)
    # What is not permitted is not asked for again and again, and not told again and again.
    denied = {name for name in nas.calls if name in ("pool.query", "alert.list", "app.query")}
    assert all(nas.calls[name] <= 5 for name in denied), nas.calls
    assert told(caplog) == []


@every_version
async def test_reboot(
    hass: HomeAssistant,
    nas: TrueNas,
    entry: MockConfigEntry,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    await nas.go_down()
    await pass_by(hass, nas, clock, 130)
    assert HEART in broken(entry)
    assert not coordinator(entry, HEART).is_fresh(ROOT)
    await nas.come_up(ready=False)
    await pass_by(hass, nas, clock, 120)
    assert entry.state is ConfigEntryState.LOADED
    nas.be_ready()
    for _ in range(20):
        await pass_by(hass, nas, clock, 60)
        if not broken(entry):
            break
    assert broken(entry) == set()
    assert nas.connected <= 15
    assert reauthentications(hass) == 0
    # The clock jumps over the moments in which the stream of live values would tell the first ones.
    lines = [line for line in told(caplog) if "nas_live" not in line]
    assert len(lines) == 1, lines


@every_version
async def test_short_outage_is_hardly_seen(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry, clock: Clock
) -> None:
    nas.reset_counts()
    nas.cut()
    await pass_by(hass, nas, clock, 20)
    assert broken(entry) == set()
    await pass_by(hass, nas, clock, 60)
    assert broken(entry) == set()
    assert nas.connected == 1


@every_version
@pytest.mark.parametrize("fault", ["garbage", "half_body", "reset", "hang"])
async def test_one_bad_answer(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry, clock: Clock, fault: str
) -> None:
    getattr(nas.faults, fault)("^system.info$", count=1)
    await pass_by(hass, nas, clock, 130)
    assert nas.faults.active[0].hits == 1
    nas.faults.clear()
    for _ in range(6):
        await pass_by(hass, nas, clock, 60)
    assert broken(entry) == set()


OWN = ("core.", "auth.", "system.info", "system.state", "system.host_id")
"""What the connection asks, and the heart."""


async def reload(hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry) -> None:
    """Load the entry anew, and wait until each of its groups has been read or has failed."""
    nas.rate_limit.clear()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(entry) is ConfigEntryState.LOADED
    groups = entry.runtime_data.coordinators.values()
    await until(lambda: all(group.complete or group.is_failed(ROOT) for group in groups))


async def asked_at_start(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry
) -> dict[str, str]:
    """Return what an entry asks beside what the heart does, as a pattern for each name."""
    nas.reset_counts()
    await reload(hass, nas, entry)
    return {name: f"^{name.replace('.', '[.]')}$" for name in nas.calls if not name.startswith(OWN)}


async def asked_by(nas: TrueNas, entry: MockConfigEntry, group: str) -> set[str]:
    """Return the methods that a group asks when it is read again."""
    nas.reset_counts()
    await coordinator(entry, group).async_refresh()
    return set(nas.calls)


def _always(answer: Any) -> Callable[[Any], Any]:
    return lambda _right: answer


def suffers_alone(entry: MockConfigEntry, name: str) -> None:
    """Make sure that a method in trouble cost what is shown with it and no more."""
    if name in TOGETHER:
        assert broken(entry) <= TOGETHER[name], name
    else:
        assert len(broken(entry)) <= 1, (name, broken(entry))


@every_version
async def test_each_method_in_turn_is_missing(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry
) -> None:
    methods = await asked_at_start(hass, nas, entry)
    assert methods
    for name, pattern in methods.items():
        with nas.faults.missing(pattern):
            await reload(hass, nas, entry)
            suffers_alone(entry, name)


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_each_method_in_turn_is_denied(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry
) -> None:
    for name, pattern in (await asked_at_start(hass, nas, entry)).items():
        with nas.faults.denied(pattern):
            await reload(hass, nas, entry)
            suffers_alone(entry, name)
            assert len(repairs(hass)) <= 1, name


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
@pytest.mark.parametrize("word", MALFORMED)
async def test_each_method_in_turn_answers_nonsense(
    hass: HomeAssistant,
    nas: TrueNas,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    word: str,
) -> None:
    asks = {group: await asked_by(nas, entry, group) for group in GROUPS}
    for name, pattern in (await asked_at_start(hass, nas, entry)).items():
        with nas.faults.changed(pattern, _always(MALFORMED[word])) as fault:
            for group in (group for group in GROUPS if name in asks[group]):
                await coordinator(entry, group).async_refresh()
            if not fault.hits:
                # Asked for at the start only.
                await reload(hass, nas, entry)
            suffers_alone(entry, name)
        for group in broken(entry):
            await coordinator(entry, group).async_refresh()
    await reload(hass, nas, entry)
    assert broken(entry) == set()
    assert not [one for one in caplog.records if one.exc_info and one.levelno > logging.INFO]


@every_version
async def test_unloading_leaves_nothing_behind(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    await until(lambda: not nas.sessions)
    assert not [task for task in asyncio.all_tasks() if "nas" in task.get_name()]

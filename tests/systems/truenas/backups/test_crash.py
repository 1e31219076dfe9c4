"""The crash matrix of a network backup: Home Assistant is killed at every step, and started anew."""

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.home_server_monitor import journal, memory
from custom_components.home_server_monitor.journal import EntryJournal
from custom_components.home_server_monitor.procedures.journal import Record
from custom_components.home_server_monitor.systems.truenas.client import TrueNas as Client
from custom_components.home_server_monitor.systems.truenas.scratch import SCRATCH
from tests.harness import until
from tests.lab.truenas import TrueNas

from .conftest import LOCAL, House, OpenHouse

UNSENT = (
    *("journal begin", "journal snapshot", "journal snapshot 2", "call pool.snapshot.create"),
    "journal transfer",
)
SENT = (
    *("call replication.run", "journal watch", "journal verify", "journal begin 2"),
    *("journal clone", "call pool.snapshot.clone", "journal compare", "journal remove"),
    *("call pool.dataset.delete", "journal end"),
)
CHANGING = (
    *("pool.snapshot.create", "replication.run", "pool.snapshot.clone", "pool.dataset.delete"),
)


@dataclass
class Point:
    """Where to kill: right after a journal entry, or right after TrueNAS has done something."""

    label: str
    counted: Counter[str] = field(default_factory=Counter)
    seen: list[str] = field(default_factory=list)

    def pass_by(self, label: str) -> None:
        """Note where the procedure is, and end it there if that is the place."""
        self.counted[label] += 1
        if self.counted[label] > 1:
            label = f"{label} {self.counted[label]}"
        self.seen.append(label)
        if label == self.label:
            raise asyncio.CancelledError


POINT: ContextVar[Point | None] = ContextVar("point", default=None)


def _pass_by(label: str) -> None:
    if (point := POINT.get()) is not None:
        point.pass_by(label)


@contextmanager
def watched(point: Point) -> Generator[None]:
    """Let what is begun in the block pass by a point."""
    begin, note, end = EntryJournal.begin, EntryJournal.note, EntryJournal.end
    call = Client.call

    async def watched_begin(self: EntryJournal, *arguments: Any) -> Record:
        record = await begin(self, *arguments)
        _pass_by("journal begin")
        return record

    async def watched_note(self: EntryJournal, record: Record, step: str, facts: Any) -> None:
        await note(self, record, step, facts)
        _pass_by(f"journal {step}")

    async def watched_end(self: EntryJournal, record: Record, result: Any) -> None:
        await end(self, record, result)
        _pass_by("journal end")

    async def watched_call(self: Client, method: str, *parameters: Any) -> Any:
        answer = await call(self, method, *parameters)
        if method in CHANGING:
            _pass_by(f"call {method}")
        return answer

    token = POINT.set(point)
    with (
        patch.object(EntryJournal, "begin", watched_begin),
        patch.object(EntryJournal, "note", watched_note),
        patch.object(EntryJournal, "end", watched_end),
        patch.object(Client, "call", watched_call),
    ):
        yield
    POINT.reset(token)


async def kill(home: House, label: str) -> Point:
    """Run a backup and kill Home Assistant at a point of it."""
    point = Point(label)
    with watched(point), pytest.raises(HomeAssistantError, match="interrupted"):
        await home.act("run_backup", restore_test=True)
    assert point.seen[-1] == label, point.seen
    return point


async def start_anew(home: House) -> None:
    """Set the entry up anew, with nothing but what the disk has."""
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    home.hass.data.pop(journal._KEY, None)
    home.hass.data.pop(memory._KEY, None)
    await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.hass.async_block_till_done()


def scratch(nas: TrueNas) -> list[str]:
    """Return the scratch datasets that are there."""
    return [name for name in nas.datasets.all if SCRATCH in name]


async def result_of(home: House) -> dict[str, Any]:
    """Return what the run came to, once nothing is left open."""
    await until(lambda: not home.open_records, seconds=10)
    runs = (await home.act("get_backup_history"))["runs"]
    found: dict[str, Any] = runs[0]
    return found


@pytest.mark.usefixtures("hass_storage")
@pytest.mark.parametrize("label", UNSENT)
async def test_before_anything_was_sent(house: OpenHouse, nas: TrueNas, label: str) -> None:
    """It is told of and not begun by itself, for nobody waits for it any more."""
    home = await house()
    await kill(home, label)
    await start_anew(home)
    result = await result_of(home)
    assert result["outcome"] == "interrupted"
    assert result["safe"][0].startswith("Nothing was sent")
    assert nas.calls["replication.run"] == 0
    await home.becomes("backup_result", "success")
    state = home.hass.states.get(home.event_id())
    assert state is not None
    assert state.attributes["event_type"] == "backup_failed"


@pytest.mark.usefixtures("hass_storage")
@pytest.mark.parametrize("label", SENT)
async def test_once_it_was_sent(house: OpenHouse, nas: TrueNas, label: str) -> None:
    """It is followed to its end and verified, and is not sent twice; no scratch dataset is left."""
    home = await house()
    await kill(home, label)
    await start_anew(home)
    result = await result_of(home)
    assert result["outcome"] == "succeeded", result
    assert result["verification"]["result"] == "ok"
    assert len(nas.jobs.named("replication.run")) == 1
    await until(lambda: not scratch(nas))
    await home.becomes("backup_verification", "ok")


@pytest.mark.usefixtures("hass_storage")
@pytest.mark.parametrize("label", ["call replication.run", "journal watch"])
async def test_while_it_still_runs(house: OpenHouse, nas: TrueNas, label: str) -> None:
    """The job is found again by what it does, and waited for."""
    home = await house()
    with nas.jobs.hold("replication"):
        await kill(home, label)
        await start_anew(home)
        await home.becomes("backup_result", "success")
        assert home.open_records
    result = await result_of(home)
    assert result["outcome"] == "succeeded"


@pytest.mark.usefixtures("hass_storage")
@pytest.mark.parametrize("label", ["call replication.run", "journal watch"])
async def test_both_are_restarted(house: OpenHouse, nas: TrueNas, label: str) -> None:
    """A job that TrueNAS does not know any more has not ended: that is told, with what is safe."""
    home = await house()
    with nas.jobs.hold("replication"):
        await kill(home, label)
        await home.hass.config_entries.async_unload(home.entry.entry_id)
        await nas.reboot()
    await start_anew(home)
    result = await result_of(home)
    assert result["outcome"] in ("failed", "interrupted")
    assert result["safe"]
    assert nas.jobs.named("replication.run") == []


@pytest.mark.usefixtures("hass_storage")
async def test_both_are_restarted_after_the_end(house: OpenHouse, nas: TrueNas) -> None:
    """The job is forgotten, and the task itself tells that it succeeded."""
    home = await house()
    await kill(home, "journal watch")
    await nas.jobs.named("replication.run")[0].ended.wait()
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    await nas.reboot()
    await start_anew(home)
    assert (await result_of(home))["outcome"] == "succeeded"


@pytest.mark.usefixtures("hass_storage")
async def test_the_nas_is_away_at_the_start(
    house: OpenHouse, nas: TrueNas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left open is taken up when it is back."""
    monkeypatch.setattr("custom_components.home_server_monitor.workshop._FIRST_PAUSE", 0.05)
    home = await house()
    await kill(home, "call pool.snapshot.clone")
    assert len(scratch(nas)) == 1
    with nas.faults.error("EFAULT", r"^pool\.dataset\.delete$"):
        await start_anew(home)
        await asyncio.sleep(0.3)
        assert home.open_records
        assert scratch(nas)
    await until(lambda: not scratch(nas) and not home.open_records, seconds=10)


@pytest.mark.usefixtures("hass_storage")
async def test_a_verification_is_interrupted(house: OpenHouse, nas: TrueNas) -> None:
    """Its clone is removed; the verdict stays what it was."""
    home = await house()
    assert (await home.act("verify_backup"))["result"] == "ok"
    with (
        watched(Point("call pool.snapshot.clone")),
        pytest.raises(HomeAssistantError, match="interrupted"),
    ):
        await home.act("verify_backup", restore_test=True)
    assert len(scratch(nas)) == 1
    await start_anew(home)
    result = await result_of(home)
    assert result["reasons"] == ["interrupted"]
    await until(lambda: not scratch(nas))
    assert home.value("backup_verification") == "ok"


async def test_a_removed_entry_leaves_nothing(
    house: OpenHouse, nas: TrueNas, hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    home = await house()
    await home.act("verify_backup")
    assert hass_storage["home_server_monitor.memory"]["data"]
    assert LOCAL in home.entry.runtime_data.workshop.memory.paths()
    await hass.config_entries.async_remove(home.entry.entry_id)
    assert hass_storage["home_server_monitor.memory"]["data"] == {}

"""Cutting a procedure off at one point: right after a journal entry, or right after an engine call.

What is cut off ends there, as it does when Home Assistant is killed: a ``CancelledError`` that
nothing may answer by cleaning up. Or it waits, while something happens to the engine.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant

from custom_components.home_server_monitor import journal
from custom_components.home_server_monitor.journal import EntryJournal
from custom_components.home_server_monitor.procedures.journal import Record
from custom_components.home_server_monitor.systems.docker.client import Engine

from .conftest import Home


@dataclass
class Point:
    """Where to cut: a label such as ``journal create`` or ``engine stop 2``.

    ``goes_on`` is set for a procedure that waits there instead of ending.
    """

    label: str
    goes_on: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    async def pass_by(self, label: str) -> None:
        """Note where the procedure is, and cut it off if that is the place."""
        self.counted[label] += 1
        if self.counted[label] > 1:
            label = f"{label} {self.counted[label]}"
        self.seen.append(label)
        if label != self.label or self.reached.is_set():
            return
        self.reached.set()
        if self.goes_on is None:
            raise asyncio.CancelledError
        await self.goes_on.wait()


POINT: ContextVar[Point | None] = ContextVar("point", default=None)


async def _pass_by(label: str) -> None:
    if (point := POINT.get()) is not None:
        await point.pass_by(label)


def _call(method: str, path: str) -> str:
    kind, *_, last = path.split("/")
    return f"engine remove {kind}" if method == "DELETE" else f"engine {last}"


@contextmanager
def watched() -> Generator[None]:
    """Let procedures pass by the point of their context."""
    begin, note, ask, pull = EntryJournal.begin, EntryJournal.note, Engine.ask, Engine.pull

    async def watched_begin(self: EntryJournal, *arguments: Any) -> Record:
        record = await begin(self, *arguments)
        await _pass_by("journal begin")
        return record

    async def watched_note(self: EntryJournal, record: Record, step: str, facts: Any) -> None:
        await note(self, record, step, facts)
        await _pass_by(f"journal {step}")

    async def watched_ask(self: Engine, method: str, path: str, *rest: Any, **more: Any) -> Any:
        answer = await ask(self, method, path, *rest, **more)
        if method != "GET":
            await _pass_by(_call(method, path))
        return answer

    async def watched_pull(
        self: Engine, params: Mapping[str, str], login: str = ""
    ) -> AsyncIterator[Mapping[str, Any]]:
        async for line in pull(self, params, login):
            yield line
        await _pass_by("engine pull")

    with (
        patch.object(EntryJournal, "begin", watched_begin),
        patch.object(EntryJournal, "note", watched_note),
        patch.object(Engine, "ask", watched_ask),
        patch.object(Engine, "pull", watched_pull),
    ):
        yield


async def start_anew(hass: HomeAssistant, home: Home) -> None:
    """Set the entry up anew, with nothing but what the disk has, and let it finish."""
    await hass.config_entries.async_unload(home.entry.entry_id)
    hass.data.pop(journal._KEY, None)
    await hass.config_entries.async_setup(home.entry.entry_id)
    await hass.async_block_till_done()
    await wait_for(lambda: not home.open_records)


async def wait_for(passed: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not passed():
        assert asyncio.get_running_loop().time() < deadline, "not in time"
        await asyncio.sleep(0.05)

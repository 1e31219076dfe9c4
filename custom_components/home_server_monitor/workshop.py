"""Where procedures of one entry run: one at a time per object, with their journal and progress."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .journal import EntryJournal
from .memory import EntryMemory
from .procedures.journal import Record
from .systems.errors import Busy, HomeServerError
from .systems.neighbours import Neighbour, address_of
from .systems.paths import Path

if TYPE_CHECKING:
    from .runtime import HomeServerConfigEntry

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0

type ProgressListener = Callable[[bool, float | None], None]


class EntryWorkshop:
    """Runs procedures, and finishes at the start what an earlier run left open."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: HomeServerConfigEntry,
        journal: EntryJournal,
        memory: EntryMemory,
    ) -> None:
        """Prepare; nothing runs yet."""
        self._hass = hass
        self._entry = entry
        self.journal = journal
        self.memory = memory
        self._tasks: dict[Path, asyncio.Task[Any]] = {}
        self._held: set[Path] = set()
        self._listeners: dict[Path, list[ProgressListener]] = {}

    async def run[T](self, path: Path, procedure: Coroutine[Any, Any, T]) -> T:
        """Run a procedure on the object at ``path``; raises ``Busy`` while another one does.

        It goes on when the caller does not wait any more. Unloading the entry interrupts it; what
        it wrote down is taken up again at the next start.
        """
        if path in self._tasks or path in self._held:
            procedure.close()
            raise Busy
        task = self._entry.async_create_background_task(
            self._hass, procedure, f"{self._entry.title} procedure at {'/'.join(path)}"
        )
        self._tasks[path] = task
        task.add_done_callback(partial(self._run_done, path))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="interrupted"
            ) from None

    @contextmanager
    def hold(self, paths: Iterable[Path]) -> Iterator[None]:
        """Keep procedures away from more objects; raises ``Busy`` where one is at work."""
        wanted = set(paths)
        if wanted & (self._tasks.keys() | self._held):
            raise Busy
        self._held |= wanted
        try:
            yield
        finally:
            self._held -= wanted

    @callback
    def _task_done(self, path: Path, _task: asyncio.Task[Any]) -> None:
        self._tasks.pop(path, None)
        self._tell(path, False, None)

    @callback
    def _run_done(self, path: Path, task: asyncio.Task[Any]) -> None:
        self._task_done(path, task)
        if not task.cancelled():
            # What it left open need not wait for the next start.
            self.async_resume()

    @callback
    def progress(self, path: Path, percent: float | None) -> None:
        """Tell how far the procedure at ``path`` is; None where that cannot be said."""
        self._tell(path, True, percent)

    @callback
    def fire(self, path: Path, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Pass an event to the event entities of this path."""
        for coordinator in self._entry.runtime_data.coordinators.values():
            coordinator.fire(path, event_type, attributes)

    @callback
    def refresh_soon(self, group: str) -> None:
        """Read a group again, where it is not left out."""
        if coordinator := self._entry.runtime_data.coordinators.get(group):
            coordinator.refresh_soon()

    @callback
    def neighbours(self) -> list[Neighbour]:
        """Return the other entries that are loaded, of whatever kind."""
        entries: list[HomeServerConfigEntry] = self._hass.config_entries.async_loaded_entries(
            DOMAIN
        )
        return [_neighbour(entry) for entry in entries if entry is not self._entry]

    @callback
    def async_on_progress(self, path: Path, listener: ProgressListener) -> CALLBACK_TYPE:
        """Call ``listener(in_progress, percent)`` for procedures at this path."""
        listeners = self._listeners.setdefault(path, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    @callback
    def _tell(self, path: Path, running: bool, percent: float | None) -> None:
        for listener in tuple(self._listeners.get(path, ())):
            listener(running, percent)

    @callback
    def async_resume(self) -> None:
        """Finish or undo, in the background, what an earlier run left open."""
        for record in self.journal.open:
            if record.path in self._tasks:
                continue
            task = self._entry.async_create_background_task(
                self._hass, self._resume(record), f"{self._entry.title} resume {record.id}"
            )
            self._tasks[record.path] = task
            task.add_done_callback(partial(self._task_done, record.path))

    async def _resume(self, record: Record) -> None:
        """Try until the system answers: half done is no state to leave a system in."""
        runtime = self._entry.runtime_data
        resume = runtime.system.procedures[record.procedure]
        pause = _FIRST_PAUSE
        while True:
            try:
                await resume(runtime.client, record, self)
            except HomeServerError as err:
                _LOGGER.warning(
                    "%s: %s at %s cannot be taken up again yet: %s",
                    self._entry.title,
                    record.procedure,
                    "/".join(record.path),
                    err,
                )
            else:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def async_stop(self) -> None:
        """Interrupt what runs; the journal knows where."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _neighbour(entry: HomeServerConfigEntry) -> Neighbour:
    host, port = address_of(entry.data)
    return Neighbour(
        id=entry.entry_id,
        name=entry.title,
        client=entry.runtime_data.client,
        host=host,
        port=port,
    )

"""Keeps the streams of a group open: one task for each scope, restarted with growing pauses."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback

from .systems.errors import HomeServerError, InvalidAuth, MissingRight
from .systems.paths import Path, covers
from .systems.system import Watch

if TYPE_CHECKING:
    from .coordinator import GroupCoordinator, Items

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


class Watcher:
    """Follows what a system pushes, for every scope that has a stream."""

    def __init__(self, coordinator: GroupCoordinator, watch: Watch[Any]) -> None:
        """Prepare; nothing is opened before ``async_start``."""
        self._coordinator = coordinator
        self._watch = watch
        self._tasks: dict[Path, asyncio.Task[None]] = {}
        self._started = False
        self._refused: set[Path] = set()
        self._open: set[Path] = set()

    @callback
    def is_open_for(self, path: Path) -> bool:
        """Whether a stream stands that tells of changes at ``path``."""
        return any(covers(scope, path) for scope in self._open)

    @property
    def open_count(self) -> int:
        """How many streams stand at present."""
        return len(self._open)

    @callback
    def status(self) -> dict[str, str]:
        """Return for each scope how its stream is: open, waiting or refused."""
        scopes = self._tasks.keys() | self._refused
        return {
            "/".join(scope): "open"
            if scope in self._open
            else "refused"
            if scope in self._refused
            else "waiting"
            for scope in scopes
        }

    @callback
    def async_start(self) -> None:
        """Open the streams of the scopes that are known."""
        self._started = True
        self.async_sync(self._coordinator.items)

    @callback
    def async_sync(self, items: Items) -> None:
        """Open streams for new scopes and close those of scopes that went."""
        if not self._started:
            return
        scopes = set(self._watch.scopes(items)) - self._refused
        for scope in self._tasks.keys() - scopes:
            self._tasks.pop(scope).cancel()
        for scope in scopes - self._tasks.keys():
            self._tasks[scope] = self._coordinator.config_entry.async_create_background_task(
                self._coordinator.hass,
                self._follow(scope),
                f"{self._coordinator.name} watch {'/'.join(scope)}",
            )

    @callback
    def async_stop(self) -> None:
        """Close all streams; none is opened again."""
        self._started = False
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _follow(self, scope: Path) -> None:
        sink = _ScopeSink(self._coordinator, self._open, scope)
        pause = _FIRST_PAUSE
        while True:
            error: HomeServerError | None = None
            try:
                await self._watch.run(
                    self._coordinator.config_entry.runtime_data.client, scope, sink
                )
            except HomeServerError as err:
                error = err
            except Exception:
                _LOGGER.exception("%s: unexpected error in a stream", self._coordinator.name)
            finally:
                was_open = scope in self._open
                self._open.discard(scope)
            if error and self._give_up(scope, error):
                return
            if was_open:
                pause = _FIRST_PAUSE
                # The poll finds out at once whether the system is still there.
                self._coordinator.refresh_soon()
            _LOGGER.debug("%s: stream ended (%s)", self._coordinator.name, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _give_up(self, scope: Path, error: HomeServerError) -> bool:
        """Whether trying again is pointless until the user has done something."""
        coordinator = self._coordinator
        if isinstance(error, InvalidAuth):
            # The poll meets the same rejection and starts reauthentication.
            coordinator.refresh_soon()
            return True
        if isinstance(error, MissingRight):
            self._refused.add(scope)
            _LOGGER.warning("%s: cannot follow what happens: %s", coordinator.name, error)
            rights = coordinator.config_entry.runtime_data.rights
            rights.async_note(f"{coordinator.group.key} stream", [error])
            return True
        return False


class _ScopeSink:
    """The coordinator as the sink of one scope, which also notes that its stream stands."""

    def __init__(self, coordinator: GroupCoordinator, opened: set[Path], scope: Path) -> None:
        self._opened = opened
        self._scope = scope
        self._coordinator = coordinator
        self.push = coordinator.push
        self.fire = coordinator.fire
        self.refresh_soon = coordinator.refresh_soon

    @property
    def items(self) -> Items:
        return self._coordinator.items

    @callback
    def connected(self) -> None:
        self._opened.add(self._scope)
        self._coordinator.connected()

"""The base coordinator: keeps one group of a system fresh, and says honestly when it is not.

Every scope of a group ends a refresh as *ok*, *failed* (its last data stay for a grace period,
then its entities are unavailable) or *gone* (missing from a full listing: its device leaves).
What the system pushes is merged between the polls, copy on write.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
import logging
from typing import TYPE_CHECKING, Any, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .failures import Failures
from .systems.errors import ConnectTimeout, HomeServerError, InvalidAuth, MissingRight
from .systems.paths import ROOT, Path, covers, names
from .systems.system import Follow, Group, Reading, Refresh
from .timers import Timers
from .watcher import Watcher

if TYPE_CHECKING:
    from .runtime import HomeServerConfigEntry

_LOGGER = logging.getLogger(__name__)
_FIRST_RETRY = timedelta(seconds=5)
_PATIENCE = 2  # failures that a group leaves to the first one to tell
_HURRY = 1.0  # seconds that changes are collected before they are looked after
_SLACK = 5.0  # seconds before its end that an interval counts as over
_SETTLE = 0.5  # seconds that a system gets to show the effect of an action


type Items = Mapping[Path, Any]
type ChangeListener = Callable[[set[Path], set[Path]], None]
type EventListener = Callable[[str, Mapping[str, Any]], None]


class GroupCoordinator(DataUpdateCoordinator[Items]):
    """Keeps the models of one group, by path."""

    config_entry: HomeServerConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: HomeServerConfigEntry,
        group: Group[Any],
        interval: timedelta,
    ) -> None:
        """Prepare the group; nothing is read yet."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} {group.key}",
            update_interval=interval,
            always_update=False,
        )
        self.data = {}
        self.group = group
        self.interval = interval
        self.failures = Failures()
        self.missing_right: MissingRight | None = None
        self._attempts = 0
        self._partly = 0
        self._last_full = 0.0
        self._told = False
        self._reads = 0
        self._pushed: dict[Path, int] = {}
        self.complete = False
        self.rejection: InvalidAuth | None = None
        self.leader: GroupCoordinator | None = None
        self.followers: list[GroupCoordinator] = []
        self._starter: CALLBACK_TYPE | None = None
        self._change_listeners: list[ChangeListener] = []
        self._event_listeners: dict[Path, list[EventListener]] = {}
        self._timers = Timers(hass)
        self.watcher = Watcher(self, group.watch) if group.watch else None

    @property
    def items(self) -> Items:
        """The group's present models."""
        return self.data

    @property
    def suspended(self) -> bool:
        """Whether nothing is asked any more, because the credential was rejected."""
        return self.rejection is not None

    @callback
    def is_fresh(self, path: Path) -> bool:
        """Whether the data at ``path`` may be shown: read, or failed only just now."""
        if self.leader and not self.leader.is_fresh(path):
            return False
        return not self.failures.outlast(self.group.grace, path, self.hass.loop.time())

    @callback
    def is_failed(self, path: Path) -> bool:
        """Whether the last attempt to read ``path`` failed, grace or not."""
        return self.failures.cover(path)

    @callback
    def async_on_change(self, listener: ChangeListener) -> CALLBACK_TYPE:
        """Call ``listener(changed, gone)`` with paths; unlike entities it keeps nothing polling."""
        self._change_listeners.append(listener)
        return lambda: self._change_listeners.remove(listener)

    @callback
    def async_on_event(self, path: Path, listener: EventListener) -> CALLBACK_TYPE:
        """Call ``listener(event_type, attributes)`` for what is fired at ``path``."""
        listeners = self._event_listeners.setdefault(path, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    # --- Reading ----------------------------------------------------------------------------

    async def async_start(self) -> None:
        """Read for the first time, and go on trying although nobody listens yet."""
        self._follow()
        self._starter = self.async_add_listener(lambda: None)
        await self.async_refresh()

    @callback
    def _follow(self) -> None:
        follow = self.group.follow
        leader = follow and self.config_entry.runtime_data.coordinators.get(follow.group)
        if follow and leader:
            self.leader = leader
            leader.followers.append(self)
            leader.async_on_change(partial(self._keep_step, follow, leader))

    @callback
    def _keep_step(
        self, follow: Follow, leader: GroupCoordinator, changed: set[Path], _gone: set[Path]
    ) -> None:
        if not self.complete:
            return
        self.push(follow.adjust(self.data, leader.items, changed))
        if follow.hurry(self.data, leader.items, changed):
            self.refresh_soon(_HURRY)

    @callback
    def _release_starter(self) -> None:
        if self._starter:
            self._starter()
            self._starter = None

    @override
    async def _async_update_data(self) -> Items:
        """Read the group once and merge what came into what is known."""
        if self.rejection:
            return self._fail(self.rejection)
        started = self._reads = self._reads + 1
        refresh = self._refresh()
        if not refresh.early:
            self._last_full = self.hass.loop.time()
        try:
            async with asyncio.timeout(self.group.timeout):
                reading = await self.group.fetch(refresh)
        except TimeoutError:
            error: HomeServerError = ConnectTimeout()
        except HomeServerError as err:
            error = err
        else:
            if self.rejection is None:
                return self._succeed(reading, started)
            error = self.rejection
        return self._fail(error)

    def _refresh(self) -> Refresh[Any]:
        runtime = self.config_entry.runtime_data
        return Refresh(
            client=runtime.client,
            now=dt_util.utcnow(),
            previous=self.data,
            latest=runtime.items,
            wanted=frozenset(self.async_contexts()) or None,
            early=self.complete and self._until_full() > _SLACK,
            options=self.config_entry.options,
            memory=runtime.workshop.memory,
            archive=runtime.archive,
        )

    def _succeed(self, reading: Reading, started: int) -> Items:
        self._attempts = 0
        self.missing_right = None
        self.config_entry.runtime_data.rights.async_leave_out(self.group.key, reading.lacking)
        self.complete = True
        self._tell_recovery()
        self.hass.loop.call_soon(self._release_starter)
        self.update_interval = self._next(reading)
        self._note_failures(reading.failed)
        kept = {
            path: item
            for path, item in self.data.items()
            if path not in reading.items and any(covers(scope, path) for scope in reading.failed)
        }
        newer = {path: self.data[path] for path in self._pushed_since(started)}
        if newer and self.watcher:
            # What sums up both, such as a count of containers, is right after the next look.
            self.refresh_soon(_SETTLE)
        merged = self._reuse({**reading.items, **kept, **newer})
        self._announce(self.data, merged)
        for event in reading.events:
            self.fire(event.path, event.event_type, event.attributes)
        return merged

    def _next(self, reading: Reading) -> timedelta:
        """Return when to read again: soon where a part failed lately, rarely where it goes on."""
        self._partly = self._partly + 1 if reading.failed else 0
        retry = _FIRST_RETRY * (1 << min(self._partly, 10)) if self._partly else self.interval
        rest = timedelta(seconds=max(self._until_full(), _SLACK))
        return min(reading.again or rest, retry, rest)

    def _until_full(self) -> float:
        """Return the seconds until the interval is over since everything was read."""
        return self._last_full + self.interval.total_seconds() - self.hass.loop.time()

    def _pushed_since(self, started: int) -> Iterable[Path]:
        """Paths pushed while the refresh ran: what it read of them may be older."""
        newer = [path for path, read in self._pushed.items() if read >= started]
        self._pushed.clear()
        return (path for path in newer if path in self.data)

    def _reuse(self, items: Items) -> dict[Path, Any]:
        """Keep the old object where the new one is equal, so that a change is an identity."""
        return {
            path: old if (old := self.data.get(path)) == item else item
            for path, item in items.items()
        }

    def _fail(self, error: HomeServerError) -> Items:
        if isinstance(error, InvalidAuth):
            # One line for all groups is written where they are stopped.
            self.last_update_success = False
            self.config_entry.runtime_data.async_stop_polling(error)
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key=error.key,
                translation_placeholders=error.placeholders,
            ) from error
        if isinstance(error, MissingRight):
            self.missing_right = error
            self.config_entry.runtime_data.rights.async_note(self.group.key, [error])
        # What failed before goes on ageing: nobody knows more of it now.
        before = {scope: failure for scope, (failure, _) in self.failures.items()}
        self._note_failures({**before, ROOT: error}, log=False)
        self._tell_failure(error)
        raise UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=error.key,
            translation_placeholders=error.placeholders,
            retry_after=self._pause(error).total_seconds(),
        ) from error

    def _tell_failure(self, error: HomeServerError) -> None:
        """Write one line for one outage: the first group speaks for a system that is away."""
        leader = next(iter(self.config_entry.runtime_data.coordinators.values()))
        # Home Assistant would write a line for every group.
        self.last_update_success = False
        if leader is not self and self._attempts < _PATIENCE and not self.missing_right:
            leader.refresh_soon()
            return
        if leader is not self and ROOT in leader.failures:
            return
        if not self._told and (self.complete or leader is not self):
            self._told = True
            _LOGGER.error("%s: cannot be read: %s", self.name, error)

    def _tell_recovery(self) -> None:
        self.last_update_success = True
        if self._told:
            self._told = False
            _LOGGER.info("%s: can be read again", self.name)

    def _pause(self, error: HomeServerError) -> timedelta:
        """Try again soon and then less often; what is not permitted is not asked for sooner."""
        if isinstance(error, MissingRight):
            return self.interval
        self._attempts += 1
        return min(_FIRST_RETRY * (1 << min(self._attempts - 1, 10)), self.interval)

    @callback
    def _note_failures(self, failed: Mapping[Path, HomeServerError], *, log: bool = True) -> None:
        new, healed = self.failures.note(failed, self.hass.loop.time())
        self._await_grace()
        if new or healed:
            self.hass.loop.call_soon(self._freshness_changed)
        if log and new:
            _LOGGER.warning(
                "%s: cannot read %s: %s", self.name, names(new), failed[next(iter(new))]
            )
        if log and healed - {ROOT}:
            _LOGGER.info("%s: can read %s again", self.name, names(healed - {ROOT}))

    @callback
    def _await_grace(self) -> None:
        """Tell the entities as soon as the next grace period is over."""
        seconds = self.failures.next_end(self.group.grace, self.hass.loop.time())
        if seconds is not None:
            self._timers.start("grace", seconds, self._end_grace)

    @callback
    def _end_grace(self) -> None:
        self._freshness_changed()
        self._await_grace()

    @callback
    def _freshness_changed(self) -> None:
        self.async_update_listeners()
        for follower in self.followers:
            follower._freshness_changed()  # noqa: SLF001 - one of its own kind

    @callback
    def async_suspend(self, error: InvalidAuth) -> None:
        """Stop asking, because the credential was rejected; the data age out."""
        self.rejection = error
        self.update_interval = None
        self._async_unsub_refresh()
        self._note_failures({ROOT: error}, log=False)
        if self.watcher:
            self.watcher.async_stop()
        self._timers.cancel("refresh")

    @callback
    def async_acted(self, path: Path) -> None:
        """After an action: read again unless a stream tells what became of it."""
        if not (self.watcher and self.watcher.is_open_for(path)):
            self.refresh_soon(_SETTLE)

    # --- Pushing (this is the ``Sink`` of a watch) ------------------------------------------

    @callback
    def push(self, items: Items) -> None:
        """Put these models in place of the old ones and tell only who shows them."""
        changed = {path: item for path, item in items.items() if self.data.get(path) != item}
        if not changed:
            return
        self._pushed.update(dict.fromkeys(changed, self._reads))
        merged = {**self.data, **changed}
        self._announce(self.data, merged)
        self.data = merged
        self.async_update_listeners()

    @callback
    def fire(self, path: Path, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Pass an event to the event entities of this path."""
        for listener in tuple(self._event_listeners.get(path, ())):
            listener(event_type, attributes)

    @callback
    def refresh_soon(self, delay: float = 0.0) -> None:
        """Read again after ``delay`` seconds; a wish that is already waiting is enough."""
        if "refresh" not in self._timers and not self.suspended:
            self._timers.start("refresh", delay, self._start_refresh)

    @callback
    def connected(self) -> None:
        """Read what happened before the stream stood."""
        self.refresh_soon()

    @callback
    def _start_refresh(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{self.name} refresh"
        )

    # --- Telling ----------------------------------------------------------------------------

    @callback
    def _announce(self, old: Items, new: Items) -> None:
        """Tell devices and platforms which paths are new, changed or gone."""
        changed = {path for path, item in new.items() if old.get(path) is not item}
        gone = old.keys() - new.keys()
        if changed or gone:
            self.config_entry.runtime_data.devices.async_sync(self, new, changed, gone)
            # Entities are made from ``data``, which Home Assistant assigns after the refresh.
            self.data = new
            for listener in tuple(self._change_listeners):
                listener(changed, set(gone))
        if self.watcher:
            self.watcher.async_sync(new)

    @override
    async def async_shutdown(self) -> None:
        """Stop the stream and the timers with the entry."""
        await super().async_shutdown()
        self._timers.cancel_all()
        if self.watcher:
            self.watcher.async_stop()

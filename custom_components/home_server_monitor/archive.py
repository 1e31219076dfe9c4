"""The archive of disks, in Home Assistant's storage: one file for all entries.

A disk belongs to no entry: it may move to another machine, be told of by two systems, or outlive the
entry that showed it. Histories are kept as runs of numbers and unpacked when they are looked at.
"""

from collections.abc import Iterable, Mapping
from datetime import date
import logging
from typing import Any, TypedDict

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import JsonObjectType

from .analysis.disk_health import SmartHistory, SmartSample
from .analysis.disk_health.packing import packed, unpacked
from .const import DOMAIN
from .systems.archive import DiskLabel, with_samples

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
_SAVE_DELAY = 600.0
_FORGET_AFTER_DAYS = 731
MOST_DISKS = 400


class _Frame(TypedDict):
    """One disk: the ordinal of the day it was last seen, its notes, its packed history."""

    seen: int
    facts: JsonObjectType
    history: dict[str, Any]


class DiskArchive:
    """The one file, written some minutes after a change and when Home Assistant stops."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare; ``async_load`` must follow."""
        self._store: Store[dict[str, _Frame]] = Store(
            hass, _VERSION, f"{DOMAIN}.disks", private=True, atomic_writes=True
        )
        self._frames: dict[str, _Frame] = {}

    async def async_load(self) -> None:
        """Read the file; a disk whose part cannot be read is left out."""
        told = await self._store.async_load() or {}
        self._frames = dict(_readable(told.items()))
        self.forget_unseen(dt_util.utcnow().date())

    @callback
    def history(self, serial: str) -> SmartHistory | None:
        """Return what is known of a disk; None of one that was never seen."""
        frame = self._frames.get(serial)
        return unpacked(frame["history"]) if frame else None

    @callback
    def facts(self, serial: str) -> JsonObjectType:
        """Return the notes of a disk."""
        frame = self._frames.get(serial)
        return dict(frame["facts"]) if frame else {}

    @callback
    def add(self, label: DiskLabel, *samples: SmartSample) -> SmartHistory:
        """Take in what is known of a day, or of several, and return the whole history."""
        frame = self._frames.get(label.serial)
        history = with_samples(self.history(label.serial), label, samples)
        written = packed(history)
        days = (sample.day.toordinal() for sample in samples)
        seen = max([*days, frame["seen"] if frame else 0])
        if frame and frame["history"] == written and frame["seen"] == seen:
            return history
        if frame is None and len(self._frames) >= MOST_DISKS:
            del self._frames[min(self._frames, key=lambda key: self._frames[key]["seen"])]
        facts = frame["facts"] if frame else {}
        self._frames[label.serial] = {"seen": seen, "facts": facts, "history": written}
        self._save_soon()
        return history

    @callback
    def note(self, serial: str, facts: Mapping[str, str | int | float | bool | None]) -> None:
        """Put these notes beside the others of a disk that has samples."""
        frame = self._frames.get(serial)
        if frame is None:
            return
        wanted: JsonObjectType = {**frame["facts"], **facts}
        if wanted != frame["facts"]:
            self._frames[serial] = {**frame, "facts": wanted}
            self._save_soon()

    @callback
    def forget_unseen(self, today: date) -> None:
        """Drop the disks that nobody has seen for two years."""
        oldest = today.toordinal() - _FORGET_AFTER_DAYS
        kept = {key: frame for key, frame in self._frames.items() if frame["seen"] >= oldest}
        if len(kept) < len(self._frames):
            self._frames = kept
            self._save_soon()

    @callback
    def _save_soon(self) -> None:
        # The frames are never changed in place, so that a copy of the table is enough.
        self._store.async_delay_save(lambda: dict(self._frames), _SAVE_DELAY)


def _readable(frames: Iterable[tuple[str, _Frame]]) -> Iterable[tuple[str, _Frame]]:
    for serial, frame in frames:
        try:
            unpacked(frame["history"])
            checked: _Frame = {
                "seen": int(frame["seen"]),
                "facts": dict(frame["facts"]),
                "history": frame["history"],
            }
        except KeyError, TypeError, ValueError:
            _LOGGER.warning("What was kept of the disk %s cannot be read", serial)
        else:
            yield serial, checked


_KEY: HassKey[DiskArchive] = HassKey(f"{DOMAIN}_disks")


@singleton(_KEY, async_=True)
async def async_disk_archive(hass: HomeAssistant) -> DiskArchive:
    """Return the archive, read once."""
    archive = DiskArchive(hass)
    await archive.async_load()
    return archive

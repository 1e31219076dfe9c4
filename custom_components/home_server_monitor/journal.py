"""The journal of procedures, in Home Assistant's storage: one file for all entries."""

from collections.abc import Mapping
from typing import Any, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util, ulid as ulid_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import JsonObjectType, JsonValueType

from .const import DOMAIN
from .procedures.journal import Record
from .systems.paths import Path, to_identifier

_VERSION = 1
_KEPT_RESULTS = 20


class _Stored(TypedDict):
    open: dict[str, dict[str, Any]]
    history: dict[str, list[JsonObjectType]]


class _Storage:
    """The one file, written at once with every change."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store: Store[_Stored] = Store(
            hass, _VERSION, f"{DOMAIN}.journal", private=True, atomic_writes=True
        )
        self.open: dict[str, Record] = {}
        self.history: dict[str, list[JsonObjectType]] = {}

    async def load(self) -> None:
        stored = await self._store.async_load()
        if stored is None:
            return
        self.open = {key: _record(part) for key, part in stored["open"].items()}
        self.history = stored["history"]

    async def save(self) -> None:
        await self._store.async_save(
            {
                "open": {key: _stored(record) for key, record in self.open.items()},
                "history": self.history,
            }
        )


def _record(part: dict[str, Any]) -> Record:
    started = dt_util.parse_datetime(part["started"], raise_on_error=True)
    return Record(**{**part, "path": tuple(part["path"]), "started": started})


def _stored(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "procedure": record.procedure,
        "entry_id": record.entry_id,
        "path": list(record.path),
        "started": record.started.isoformat(),
        "step": record.step,
        "facts": record.facts,
    }


_KEY: HassKey[_Storage] = HassKey(f"{DOMAIN}_journal")


@singleton(_KEY, async_=True)
async def _async_storage(hass: HomeAssistant) -> _Storage:
    storage = _Storage(hass)
    await storage.load()
    return storage


class EntryJournal:
    """The part of the journal that belongs to one config entry."""

    def __init__(self, storage: _Storage, entry_id: str) -> None:
        """Look at the shared storage through the eyes of one entry."""
        self._storage = storage
        self._entry_id = entry_id

    @property
    def open(self) -> list[Record]:
        """Records that an earlier run of Home Assistant left open, the oldest first."""
        records = [
            record for record in self._storage.open.values() if record.entry_id == self._entry_id
        ]
        return sorted(records, key=lambda record: record.started)

    async def begin(self, procedure: str, path: Path, facts: JsonObjectType) -> Record:
        """Open a record and write it to the disk."""
        record = Record(
            id=ulid_util.ulid_now(),
            procedure=procedure,
            entry_id=self._entry_id,
            path=path,
            started=dt_util.utcnow(),
            facts=dict(facts),
        )
        self._storage.open[record.id] = record
        await self._storage.save()
        return record

    async def note(self, record: Record, step: str, facts: Mapping[str, JsonValueType]) -> None:
        """Write down the step that is about to be taken."""
        record.step = step
        record.facts.update(facts)
        await self._storage.save()

    async def end(self, record: Record, result: JsonObjectType) -> None:
        """Close the record and keep its result."""
        self._storage.open.pop(record.id, None)
        results = self._storage.history.setdefault(self._key(record.path), [])
        results.insert(0, result)
        del results[_KEPT_RESULTS:]
        await self._storage.save()

    def history(self, path: Path) -> list[JsonObjectType]:
        """Return the results at this path, the newest first."""
        return list(self._storage.history.get(self._key(path), ()))

    async def forget(self) -> None:
        """Drop everything of an entry that was removed."""
        self._storage.open = {
            key: record
            for key, record in self._storage.open.items()
            if record.entry_id != self._entry_id
        }
        self._storage.history = {
            key: results
            for key, results in self._storage.history.items()
            if key.partition("|")[0] != self._entry_id
        }
        await self._storage.save()

    def _key(self, path: Path) -> str:
        return to_identifier(self._entry_id, path)


async def async_entry_journal(hass: HomeAssistant, entry_id: str) -> EntryJournal:
    """Return the journal of an entry."""
    return EntryJournal(await _async_storage(hass), entry_id)

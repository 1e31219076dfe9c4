"""What entries remember of their items, in Home Assistant's storage: one file for all of them."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import JsonObjectType

from .const import DOMAIN
from .systems.paths import Path, from_identifier, to_identifier

_VERSION = 1
_DELAY = 10.0

type _Facts = dict[str, JsonObjectType]


class _Storage:
    """The one file; changes are collected for a moment, and written when Home Assistant stops."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store: Store[_Facts] = Store(
            hass, _VERSION, f"{DOMAIN}.memory", private=True, atomic_writes=True
        )
        self.facts: _Facts = {}

    async def load(self) -> None:
        self.facts = await self._store.async_load() or {}

    async def save(self) -> None:
        await self._store.async_save(self.facts)

    @callback
    def save_soon(self) -> None:
        self._store.async_delay_save(lambda: self.facts, _DELAY)


_KEY: HassKey[_Storage] = HassKey(f"{DOMAIN}_memory")


@singleton(_KEY, async_=True)
async def _async_storage(hass: HomeAssistant) -> _Storage:
    storage = _Storage(hass)
    await storage.load()
    return storage


class EntryMemory:
    """The part of the memory that belongs to one config entry."""

    def __init__(self, storage: _Storage, entry_id: str) -> None:
        """Look at the shared storage through the eyes of one entry."""
        self._storage = storage
        self._entry_id = entry_id

    @callback
    def recall(self, path: Path) -> JsonObjectType:
        """Return what is remembered of the item at ``path``; nothing of one that is new."""
        return dict(self._storage.facts.get(self._key(path), {}))

    @callback
    def remember(self, path: Path, facts: JsonObjectType) -> None:
        """Put these facts beside the others; what is known already is not written again."""
        known = self._storage.facts.get(self._key(path), {})
        if all(name in known and known[name] == fact for name, fact in facts.items()):
            return
        self._storage.facts[self._key(path)] = {**known, **facts}
        self._storage.save_soon()

    @callback
    def forget(self, path: Path) -> None:
        """Drop what is remembered of an item that is gone."""
        if self._storage.facts.pop(self._key(path), None) is not None:
            self._storage.save_soon()

    @callback
    def paths(self) -> frozenset[Path]:
        """Return the paths of which something is remembered."""
        found = (from_identifier(self._entry_id, key) for key in self._storage.facts)
        return frozenset(path for path in found if path is not None)

    async def save(self) -> None:
        """Write to the disk at once what waits to be written."""
        await self._storage.save()

    async def forget_all(self) -> None:
        """Drop everything of an entry that was removed."""
        for path in self.paths():
            self._storage.facts.pop(self._key(path))
        await self._storage.save()

    def _key(self, path: Path) -> str:
        return to_identifier(self._entry_id, path)


async def async_entry_memory(hass: HomeAssistant, entry_id: str) -> EntryMemory:
    """Return the memory of an entry."""
    return EntryMemory(await _async_storage(hass), entry_id)

"""The base entity, and how a platform turns descriptions into entities that come and go."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import GroupCoordinator
from .exceptions import translated_errors
from .runtime import HomeServerConfigEntry, call_on, control_allowed
from .systems.paths import SEPARATOR, Path, from_identifier, kind_of, to_identifier
from .systems.system import Call, Description, Kind


class HomeServerEntity(CoordinatorEntity[GroupCoordinator]):
    """An entity for one description of the item at one path."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: GroupCoordinator, path: Path, description: Description) -> None:
        """Tie the entity to the device at ``path``."""
        super().__init__(coordinator, context=path)
        self.entity_description = description
        self.path = path
        entry_id = coordinator.config_entry.entry_id
        self._attr_translation_key = description.translation_key or description.key
        self._attr_unique_id = to_identifier(entry_id, path, description.key)
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, to_identifier(entry_id, path))})
        self._seen: Any = None
        self._shown: tuple[Any, bool] = (None, False)

    def become(self, kind: Kind[Any]) -> None:
        """Take from the kind which device the entity hangs on, and what fills its name."""
        if kind.part_of:
            owner = kind.part_of(self.path, self.item)
            identifier = to_identifier(self.coordinator.config_entry.entry_id, owner)
            self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, identifier)})
        if kind.placeholders:
            self._attr_translation_placeholders = dict(kind.placeholders(self.item))

    @property
    def item(self) -> Any:
        """The model behind this entity; only asked for while the entity is available."""
        return self.coordinator.items[self.path]

    @property
    @override
    def available(self) -> bool:
        """Whether the item is there and its data are not old."""
        return self.path in self.coordinator.items and self.coordinator.is_fresh(self.path)

    @property
    def told(self) -> Any:
        """What the state is made of: the whole item, unless a platform shows less of it."""
        return self.item

    @override
    async def async_added_to_hass(self) -> None:
        """Note what is shown first."""
        await super().async_added_to_hass()
        self._seen = self.coordinator.items.get(self.path)
        self._shown = self._now()

    def _now(self) -> tuple[Any, bool]:
        available = self.available
        return self.told if available else None, available

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write a state only where what it tells or its availability changed."""
        item = self.coordinator.items.get(self.path)
        if item is self._seen and self.available == self._shown[1]:
            return
        self._seen = item
        shown = self._now()
        if shown == self._shown:
            return
        self._shown = shown
        super()._handle_coordinator_update()

    async def async_act(self, action: Callable[[Any, Path, Any], Awaitable[None]]) -> None:
        """Let the client do something to the item; errors come out translated."""
        entry = self.coordinator.config_entry
        with translated_errors(self.hass, entry):
            await action(entry.runtime_data.client, self.path, self.item)
        self.coordinator.async_acted(self.path)

    async def async_run(self, procedure: Callable[[Call[Any, Any]], Awaitable[Any]]) -> None:
        """Do something to the item that takes more than the client; errors come out translated."""
        entry = self.coordinator.config_entry
        with translated_errors(self.hass, entry):
            await procedure(call_on(entry, self.path, self.item))
        self.coordinator.async_acted(self.path)


type _Factory = Callable[[GroupCoordinator, Path, Any], HomeServerEntity]


@callback
def async_setup_entities(
    entry: HomeServerConfigEntry,
    platform: Platform,
    description_type: type[Any],
    factory: _Factory,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the platform's entities for all items there are, and for those that come later."""
    for coordinator in entry.runtime_data.coordinators.values():
        _PlatformEntities(
            entry, coordinator, platform, description_type, factory, async_add_entities
        ).async_start()


class _PlatformEntities:
    """The entities of one platform that show items of one group."""

    def __init__(
        self,
        entry: HomeServerConfigEntry,
        coordinator: GroupCoordinator,
        platform: Platform,
        description_type: type[Any],
        factory: _Factory,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        self._entry = entry
        self._coordinator = coordinator
        self._platform = platform
        self._factory = factory
        self._add = async_add_entities
        self._known: set[tuple[Path, str]] = set()
        self._kinds = {
            kind.model: (kind, described)
            for kind in entry.runtime_data.system.kinds
            if kind.group == coordinator.group.key
            and (described := _of_type(kind, description_type))
        }
        self._pruned = False
        self._parts = {kind.name for kind, _ in self._kinds.values() if kind.part_of}

    @callback
    def async_start(self) -> None:
        if not self._kinds:
            return
        self._entry.async_on_unload(self._coordinator.async_on_change(self._sync))
        self._sync(set(self._coordinator.items), set())

    @callback
    def _sync(self, changed: set[Path], gone: set[Path]) -> None:
        self._known = {known for known in self._known if known[0] not in gone}
        if self._parts and self._coordinator.complete and (gone or not self._pruned):
            # What could not be read this time may turn out to be gone the next.
            self._pruned = not self._coordinator.failures
            self._drop_parts()
        new = list(self._new(changed))
        if new:
            self._add(new)

    def _new(self, paths: set[Path]) -> Iterator[HomeServerEntity]:
        control = control_allowed(self._entry)
        for path in sorted(paths):
            item = self._coordinator.items[path]
            kind, descriptions = self._kinds.get(type(item), (None, ()))
            for description in descriptions:
                known = (path, description.key)
                if description.control and not control:
                    self._forget(known)
                elif known not in self._known and (
                    description.exists(item) or self._registered(known)
                ):
                    self._known.add(known)
                    entity = self._factory(self._coordinator, path, description)
                    if kind is not None:
                        entity.become(kind)
                    yield entity

    def _registered(self, known: tuple[Path, str]) -> str | None:
        """Return the entity's id from an earlier run: what was shown once stays while its item does."""
        registry = er.async_get(self._coordinator.hass)
        unique_id = to_identifier(self._entry.entry_id, known[0], known[1])
        return registry.async_get_entity_id(self._platform, DOMAIN, unique_id)

    def _drop_parts(self) -> None:
        """Remove the entities of parts that a full listing no longer has: no device takes them along."""
        registry = er.async_get(self._coordinator.hass)
        for entity in er.async_entries_for_config_entry(registry, self._entry.entry_id):
            if entity.domain != self._platform:
                continue
            path = from_identifier(self._entry.entry_id, entity.unique_id.rpartition(SEPARATOR)[0])
            if (
                path
                and kind_of(path) in self._parts
                and path not in self._coordinator.items
                and not self._coordinator.is_failed(path)
            ):
                registry.async_remove(entity.entity_id)

    def _forget(self, known: tuple[Path, str]) -> None:
        """Remove what acts, after control was taken back."""
        if entity_id := self._registered(known):
            er.async_get(self._coordinator.hass).async_remove(entity_id)


def _of_type(kind: Kind[Any], description_type: type[Any]) -> tuple[Any, ...]:
    return tuple(part for part in kind.entities if isinstance(part, description_type))

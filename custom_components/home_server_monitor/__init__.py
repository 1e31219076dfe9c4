"""Home Server Monitor: sets up and unloads one config entry, which is one system."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_SCAN_INTERVAL, EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    ConfigEntryNotReady,
    HomeAssistantError,
)
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType

from .actions import async_setup_actions
from .archive import async_disk_archive
from .const import CONF_INCLUDE, CONF_SYSTEM, DOMAIN
from .coordinator import GroupCoordinator
from .devices import DeviceTree
from .history import EntryHistory
from .issues import async_follow, async_forget
from .journal import async_entry_journal
from .memory import async_entry_memory
from .repairs import MissingRights, async_delete_missing_rights
from .runtime import HomeServerConfigEntry, Runtime
from .systems import SYSTEMS
from .systems.errors import HomeServerError, InvalidAuth, UnsupportedVersion
from .systems.system import Group, Sessions
from .workshop import EntryWorkshop

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.UPDATE,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, which exist whether or not an entry is loaded."""
    async_setup_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HomeServerConfigEntry) -> bool:
    """Connect to the system, read it once, and show it."""
    system = SYSTEMS[entry.data[CONF_SYSTEM]]
    try:
        client = await system.connect(entry.data, async_sessions(hass))
    except HomeServerError as err:
        raise _setup_error(err) from err
    entry.runtime_data = Runtime(
        title=entry.title,
        system=system,
        client=client,
        devices=DeviceTree(hass, entry, system),
        workshop=EntryWorkshop(
            hass,
            entry,
            await async_entry_journal(hass, entry.entry_id),
            await async_entry_memory(hass, entry.entry_id),
        ),
        history=EntryHistory(hass, entry),
        rights=MissingRights(hass, entry),
        archive=await async_disk_archive(hass),
    )
    try:
        await _read_once(hass, entry)
    except BaseException:
        await client.close()
        raise
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await async_follow(hass, entry)
    _start_the_rest(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HomeServerConfigEntry) -> bool:
    """Take the entities away and let go of the system."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await _let_go(entry)
        async_delete_missing_rights(hass, entry)
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
    """Forget what procedures did on a system that is not watched any more."""
    # An entry that could not be loaded was not unloaded either.
    async_delete_missing_rights(hass, entry)
    await async_forget(hass, entry)
    await (await async_entry_journal(hass, entry.entry_id)).forget()
    await (await async_entry_memory(hass, entry.entry_id)).forget_all()


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: HomeServerConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Let the user remove a device only when what it stands for is known not to be there."""
    if entry.state is not ConfigEntryState.LOADED:
        return False
    runtime = entry.runtime_data
    path = runtime.devices.path_of(device)
    if path is None:
        return True
    owner = runtime.coordinators.get(runtime.devices.group_of(path))
    return not runtime.devices.is_current(path) and not (owner and owner.is_failed(path))


@callback
def async_sessions(hass: HomeAssistant) -> Sessions:
    """Return Home Assistant's shared sessions for the clients."""
    return Sessions(
        verified=async_get_clientsession(hass),
        unverified=async_get_clientsession(hass, verify_ssl=False),
    )


def _setup_error(error: HomeServerError) -> HomeAssistantError:
    """Choose what Home Assistant does about it: ask the user, try again, or give up."""
    kind: type[HomeAssistantError] = ConfigEntryNotReady
    if isinstance(error, InvalidAuth):
        kind = ConfigEntryAuthFailed
    elif isinstance(error, UnsupportedVersion):
        # Not so for another server: a reverse proxy answers like one while the system restarts.
        kind = ConfigEntryError
    return kind(
        translation_domain=DOMAIN,
        translation_key=error.key,
        translation_placeholders=error.placeholders,
    )


def _included(entry: HomeServerConfigEntry) -> Iterator[Group[Any]]:
    chosen = entry.options.get(CONF_INCLUDE)
    for group in entry.runtime_data.system.groups:
        if not group.optional or chosen is None or group.key in chosen:
            yield group


async def _read_once(hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
    """Read the groups in their order; the first must succeed, the others may come later."""
    paced = entry.options.get(CONF_SCAN_INTERVAL)
    for group in _included(entry):
        interval = timedelta(seconds=paced) if paced and group.paced else group.interval
        coordinator = GroupCoordinator(hass, entry, group, interval)
        entry.runtime_data.coordinators[group.key] = coordinator
        if group is entry.runtime_data.system.groups[0]:
            await coordinator.async_config_entry_first_refresh()
        elif not group.deferred:
            await coordinator.async_start()


@callback
def _start_the_rest(hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
    """Open the streams now, and read what is dear once Home Assistant has started."""
    deferred = []
    for coordinator in entry.runtime_data.coordinators.values():
        if coordinator.watcher:
            coordinator.watcher.async_start()
        if coordinator.group.deferred:
            deferred.append(coordinator)

    async def start(_hass: HomeAssistant) -> None:
        for coordinator in deferred:
            entry.async_create_background_task(
                hass, coordinator.async_start(), f"{coordinator.name} first refresh"
            )

    async def stop(_event: Event) -> None:
        await _let_go(entry)

    entry.runtime_data.workshop.async_resume()
    entry.async_on_unload(async_at_started(hass, start))
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))


async def _let_go(entry: HomeServerConfigEntry) -> None:
    await entry.runtime_data.workshop.async_stop()
    for coordinator in entry.runtime_data.coordinators.values():
        await coordinator.async_shutdown()
    await entry.runtime_data.client.close()

"""Registers the actions of all systems and finds the items that a call is aimed at."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from .const import DOMAIN
from .exceptions import translated_errors
from .runtime import HomeServerConfigEntry, call_on, control_allowed
from .systems import SYSTEMS
from .systems.errors import HomeServerError
from .systems.free_action import FreeAction
from .systems.paths import Path
from .systems.system import Action


@dataclass(frozen=True)
class _Target:
    """One item that an action is to be done to."""

    entry: HomeServerConfigEntry
    action: Action[Any, Any]
    device: dr.AnyDeviceEntry
    group: str
    path: Path
    item: Any


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register each action once, however many systems offer it."""
    actions = {action.name: action for system in SYSTEMS.values() for action in system.actions}
    for action in actions.values():
        _register(hass, action)
    free = {action.name: action for system in SYSTEMS.values() for action in system.free_actions}
    for free_action in free.values():
        _register_free(hass, free_action)


def _register(hass: HomeAssistant, action: Action[Any, Any]) -> None:
    async def handle(call: ServiceCall) -> ServiceResponse:
        if action.admin:
            await _require_admin(hass, call)
        targets = list(_targets(hass, action.name, call))
        results = await asyncio.gather(
            *(_run(hass, target, call) for target in targets), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        if not call.return_response:
            return None
        return {"results": [result for result in results if isinstance(result, dict)]}

    hass.services.async_register(
        DOMAIN,
        action.name,
        handle,
        schema=vol.All(
            vol.Schema({**cv.TARGET_SERVICE_FIELDS, **action.schema}),
            cv.has_at_least_one_key(*(str(key) for key in cv.TARGET_SERVICE_FIELDS)),
        ),
        supports_response=action.response,
    )


def _register_free(hass: HomeAssistant, action: FreeAction) -> None:
    async def handle(call: ServiceCall) -> ServiceResponse:
        try:
            return await action.run(call.data)
        except HomeServerError as err:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=err.key,
                translation_placeholders=err.placeholders,
            ) from err

    hass.services.async_register(
        DOMAIN,
        action.name,
        handle,
        schema=vol.Schema(dict(action.schema)),
        supports_response=SupportsResponse.ONLY,
    )


async def _require_admin(hass: HomeAssistant, call: ServiceCall) -> None:
    """Refuse anybody who is no administrator; automations and scripts act for nobody."""
    if call.context.user_id is None:
        return
    user = await hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    if not user.is_admin:
        raise Unauthorized(context=call.context)


async def _run(hass: HomeAssistant, target: _Target, call: ServiceCall) -> JsonObjectType:
    runtime = target.entry.runtime_data
    with translated_errors(hass, target.entry):
        result = await target.action.run(call_on(target.entry, target.path, target.item, call.data))
    if target.action.control:
        runtime.coordinators[target.group].async_acted(target.path)
    return {"device_id": target.device.id, "name": _name(target.device), **(result or {})}


def _targets(hass: HomeAssistant, action: str, call: ServiceCall) -> Iterator[_Target]:
    """Yield each item once.

    What was named must fit, or the whole call is refused before anything is done; of what an
    area, floor or label brings along, only that which fits is taken.
    """
    devices, named = _devices(hass, call)
    fitting = False
    for device in devices:
        target = _target(hass, action, device)
        if target is not None:
            fitting = True
            yield target
        elif device.id in named:
            raise _invalid("wrong_target", name=_name(device))
    if not fitting:
        raise _invalid("no_target")


def _devices(hass: HomeAssistant, call: ServiceCall) -> tuple[list[dr.AnyDeviceEntry], set[str]]:
    """Return our devices among the targets, and the ids of all that were named one by one."""
    selection = TargetSelection(call.data)
    selected = async_extract_referenced_entity_ids(hass, selection)
    registry, entities = dr.async_get(hass), er.async_get(hass)
    named = set(selection.device_ids)
    for entity_id in selected.referenced:
        entity = entities.async_get(entity_id)
        if entity is None or entity.platform != DOMAIN or entity.device_id is None:
            raise _invalid("unknown_target", target=entity_id)
        named.add(entity.device_id)
    # A label or an area may also hang on an entity alone.
    brought = {
        entity.device_id
        for entity_id in selected.indirectly_referenced
        if (entity := entities.async_get(entity_id))
        and entity.platform == DOMAIN
        and entity.device_id
    }
    found = []
    for device_id in sorted(named | selected.referenced_devices | brought):
        device = registry.async_get(device_id)
        if device is not None and any(domain == DOMAIN for domain, _ in device.identifiers):
            found.append(device)
        elif device_id in named:
            raise _invalid("unknown_target", target=device_id)
    return found, named


def _target(hass: HomeAssistant, action: str, device: dr.AnyDeviceEntry) -> _Target | None:
    """Return what the action would be done to, or None where this is no such thing."""
    entry = _entry(hass, device)
    runtime = entry.runtime_data
    path = runtime.devices.path_of(device)
    if path is None:
        return None
    offers = [offer for offer in runtime.system.actions if offer.name == action]
    for coordinator in runtime.coordinators.values():
        item = coordinator.items.get(path)
        # One action may be offered for several kinds of items.
        offered = next((offer for offer in offers if isinstance(item, offer.model)), None)
        if offered is None:
            continue
        if offered.control and not control_allowed(entry):
            raise _invalid("control_not_allowed", name=entry.title)
        return _Target(entry, offered, device, coordinator.group.key, path, item)
    return None


def _name(device: dr.AnyDeviceEntry) -> str:
    return device.name_by_user or device.name or device.id


def _entry(hass: HomeAssistant, device: dr.AnyDeviceEntry) -> HomeServerConfigEntry:
    entry: HomeServerConfigEntry | None = None
    if device.config_entry_id is not None:
        entry = hass.config_entries.async_get_entry(device.config_entry_id)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        raise _invalid("not_loaded", name=_name(device))
    return entry


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )

"""Diagnostics: everything that helps to find a fault, and nothing that lets anybody in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
import re
from typing import Any
from urllib.parse import unquote

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .const import CONF_SYSTEM
from .coordinator import GroupCoordinator
from .runtime import HomeServerConfigEntry
from .systems import SYSTEMS

# Addresses are no secrets, but tell more of a home than a bug report needs.
_PRIVATE = {CONF_URL, CONF_HOST, CONF_USERNAME, "title", "unique_id"}
_USERINFO = re.compile(r"(?:^|//)([^/:@\s]+):(\S*)@")


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: HomeServerConfigEntry
) -> dict[str, Any]:
    """Return what the entry is set up with, and what each group reads at present.

    An entry that is not loaded has no groups; its ``reason`` says why it could not be set up.
    """
    hidden = _PRIVATE | SYSTEMS[entry.data[CONF_SYSTEM]].secrets
    loaded = entry.state is ConfigEntryState.LOADED
    groups = entry.runtime_data.coordinators if loaded else {}
    shown = {
        "entry": async_redact_data(entry.as_dict(), hidden),
        "state": entry.state.value,
        "reason": entry.reason,
        "groups": {key: _group(part) for key, part in groups.items()},
    }
    # The longest first: a short one may be part of it.
    values = {text for text in _hidden_texts([entry.data, entry.options], hidden) if text}
    cleaned = _without(shown, sorted(values, key=len, reverse=True))
    renamed: dict[str, Any] = _renamed(cleaned, _pseudonyms(groups.values()))
    return renamed


def _hidden_texts(value: Any, hidden: set[str] | frozenset[str]) -> Iterator[str]:
    """Yield what must not be seen, however deep it lies."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _texts(part) if key in hidden else _hidden_texts(part, hidden)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _hidden_texts(part, hidden)


def _texts(value: Any) -> Iterator[str]:
    """Yield what must not be seen of a field: its texts, and what an address carries."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
        if found := _USERINFO.search(value):
            yield from (found[1], found[2], unquote(found[2]))


def _group(coordinator: GroupCoordinator) -> dict[str, Any]:
    return {
        "interval": coordinator.interval.total_seconds(),
        "last_update_success": coordinator.last_update_success,
        "last_exception": repr(coordinator.last_exception),
        "failures": {
            "/".join(scope): str(error) for scope, (error, _) in coordinator.failures.items()
        },
        "missing_right": str(coordinator.missing_right) if coordinator.missing_right else None,
        "streams": coordinator.watcher.status() if coordinator.watcher else None,
        "items": {"/".join(path): _model(item) for path, item in coordinator.items.items()},
    }


def _model(item: Any) -> dict[str, Any]:
    kind = type(item).__name__
    if is_dataclass(item) and not isinstance(item, type):
        return {kind: async_redact_data(asdict(item), {"serial"})}
    return {kind: repr(item)}


def _without(value: Any, secrets: list[str]) -> Any:
    """Hide secrets that turn up inside other texts, such as the message of an error."""
    if isinstance(value, Mapping):
        return {key: _without(part, secrets) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without(part, secrets) for part in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, REDACTED)
    return value


def _pseudonyms(groups: Iterable[GroupCoordinator]) -> dict[str, str]:
    """Return other names for the serial numbers of disks, which their paths are made of."""
    items = (item for group in groups for item in group.items.values())
    serials = {getattr(getattr(item, "label", None), "serial", None) for item in items}
    known = sorted(serial for serial in serials if isinstance(serial, str))
    return {serial: f"serial-{number}" for number, serial in enumerate(known, 1)}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Put the other names in place of the serial numbers, in the names of things too."""
    if isinstance(value, Mapping):
        return {_renamed(key, names): _renamed(part, names) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_renamed(part, names) for part in value]
    if isinstance(value, str):
        for serial, name in names.items():
            value = value.replace(serial, name)
    return value

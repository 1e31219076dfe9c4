"""Diagnostics: everything that helps to find a fault, and nothing that lets anybody in."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_HOST, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .coordinator import GroupCoordinator
from .runtime import HomeServerConfigEntry

# Addresses are no secrets, but tell more of a home than a bug report needs.
_PRIVATE = {CONF_URL, CONF_HOST, CONF_USERNAME, "title", "unique_id"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: HomeServerConfigEntry
) -> dict[str, Any]:
    """Return what the entry is set up with, and what each group reads at present."""
    runtime = entry.runtime_data
    hidden = _PRIVATE | runtime.system.secrets
    secrets = [str(entry.data[key]) for key in hidden if entry.data.get(key)]
    shown = {
        "entry": async_redact_data(entry.as_dict(), hidden),
        "groups": {key: _group(part) for key, part in runtime.coordinators.items()},
    }
    cleaned: dict[str, Any] = _without(shown, secrets)
    return cleaned


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
        return {kind: asdict(item)}
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

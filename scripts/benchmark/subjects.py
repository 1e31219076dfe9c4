"""What is compared: how each integration is set up, and when it has come to rest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from homeassistant.config_entries import ConfigEntry

from custom_components.home_server_monitor.const import (
    CONF_ALLOW_CONTROL,
    CONF_INCLUDE,
    CONF_SYSTEM,
    DOMAIN,
)
from custom_components.home_server_monitor.systems import SYSTEMS

type Data = Callable[[dict[str, str]], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One column of the table.

    ``door`` is where its requests arrive, ``data`` makes the entry's data from the addresses,
    ``rested`` says that what it does once after Home Assistant's start is over.
    """

    title: str
    domain: str
    door: str
    data: Data
    rested: Callable[[ConfigEntry[Any]], bool]
    version: int = 1
    options: dict[str, Any] = field(default_factory=dict)


def _ours_rested(entry: ConfigEntry[Any]) -> bool:
    coordinators = entry.runtime_data.coordinators.values()
    return all(one.items for one in coordinators) and any(
        one.watcher and one.watcher.open_count for one in coordinators
    )


def _core_rested(entry: ConfigEntry[Any]) -> bool:
    """Core asks the registries for every image after the start; then its steady state begins."""
    return entry.runtime_data.watcher.last_check is not None


def _core_data(addresses: dict[str, str]) -> dict[str, Any]:
    key = addresses["api_key"]
    return {"url": addresses["portainer"], "api_token": key, "verify_ssl": True}


def _portainer_data(addresses: dict[str, str]) -> dict[str, Any]:
    entry = {"url": addresses["portainer"], "token": addresses["api_key"], "verify_ssl": True}
    return {CONF_SYSTEM: "portainer", **entry}


def _docker_data(addresses: dict[str, str]) -> dict[str, Any]:
    return {CONF_SYSTEM: "docker", "url": addresses["docker"], "verify_ssl": True}


# Core can always act, so ours is allowed to as well: that gives it two more entities a container.
_CONTROL = {CONF_ALLOW_CONTROL: True}
_FRUGAL = {
    **_CONTROL,
    CONF_INCLUDE: [
        group.key
        for group in SYSTEMS["portainer"].groups
        if group.optional and group.key != "usage"
    ],
}

CORE = "core"
SUBJECTS = {
    CORE: Subject(
        title="core portainer",
        domain="portainer",
        door="portainer",
        data=_core_data,
        rested=_core_rested,
        version=5,
    ),
    "portainer": Subject(
        title="ours, Portainer",
        domain=DOMAIN,
        door="portainer",
        data=_portainer_data,
        rested=_ours_rested,
        options=_CONTROL,
    ),
    "docker": Subject(
        title="ours, Docker",
        domain=DOMAIN,
        door="docker",
        data=_docker_data,
        rested=_ours_rested,
        options=_CONTROL,
    ),
    "frugal": Subject(
        title="ours, no usage",
        domain=DOMAIN,
        door="portainer",
        data=_portainer_data,
        rested=_ours_rested,
        options=_FRUGAL,
    ),
}

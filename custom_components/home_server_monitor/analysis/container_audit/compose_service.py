"""From a service of a compose file to the same settings that an inspected container has."""

from __future__ import annotations

import shlex
from typing import Any

from ...systems.docker.settings.models import (
    LABEL_SERVICE,
    LABELS_THAT_MATTER,
    ContainerSettings,
    Limits,
    capability,
)
from .compose_values import (
    bound_volumes,
    is_open,
    is_true,
    mount,
    number,
    pairs,
    port,
    rows,
    size,
    split,
    table,
    text,
    texts,
)


def service_settings(
    name: str, service: dict[str, Any], document: dict[str, Any]
) -> ContainerSettings:
    """Return how a service would be set up. What only the image could tell is None or unknown."""
    deploy = table(service.get("deploy"))
    resources = table(table(deploy.get("resources")).get("limits"))
    logging = table(service.get("logging"))
    volumes = bound_volumes(document.get("volumes"))
    mode = text(service.get("network_mode"))
    return ContainerSettings(
        name=text(service.get("container_name")) or name,
        image=text(service.get("image")),
        user=text(service.get("user")) or None,
        privileged=is_true(service.get("privileged")),
        mounts=tuple(
            found
            for given in rows(service.get("volumes"))
            if (found := mount(given, volumes)) is not None
        ),
        devices=tuple(filter(None, map(_device, rows(service.get("devices"))))),
        networks=_networks(service, mode),
        network_mode=mode,
        pid_mode=text(service.get("pid")),
        ipc_mode=text(service.get("ipc")),
        userns_mode=text(service.get("userns_mode")),
        capabilities_added=tuple(map(capability, texts(service.get("cap_add")))),
        capabilities_dropped=tuple(map(capability, texts(service.get("cap_drop")))),
        security_options=texts(service.get("security_opt")),
        read_only_root=is_true(service.get("read_only")),
        environment=pairs(service.get("environment")),
        command=(*_words(service.get("entrypoint")), *_words(service.get("command"))),
        ports=tuple(led for given in rows(service.get("ports")) if (led := port(given)) is not None)
        if not mode or mode == "bridge"
        else (),
        healthcheck=has_healthcheck(service),
        limits=_limits(service, resources),
        restart_policy=_restart(service, deploy),
        log_driver=text(logging.get("driver")),
        log_options=pairs(logging.get("options")),
        labels={
            **{
                key: value
                for key, value in pairs(service.get("labels")).items()
                if key.startswith(LABELS_THAT_MATTER)
            },
            LABEL_SERVICE: name,
        },
        unknown=_unknown(service, resources, logging),
        templated=True,
    )


def has_healthcheck(service: dict[str, Any]) -> bool | None:
    """Whether a service has a check of its own; None where the image's holds, if it has one."""
    check = table(service.get("healthcheck"))
    if is_true(check.get("disable")):
        return False
    words = texts(check.get("test"))
    if not words:
        return None
    return words[0].upper() != "NONE"


def _device(value: object) -> str:
    if isinstance(value, dict):
        return text(table(value).get("source"))
    return next(iter(split(text(value))), "")


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return texts(value)
    try:
        return tuple(shlex.split(text(value)))
    except ValueError:
        return tuple(text(value).split())


def _networks(service: dict[str, Any], mode: str) -> tuple[str, ...]:
    if mode:
        return ()
    given = service.get("networks")
    named = tuple(sorted(table(given))) if isinstance(given, dict) else texts(given)
    return named or ("default",)


def _limits(service: dict[str, Any], resources: dict[str, Any]) -> Limits:
    quota, period = number(service.get("cpu_quota")), number(service.get("cpu_period"))
    by_quota = quota / (period or 100_000) if quota else None
    pids = number(service.get("pids_limit")) or number(resources.get("pids"))
    return Limits(
        cpus=number(service.get("cpus")) or number(resources.get("cpus")) or by_quota,
        memory=size(service.get("mem_limit")) or size(resources.get("memory")),
        memory_swap=size(service.get("memswap_limit")),
        pids=int(pids) if pids else None,
    )


def _restart(service: dict[str, Any], deploy: dict[str, Any]) -> str:
    written = text(service.get("restart"))
    # Compose's reader takes the bare word `no` for a text, and `false` for the same.
    if written:
        return "no" if written == "false" else written.partition(":")[0]
    condition = text(table(deploy.get("restart_policy")).get("condition"))
    if "restart_policy" in deploy and not condition:
        return "any"
    return "no" if condition in ("", "none") else condition


def _unknown(
    service: dict[str, Any], resources: dict[str, Any], logging: dict[str, Any]
) -> frozenset[str]:
    options = table(logging.get("options"))
    values = {
        "user": (service.get("user"),),
        "memory": (service.get("mem_limit"), resources.get("memory")),
        "cpus": (service.get("cpus"), resources.get("cpus"), service.get("cpu_quota")),
        "restart": (service.get("restart"),),
        "log": (logging.get("driver"), options.get("max-size")),
    }
    return frozenset(name for name, given in values.items() if any(map(is_open, given)))

"""From an inspect document to settings. Whatever is missing or odd counts as not set, never as an error."""

import base64
import binascii
from collections.abc import Mapping
import json
import posixpath
from typing import Any

from ..parse import limits, mapping
from .models import (
    LABELS_THAT_MATTER,
    ContainerSettings,
    MountPoint,
    PublishedPort,
    capability,
)

_ALL_ADDRESSES = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - to be recognised, not listened on

# Go's file modes keep these bits elsewhere than Unix does.
_GO_BITS = ((1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000))


def container_settings(document: object) -> ContainerSettings:
    """Parse ``/containers/{id}/json``. Any JSON will do; what it does not tell is not set."""
    data = mapping(document)
    config, host = mapping(data.get("Config")), mapping(data.get("HostConfig"))
    network = mapping(data.get("NetworkSettings"))
    logs = mapping(host.get("LogConfig"))
    identifier = _text(data.get("Id"))
    return ContainerSettings(
        id=identifier,
        name=_text(data.get("Name")).removeprefix("/") or identifier[:12],
        image=_text(config.get("Image")) or _text(data.get("ImageName")),
        user=_text(config.get("User")),
        privileged=host.get("Privileged") is True,
        mounts=_mounts(data.get("Mounts")) or _binds(host.get("Binds")),
        devices=tuple(_path(_text(row.get("PathOnHost"))) for row in _rows(host.get("Devices"))),
        networks=tuple(sorted(mapping(network.get("Networks")))),
        network_mode=_text(host.get("NetworkMode")),
        pid_mode=_text(host.get("PidMode")),
        ipc_mode=_text(host.get("IpcMode")),
        userns_mode=_text(host.get("UsernsMode")),
        capabilities_added=tuple(map(capability, _texts(host.get("CapAdd")))),
        capabilities_dropped=tuple(map(capability, _texts(host.get("CapDrop")))),
        security_options=_texts(host.get("SecurityOpt")),
        read_only_root=host.get("ReadonlyRootfs") is True,
        environment=_environment(config.get("Env")),
        command=_command(data, config),
        ports=_ports(host, network),
        exposed=_exposed(config.get("ExposedPorts")),
        healthcheck=_has_healthcheck(config),
        limits=limits(host),
        restart_policy=_text(mapping(host.get("RestartPolicy")).get("Name")) or "no",
        auto_remove=host.get("AutoRemove") is True,
        log_driver=_text(logs.get("Type")),
        log_options=_strings(logs.get("Config")),
        labels={
            name: value
            for name, value in _strings(config.get("Labels")).items()
            if name.startswith(LABELS_THAT_MATTER)
        },
    )


def path_mode(header: object) -> int | None:
    """Return Unix mode bits (0o0000 to 0o7777) from ``X-Docker-Container-Path-Stat``, else None."""
    try:
        told = json.loads(base64.b64decode(_text(header), validate=False))
    except binascii.Error, ValueError, RecursionError:
        return None
    mode = mapping(told).get("mode")
    if isinstance(mode, bool) or not isinstance(mode, int):
        return None
    return (mode & 0o777) | sum(unix for go, unix in _GO_BITS if mode & go)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _strings(value: object) -> dict[str, str]:
    return {name: text for name, text in mapping(value).items() if isinstance(text, str)}


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _path(text: str) -> str:
    """Return a path in its shortest form; POSIX lets two leading slashes stand, Linux does not."""
    if not text.startswith("/"):
        return text
    return "/" + posixpath.normpath(text).lstrip("/")


def _mounts(value: object) -> tuple[MountPoint, ...]:
    return tuple(
        MountPoint(
            kind=kind,
            source=_text(row.get("Name")) if kind == "volume" else _path(_text(row.get("Source"))),
            target=_path(_text(row.get("Destination"))),
            read_only=row.get("RW") is False,
        )
        for row in _rows(value)
        for kind in (_text(row.get("Type")) or "bind",)
    )


def _binds(value: object) -> tuple[MountPoint, ...]:
    """Parse ``source:target[:options]``, which is all that some proxies and old engines leave."""
    found = []
    for text in _texts(value):
        source, _, rest = text.partition(":")
        target, _, options = rest.partition(":")
        if target:
            found.append(
                MountPoint(
                    kind="bind" if source.startswith("/") else "volume",
                    source=_path(source),
                    target=_path(target),
                    read_only="ro" in options.split(","),
                )
            )
    return tuple(found)


def _environment(value: object) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in _texts(value))
    return {name: text for name, equals, text in pairs if name and equals}


def _command(data: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is run: as resolved by the engine, else as it was asked for."""
    resolved = (*_texts(data.get("Path")), *_texts(data.get("Args")))
    return resolved or (*_texts(config.get("Entrypoint")), *_texts(config.get("Cmd")))


def _has_healthcheck(config: Mapping[str, Any]) -> bool:
    words = _texts(mapping(config.get("Healthcheck")).get("Test"))
    return bool(words) and words[0].upper() != "NONE"


def _port(text: str) -> tuple[int, str] | None:
    number, _, protocol = text.partition("/")
    if not number.isascii() or not number.isdigit() or not 0 < int(number[:6]) < 1 << 16:
        return None
    return int(number[:6]), protocol.lower() or "tcp"


def _exposed(value: object) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(port for text in mapping(value) if (port := _port(text)) is not None))


def _ports(host: Mapping[str, Any], network: Mapping[str, Any]) -> tuple[PublishedPort, ...]:
    """Return what is published; a network of the host or of another container publishes nothing."""
    mode = _text(host.get("NetworkMode"))
    if mode in ("host", "none") or mode.startswith(("container:", "ns:")):
        return ()
    asked = mapping(host.get("PortBindings"))
    if host.get("PublishAllPorts") is True:
        asked = {**mapping(network.get("Ports")), **asked}
    found = {
        (_address(binding), _host_port(binding), *inside)
        for text, bindings in asked.items()
        if (inside := _port(text)) is not None
        for binding in _rows(bindings)
    }
    return tuple(
        PublishedPort(address=address, port=port, target=target, protocol=protocol)
        for address, port, target, protocol in sorted(
            found, key=lambda row: (row[2], row[3], row[1] or 0, row[0])
        )
    )


def _address(binding: Mapping[str, Any]) -> str:
    address = _text(binding.get("HostIp"))
    return "" if address in _ALL_ADDRESSES else address


def _host_port(binding: Mapping[str, Any]) -> int | None:
    port = _port(_text(binding.get("HostPort")))
    return port[0] if port else None

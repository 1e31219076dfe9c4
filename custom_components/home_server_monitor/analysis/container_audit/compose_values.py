"""The short and long forms in which compose lets things be written. Nothing here raises."""

from __future__ import annotations

import re
from typing import Any

from ...systems.docker.settings.models import MountPoint, PublishedPort
from .images import INTERPOLATION
from .surroundings import clean_path

_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_KEPT_TOGETHER = re.compile(r"\$\{[^}]*\}|\[[^\]]*\]")
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_ALL_ADDRESSES = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104 - to be recognised only


def text(value: object) -> str:
    """Return a scalar as compose reads it; a list or map counts as empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list, or of a single text."""
    if isinstance(value, list):
        return tuple(found for each in value if (found := text(each)))
    return (text(value),) if text(value) else ()


def rows(value: object) -> list[Any]:
    """Return a list, or an empty one."""
    return value if isinstance(value, list) else []


def table(value: object) -> dict[str, Any]:
    """Return a map with texts for keys, or an empty one."""
    if not isinstance(value, dict):
        return {}
    return {name: each for name, each in value.items() if isinstance(name, str)}


def pairs(value: object) -> dict[str, str]:
    """Return ``{A: b}`` or ``[A=b]``; what has no value is passed through and not known here."""
    if isinstance(value, list):
        split = (text(each).partition("=") for each in value)
        return {name.strip(): found for name, equals, found in split if name and equals}
    return {name: text(each) for name, each in table(value).items() if each is not None}


def is_true(value: object) -> bool:
    """Whether a switch is on."""
    return text(value).lower() in ("true", "yes", "on", "1")


def is_open(value: object) -> bool:
    """Whether only deploying will tell the value, for a variable is put in."""
    return bool(INTERPOLATION.search(text(value).replace("$$", "")))


def number(value: object) -> float | None:
    """Return a number above zero."""
    match = _NUMBER.fullmatch(text(value).strip())
    return float(match[0]) or None if match else None


def size(value: object) -> int | None:
    """Return bytes for ``512m`` and the like, above zero."""
    match = _SIZE.fullmatch(text(value).strip())
    return int(float(match[1]) * _SIZES[match[2].lower()]) or None if match else None


def split(value: str) -> list[str]:
    """Split at colons, but not at those in ``${VAR:-default}`` and in ``[::1]``."""
    masked = _KEPT_TOGETHER.sub(lambda match: match[0].replace(":", "\0"), value)
    return [part.replace("\0", ":") for part in masked.split(":")]


def port(value: object) -> PublishedPort | None:
    """Return a port from ``[[address:]published:]target[/protocol]`` or the long form."""
    if isinstance(value, dict):
        return _long_port(table(value))
    written, _, protocol = (
        text(value).rpartition("/") if "/" in text(value) else (text(value), "", "")
    )
    if not written:
        return None
    # An address may be written as IPv6 without brackets, so the ports are taken from the right.
    *front, target = split(written)
    published = front.pop() if front else ""
    address = ":".join(front).strip("[]")
    first, span = _port_range(published)
    inside, _ = _port_range(target)
    return PublishedPort(
        address="" if address in _ALL_ADDRESSES else address,
        port=first,
        target=inside,
        protocol=protocol.lower() or "tcp",
        span=span,
    )


def _long_port(value: dict[str, Any]) -> PublishedPort | None:
    if "target" not in value:
        return None
    first, span = _port_range(text(value.get("published")))
    target, _ = _port_range(text(value["target"]))
    address = text(value.get("host_ip")).strip("[]")
    return PublishedPort(
        address="" if address in _ALL_ADDRESSES else address,
        port=first,
        target=target,
        protocol=text(value.get("protocol")).lower() or "tcp",
        span=span,
    )


def _port_range(written: str) -> tuple[int | None, int]:
    match = _RANGE.fullmatch(written.strip())
    if match is None:
        return None, 1
    first, last = int(match[1]), int(match[2] or match[1])
    return first, max(1, last - first + 1)


def mount(value: object, volumes: dict[str, str]) -> MountPoint | None:
    """Return a mount from its short or long form; ``volumes`` are host paths of named volumes."""
    if isinstance(value, dict):
        return _long_mount(table(value), volumes)
    parts = split(text(value))
    if not parts or not parts[0]:
        return None
    if len(parts) == 1:
        return MountPoint(kind="volume", source="", target=clean_path(parts[0]))
    source, target = parts[0], clean_path(parts[1])
    read_only = len(parts) > 2 and "ro" in parts[2].split(",")
    is_path = source.startswith(("/", ".", "~", "$"))
    return _mount("bind" if is_path else "volume", source, target, read_only, volumes)


def _long_mount(value: dict[str, Any], volumes: dict[str, str]) -> MountPoint | None:
    kind = text(value.get("type")) or "volume"
    source = text(value.get("source")) or text(value.get("src"))
    target = text(value.get("target")) or text(value.get("dst")) or text(value.get("destination"))
    read_only = is_true(value.get("read_only")) or is_true(value.get("readonly"))
    return _mount(kind, source, clean_path(target), read_only, volumes)


def _mount(
    kind: str, source: str, target: str, read_only: bool, volumes: dict[str, str]
) -> MountPoint:
    if kind == "volume" and source in volumes:
        kind, source = "bind", volumes[source]
    return MountPoint(kind=kind, source=clean_path(source), target=target, read_only=read_only)


def bound_volumes(value: object) -> dict[str, str]:
    """Return the named volumes that are a folder of the host in truth, with its path."""
    found = {}
    for name, volume in table(value).items():
        options = table(table(volume).get("driver_opts"))
        device = text(options.get("device"))
        if "bind" in text(options.get("o")).split(",") and device.startswith("/"):
            found[name] = device
    return found

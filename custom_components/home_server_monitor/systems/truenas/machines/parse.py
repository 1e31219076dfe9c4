"""From the server's JSON to models of machines."""

from collections.abc import Mapping
import re
from typing import Any

from ..wire import mapping, text, whole
from .models import IncusInstance, Instance, MachineState, VirtualMachine

_MEBIBYTE = 1024**2
_STATES = {
    "RUNNING": MachineState.RUNNING,
    "THAWED": MachineState.RUNNING,
    "STOPPED": MachineState.STOPPED,
    "SHUTOFF": MachineState.STOPPED,
    "SUSPENDED": MachineState.SUSPENDED,
    "PMSUSPENDED": MachineState.SUSPENDED,
    "FREEZING": MachineState.SUSPENDED,
    "FROZEN": MachineState.SUSPENDED,
    "STARTING": MachineState.STARTING,
    "STOPPING": MachineState.STOPPING,
    "SHUTDOWN": MachineState.STOPPING,
    "ABORTING": MachineState.STOPPING,
    "CRASHED": MachineState.CRASHED,
    "ERROR": MachineState.CRASHED,
}
_RANGE = re.compile(r"(\d+)-(\d+)")


def virtual_machine(row: Mapping[str, Any]) -> VirtualMachine | None:
    """Parse one row of ``vm.query``, whose memory is in MiB; None where it has no id."""
    number = whole(row.get("id"))
    if number is None:
        return None
    memory = whole(row.get("memory"))
    parts = [whole(row.get(key)) or 1 for key in ("vcpus", "cores", "threads")]
    return VirtualMachine(
        id=number,
        name=text(row.get("name")) or f"VM {number}",
        state=_state(mapping(row.get("status")).get("state")),
        virtual=True,
        memory=None if memory is None else memory * _MEBIBYTE,
        cpus=parts[0] * parts[1] * parts[2] if whole(row.get("vcpus")) else None,
    )


def instance(row: Mapping[str, Any]) -> Instance | None:
    """Parse one row of ``container.query`` or ``virt.instance.query``, whose status is a word."""
    return _container(row) if isinstance(row.get("status"), dict) else _incus(row)


def _incus(row: Mapping[str, Any]) -> IncusInstance | None:
    """Parse an instance of Incus, whose memory is in bytes; None where it has no id."""
    name = text(row.get("id")) or text(row.get("name"))
    if name is None:
        return None
    image = mapping(row.get("image"))
    return IncusInstance(
        id=name,
        name=name,
        state=_state(row.get("status")),
        virtual=row.get("type") == "VM",
        memory=whole(row.get("memory")),
        cpus=_processors(row.get("cpu")),
        system=text(image.get("description")) or text(image.get("os")),
    )


def _container(row: Mapping[str, Any]) -> Instance | None:
    """Parse a container of LXC; None where it has no id."""
    number = whole(row.get("id"))
    if number is None:
        return None
    return Instance(
        id=number,
        name=text(row.get("name")) or f"Container {number}",
        state=_state(mapping(row.get("status")).get("state")),
        virtual=False,
        cpus=_set_size(text(row.get("cpuset")) or ""),
    )


def _state(word: object) -> MachineState:
    return _STATES.get(str(word), MachineState.OTHER)


def _processors(limit: object) -> int | None:
    """Read a limit of Incus: a number, or the processors themselves as ``0-3,6``."""
    limits = str(limit) if isinstance(limit, (int, str)) else ""
    return int(limits) if limits.isdecimal() else _set_size(limits)


def _set_size(processors: str) -> int | None:
    """Count what a set such as ``0-3,6`` names."""
    total = 0
    for part in filter(None, (one.strip() for one in processors.split(","))):
        if part.isdecimal():
            total += 1
        elif found := _RANGE.fullmatch(part):
            total += max(int(found[2]) - int(found[1]) + 1, 0)
        else:
            return None
    return total or None

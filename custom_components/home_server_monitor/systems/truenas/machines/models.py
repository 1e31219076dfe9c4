"""What is read of virtual machines, Incus instances and LXC containers. None means not told."""

from dataclasses import dataclass
from enum import StrEnum


class MachineState(StrEnum):
    """What a machine does; ``other`` is a word that nobody knows yet."""

    RUNNING = "running"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    STARTING = "starting"
    STOPPING = "stopping"
    CRASHED = "crashed"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """One machine: ``memory`` is what it may use, in bytes; ``cpus`` how many processors it sees.

    ``id`` is what the server calls it: a number, or its name where Incus runs it. ``virtual`` ones
    have hardware of their own, the others share the system's kernel.
    """

    id: int | str
    name: str
    state: MachineState
    virtual: bool
    memory: int | None = None
    cpus: int | None = None
    system: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VirtualMachine(Machine):
    """A virtual machine; Incus may have others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance(Machine):
    """A container of LXC, from 26 on; ``system`` is never told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IncusInstance(Instance):
    """A container or virtual machine of Incus (25.04 and 25.10)."""

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

    ``system`` is the operating system that it was made from.
    """

    name: str
    state: MachineState
    memory: int | None = None
    cpus: int | None = None
    system: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VirtualMachine(Machine):
    """A virtual machine; ``id`` is its number."""

    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IncusInstance(Machine):
    """A container or virtual machine of Incus (25.04 and 25.10), known by its name."""

    virtual: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LxcContainer(Machine):
    """A container (26 and later); ``id`` is its number."""

    id: int

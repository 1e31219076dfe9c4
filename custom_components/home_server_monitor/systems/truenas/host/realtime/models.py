"""What ``reporting.realtime`` tells, and what is made of a few of its ticks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """One interface at one tick: ``speed`` Mbit/s, rates bytes per second."""

    up: bool | None
    speed: int | None
    received: float | None
    sent: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """One message. Percent, degrees Celsius, bytes; ``arc_hits`` of ``arc_reads`` per second.

    Everything is None, and ``interfaces`` empty, while the NAS's own collector does not answer.
    """

    processor: float | None = None
    temperature: float | None = None
    memory_total: float | None = None
    memory_used: float | None = None
    arc_size: float | None = None
    arc_hits: float = 0.0
    arc_reads: float = 0.0
    interfaces: Mapping[str, Traffic] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """How busy the NAS is, over the last half minute.

    ``processor``, ``memory_usage`` and ``arc_hit_ratio`` are whole percent, ``temperature`` whole
    degrees Celsius, ``memory_used`` and ``arc_size`` bytes in steps. ``told`` is when the NAS last
    said something. ``interfaces`` names all it has, ``sorted_out`` is whether it is known which of
    them are made of metal.
    """

    told: datetime
    processor: int | None
    temperature: int | None
    memory_usage: int | None
    memory_used: int | None
    arc_size: int | None
    arc_hit_ratio: int | None
    interfaces: frozenset[str]
    sorted_out: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Interface:
    """A port with a cable in it: ``speed`` Mbit/s, rates bytes per second in steps."""

    name: str
    up: bool | None
    speed: int | None
    received: int | None
    sent: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SpareInterface(Interface):
    """A bridge, a VLAN, a bond, or a port that nothing was plugged into when it was first seen."""

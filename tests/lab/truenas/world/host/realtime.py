"""Realtime reporting, in the shape of 24.x and in that of 25.04 and newer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from typing import TYPE_CHECKING, Any

from ...errors import ValidationError
from ...events import Event, Told, event_source
from ...methods import Handler
from ...version import V24_10, V25_04, V25_10
from .system import GIB

if TYPE_CHECKING:
    from ...server import TrueNas

_MIB = 1 << 20
_RATES = (
    "demand_accesses_per_second",
    "demand_data_accesses_per_second",
    "demand_metadata_accesses_per_second",
    "demand_data_hits_per_second",
    "demand_data_io_hits_per_second",
    "demand_data_misses_per_second",
    "demand_data_hit_percentage",
    "demand_data_io_hit_percentage",
    "demand_data_miss_percentage",
    "demand_metadata_hits_per_second",
    "demand_metadata_io_hits_per_second",
    "demand_metadata_misses_per_second",
    "demand_metadata_hit_percentage",
    "demand_metadata_io_hit_percentage",
    "demand_metadata_miss_percentage",
    "l2arc_hits_per_second",
    "l2arc_misses_per_second",
    "total_l2arc_accesses_per_second",
    "l2arc_access_hit_percentage",
    "l2arc_miss_percentage",
    "bytes_read_per_second_from_the_l2arc",
    "bytes_written_per_second_to_the_l2arc",
)


class Vitals:
    """How the machine is at present. Percent, degrees, bytes, reads per second.

    `collecting` False: the collector behind reporting does not answer, which 24.04 to 25.04 say
    and newer ones pass over in silence. `missing` names top-level fields to leave out.
    """

    def __init__(self) -> None:
        """Be rather idle."""
        self.processor = 7.4
        self.temperature: float | None = 41.0
        self.memory = 64 * GIB
        self.memory_free = 22 * GIB
        self.arc = 30 * GIB
        self.arc_reads = 200
        self.arc_hits = 196
        self.collecting = True
        self.missing: set[str] = set()
        self._now = asyncio.Event()

    def tick(self) -> None:
        """Let all who listen be told now."""
        self._now.set()
        self._now = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Wait until it is time to tell again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._now.wait()

    def render(self, nas: TrueNas) -> dict[str, Any] | None:
        """Return one message; None where the version sends none."""
        if not self.collecting:
            return {"failed_to_connect": True} if nas.version.line <= V25_04.line else None
        old = nas.version.line <= V24_10.line
        shown = self._old(nas) if old else self._new(nas)
        return {name: part for name, part in shown.items() if name not in self.missing}

    def _old(self, nas: TrueNas) -> dict[str, Any]:
        usage, temperature = self.processor, self.temperature
        core = {
            "user": usage,
            "nice": 0,
            "system": 0,
            "idle": 100 - usage,
            "iowait": 0,
            "irq": 0,
            "softirq": 0,
            "steal": 0,
            "guest": 0,
            "guest_nice": 0,
            "usage": usage,
        }
        cores = [str(number) for number in range(nas.host.machine.cores)]
        warmth = None if temperature is None else dict.fromkeys(cores, temperature)
        return {
            "zfs": {
                "arc_max_size": 62 * GIB,
                "arc_size": self.arc,
                "cache_hit_ratio": self.arc_hits / self.arc_reads if self.arc_reads else 0.0,
            },
            "memory": {
                "classes": {
                    "page_tables": 40 * _MIB,
                    "slab_cache": 900 * _MIB,
                    "cache": 4 * GIB,
                    "buffers": 200 * _MIB,
                    "unused": 18 * GIB,
                    "arc": self.arc,
                    "apps": 9 * GIB,
                },
                "extra": {
                    "inactive": 2 * GIB,
                    "committed": 20 * GIB,
                    "active": 9 * GIB,
                    "vmalloc_used": 300 * _MIB,
                    "mapped": 900 * _MIB,
                },
            },
            "virtual_memory": {
                "total": self.memory,
                "available": self.memory_free,
                "percent": round((1 - self.memory_free / self.memory) * 100, 1),
                "used": self.memory - self.memory_free,
                "free": 18 * GIB,
            },
            "cpu": {
                **{name: dict(core) for name in cores},
                "average": core,
                "temperature_celsius": warmth,
            },
            "disks": _DISKS,
            "interfaces": nas.host.interfaces.rates(),
            "failed_to_connect": False,
        }

    def _new(self, nas: TrueNas) -> dict[str, Any]:
        core = {"usage": self.processor, "temp": self.temperature}
        hits, misses = self.arc_hits // 2, (self.arc_reads - self.arc_hits) // 2
        counted = {
            "demand_accesses_per_second": self.arc_reads,
            "demand_data_accesses_per_second": self.arc_reads // 2,
            "demand_metadata_accesses_per_second": self.arc_reads // 2,
            "demand_data_hits_per_second": hits,
            "demand_metadata_hits_per_second": hits,
            "demand_data_misses_per_second": misses,
            "demand_metadata_misses_per_second": misses,
        }
        shown = {
            "zfs": {**dict.fromkeys(_RATES, 0), **counted},
            "memory": {
                "arc_size": self.arc,
                "arc_free_memory": 18 * GIB,
                "arc_available_memory": 17 * GIB,
                "physical_memory_total": self.memory,
                "physical_memory_available": self.memory_free,
            },
            "cpu": {
                "cpu": core,
                **{f"cpu{number}": dict(core) for number in range(nas.host.machine.cores)},
            },
            "disks": _DISKS,
            "interfaces": nas.host.interfaces.rates(),
        }
        if nas.version.line >= V25_10.line:
            shown["pools"] = {}
        else:
            shown["failed_to_connect"] = False
        return shown


_DISKS = {
    "busy": 3.0,
    "read_bytes": 120_000.0,
    "write_bytes": 480_000.0,
    "read_ops": 4.0,
    "write_ops": 21.0,
}


@event_source("reporting.realtime", role="REPORTING_READ")
async def realtime(nas: TrueNas, argument: Any) -> AsyncGenerator[Told]:
    """Tell at once, and then every so many seconds."""
    interval = (argument or {}).get("interval", 2)
    if not isinstance(interval, int) or interval < 2:
        raise ValidationError("interval", "Input should be greater than or equal to 2")
    while True:
        message = nas.host.vitals.render(nas)
        if message is not None:
            yield "added", message
        await nas.host.vitals.pause(interval)


METHODS: tuple[Handler, ...] = ()

EVENTS: tuple[Event, ...] = (realtime,)

"""From the messages of ``reporting.realtime``, in both of their shapes, to the models.

Up to 24.10 the processor stands under ``average`` and its temperatures beside it, memory is that
of the kernel, and the ARC tells a ratio. From 25.04 each core has its temperature, memory and ARC
stand together, and hits have to be counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import fmean
from typing import Any

from ..wire import number, part
from .models import Interface, Live, SpareInterface, Tick, Traffic

_MEMORY_STEP = 100 * 1024 * 1024
_RATE_STEP = 10_000
_PHYSICAL = "PHYSICAL"


def tick(fields: Mapping[str, Any]) -> Tick:
    """Read one message; what it lacks is None."""
    if fields.get("failed_to_connect") is True:
        return Tick()
    total, used = _memory(fields)
    hits, reads = _arc(fields.get("zfs"))
    return Tick(
        processor=_first(fields, ("cpu", "cpu", "usage"), ("cpu", "average", "usage")),
        temperature=_temperature(fields.get("cpu")),
        memory_total=total,
        memory_used=used,
        arc_size=_first(fields, ("memory", "arc_size"), ("zfs", "arc_size")),
        arc_hits=hits,
        arc_reads=reads,
        interfaces=_interfaces(fields.get("interfaces")),
    )


def _first(fields: Mapping[str, Any], *places: tuple[str, ...]) -> float | None:
    found = (number(part(fields, *place)) for place in places)
    return next((value for value in found if value is not None), None)


def _temperature(cpu: object) -> float | None:
    """Return the mean of the cores, as the newer versions do it themselves."""
    whole = number(part(cpu, "cpu", "temp"))
    if whole:
        return whole
    cores = part(cpu, "temperature_celsius")
    values = cores.values() if isinstance(cores, Mapping) else ()
    known = [value for value in map(number, values) if value]
    return fmean(known) if known else None


def _memory(fields: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return bytes in all and bytes in use, the ARC among them."""
    total = _first(fields, ("memory", "physical_memory_total"), ("virtual_memory", "total"))
    free = _first(fields, ("memory", "physical_memory_available"), ("virtual_memory", "available"))
    if not total or free is None:
        return None, None
    return total, max(total - free, 0.0)


def _arc(zfs: object) -> tuple[float, float]:
    """Return hits and reads; (0, 0) where nothing was read, for which a ratio is meaningless."""
    reads = number(part(zfs, "demand_accesses_per_second"))
    if reads is None:
        ratio = number(part(zfs, "cache_hit_ratio"))
        return (ratio, 1.0) if ratio else (0.0, 0.0)
    hits = [number(part(zfs, f"demand_{what}_hits_per_second")) for what in ("data", "metadata")]
    known = [value for value in hits if value is not None]
    return (min(sum(known), reads), reads) if known else (0.0, 0.0)


def _interfaces(value: object) -> dict[str, Traffic]:
    if not isinstance(value, Mapping):
        return {}
    return {
        str(name): _traffic(fields)
        for name, fields in value.items()
        if isinstance(fields, Mapping) and name
    }


def _traffic(fields: Mapping[str, Any]) -> Traffic:
    state, speed = fields.get("link_state"), number(fields.get("speed"))
    return Traffic(
        up=state == "LINK_STATE_UP" if isinstance(state, str) else None,
        speed=int(speed) if speed else None,
        received=number(fields.get("received_bytes_rate")),
        sent=number(fields.get("sent_bytes_rate")),
    )


def live(ticks: Sequence[Tick], now: datetime, before: Live | None) -> Live:
    """Sum up the last ticks, the newest last: means of what jumps, the newest of what does not.

    Steps are so wide that what is shown does not move by itself.
    """
    newest = ticks[-1]
    total, used = newest.memory_total, newest.memory_used
    return Live(
        told=now,
        processor=_whole(_mean(ticks, lambda one: one.processor)),
        temperature=_whole(_mean(ticks, lambda one: one.temperature)),
        memory_usage=None if total is None or used is None else round(used / total * 100),
        memory_used=_stepped(used, _MEMORY_STEP),
        arc_size=_stepped(newest.arc_size, _MEMORY_STEP),
        arc_hit_ratio=_hit_ratio(ticks, before),
        interfaces=frozenset(newest.interfaces) or (before.interfaces if before else frozenset()),
        sorted_out=before.sorted_out if before else True,
    )


def _hit_ratio(ticks: Sequence[Tick], before: Live | None) -> int | None:
    """Return the percentage of hits; as it was while nobody reads anything."""
    reads = sum(one.arc_reads for one in ticks)
    if reads:
        return round(sum(one.arc_hits for one in ticks) / reads * 100)
    return before.arc_hit_ratio if before and ticks[-1].arc_size is not None else None


def _mean[T](ticks: Iterable[T], value: Callable[[T], float | None]) -> float | None:
    known = [one for one in map(value, ticks) if one is not None]
    return fmean(known) if known else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _stepped(value: float | None, step: int) -> int | None:
    return None if value is None else round(value / step) * step


def kinds(answer: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Return for each interface of ``interface.query`` whether it is made of metal."""
    return {str(row["name"]): row.get("type") == _PHYSICAL for row in answer if row.get("name")}


def interface(name: str, traffic: Traffic, *, physical: bool) -> Interface:
    """Make the model of an interface that is seen for the first time."""
    model = Interface if physical and traffic.up else SpareInterface
    blank = model(name=name, up=None, speed=None, received=None, sent=None)
    return flowing(blank, [traffic])


def flowing(known: Interface, traffic: Sequence[Traffic]) -> Interface:
    """Return the interface as it is after these ticks, the newest last."""
    newest = traffic[-1]
    return replace(
        known,
        up=newest.up,
        speed=newest.speed,
        received=_rate(_mean(traffic, lambda one: one.received)),
        sent=_rate(_mean(traffic, lambda one: one.sent)),
    )


def _rate(value: float | None) -> int | None:
    """Round to two digits, and never finer than what an idle network makes by itself."""
    if value is None:
        return None
    step = _RATE_STEP
    while value >= step * 100:
        step *= 10
    return round(value / step) * step

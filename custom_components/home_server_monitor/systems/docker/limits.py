"""Reads and changes the limits of containers that exist. Nothing but ``HomeServerError`` leaves.

What an engine takes in ``/containers/{id}/update`` it does at once; limits of block I/O are not
among it, whatever is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from typing import Any

from ...analysis.quotas import Quota
from ..errors import HomeServerError, NotFound, Refused, Rejected
from . import parse
from .client import Engine
from .models import Limits

BLOCK_FIELDS = {"io_read": "BlkioDeviceReadBps", "io_write": "BlkioDeviceWriteBps"}
"""What the engine calls the limits of block I/O."""

LIVE = ("cpus", "memory", "memory_swap", "pids")
"""The limits that can be changed while the container runs."""

_PERIOD = 100_000
# What engines say, and the reason in our words.
_REFUSALS = (
    (re.compile(r"minimum memory limit", re.IGNORECASE), "memory_too_small"),
    (re.compile(r"memory ?swap", re.IGNORECASE), "memory_above_swap"),
    (re.compile(r"range of cpus", re.IGNORECASE), "too_many_cpus"),
)


@dataclass(frozen=True, kw_only=True)
class Present:
    """The limits of a container as the engine shows them now.

    ``io_read`` and ``io_write`` are bytes per second by device. ``period`` is set where CPUs are
    limited by quota and period, which an engine does not mix with CPUs. ``endless_swap`` tells
    that the container was given all swap there is, not only no limit of it.
    """

    limits: Limits
    endless_swap: bool = False
    io_read: Mapping[str, int] = field(default_factory=dict)
    io_write: Mapping[str, int] = field(default_factory=dict)
    period: int | None = None


async def read(engine: Engine, container_id: str) -> Present:
    """Return a container's limits. Raises ``NotFound``."""
    document = await engine.ask("GET", f"containers/{container_id}/json", seconds=30)
    host = parse.mapping(parse.mapping(document).get("HostConfig"))
    quota = parse.whole(host.get("CpuQuota")) or 0
    return Present(
        limits=parse.limits(host),
        endless_swap=parse.whole(host.get("MemorySwap")) == -1,
        **{name: _rates(host.get(field)) for name, field in BLOCK_FIELDS.items()},
        period=(parse.whole(host.get("CpuPeriod")) or _PERIOD) if quota > 0 else None,
    )


def _rates(rows: object) -> dict[str, int]:
    listed = [parse.mapping(row) for row in rows] if isinstance(rows, list) else []
    return {str(row.get("Path")): parse.whole(row.get("Rate")) or 0 for row in listed}


async def change(
    engine: Engine, container_id: str, wanted: Quota, present: Present
) -> tuple[str, ...]:
    """Change what ``wanted`` says of the limits that are live; return the engine's warnings.

    Raises ``Refused`` where the engine cannot, or where its reason is a known one.
    """
    try:
        answer = await engine.ask(
            "POST", f"containers/{container_id}/update", _body(wanted, present)
        )
    except NotFound as err:
        raise await _why_not_found(engine, container_id, err) from err
    except Rejected as err:
        raise _in_our_words(err) from err
    warnings = parse.mapping(answer).get("Warnings")
    return tuple(str(line) for line in warnings) if isinstance(warnings, list) else ()


def _body(wanted: Quota, present: Present) -> dict[str, int]:
    body: dict[str, int | None] = {
        "Memory": wanted.memory,
        "MemorySwap": wanted.memory_swap,
        "PidsLimit": wanted.pids,
    }
    if wanted.cpus is not None and present.period is not None:
        body["CpuQuota"] = round(wanted.cpus * present.period)
    elif wanted.cpus is not None:
        body["NanoCpus"] = round(wanted.cpus * 1e9)
    return {name: value for name, value in body.items() if value is not None}


async def _why_not_found(engine: Engine, container_id: str, error: NotFound) -> HomeServerError:
    """Podman 4 has no such call; then the container itself is still there."""
    try:
        await read(engine, container_id)
    except NotFound:
        return error
    return Refused("limits_unsupported", engine=f"{engine.brand} {engine.version}".strip())


def _in_our_words(error: Rejected) -> HomeServerError:
    for pattern, reason in _REFUSALS:
        if pattern.search(error.detail):
            return Refused(reason, detail=error.detail)
    return error


def shown(present: Present) -> dict[str, Any]:
    """Return limits as data for people: numbers, or None where there is no limit."""
    return {
        **{name: getattr(present.limits, name) for name in LIVE},
        "io_read": dict(present.io_read),
        "io_write": dict(present.io_write),
    }

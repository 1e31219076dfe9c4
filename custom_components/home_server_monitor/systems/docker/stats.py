"""From the engine's raw counters to what a container uses.

One-shot answers carry no earlier sample, so CPU and rates come from the difference to the last
poll, by the engine's own clock. A counter that fell (the container was restarted) gives no rate.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ...analysis.bandwidth import summed
from .models import ContainerUsage, Counters, HostUsage
from .parse import mapping, timestamp, whole

IDLE = ContainerUsage()


def usage(document: object, before: Counters | None) -> ContainerUsage:
    """Parse ``/containers/{id}/stats``; ``before`` are the counters of the last poll."""
    data = mapping(document)
    now = _counters(data)
    if now is None:
        return IDLE
    memory, limit = _memory(mapping(data.get("memory_stats")))
    cpu = _host_percent(before, now)
    cores = _cores(mapping(data.get("cpu_stats")))
    return ContainerUsage(
        counters=now,
        cpu=cpu,
        cpu_cores=None if cpu is None or not cores else cpu * cores,
        memory=memory,
        memory_percent=100 * memory / limit if memory is not None and limit else None,
        network_received=now.received,
        network_sent=now.sent,
        network_receive_rate=_rate(before, now, "received"),
        network_send_rate=_rate(before, now, "sent"),
        block_read=now.read,
        block_written=now.written,
        block_read_rate=_rate(before, now, "read"),
        block_write_rate=_rate(before, now, "written"),
    )


def total(parts: Iterable[object]) -> HostUsage:
    """Add up what all containers of a host use; unknown as long as nothing is known."""
    known = [part for part in parts if isinstance(part, ContainerUsage)]
    cpu = [part.cpu for part in known if part.cpu is not None]
    memory = [part.memory for part in known if part.memory is not None]
    return HostUsage(
        cpu=sum(cpu) if cpu else None,
        memory=sum(memory) if memory else None,
        network_receive_rate=summed(part.network_receive_rate for part in known),
        network_send_rate=summed(part.network_send_rate for part in known),
    )


def _counters(data: Mapping[str, Any]) -> Counters | None:
    """Return the counters, or None for a container that does not run."""
    read_at = timestamp(data.get("read"))
    cpu_stats = mapping(data.get("cpu_stats"))
    cpu = whole(mapping(cpu_stats.get("cpu_usage")).get("total_usage"))
    if read_at is None or cpu is None or not mapping(data.get("memory_stats")):
        return None
    networks = [mapping(part) for part in mapping(data.get("networks")).values()]
    blocks = mapping(data.get("blkio_stats")).get("io_service_bytes_recursive") or []
    return Counters(
        read_at=read_at,
        cpu=cpu,
        system=whole(cpu_stats.get("system_cpu_usage")) or 0,
        received=_sum(networks, "rx_bytes") if networks else None,
        sent=_sum(networks, "tx_bytes") if networks else None,
        read=_blocks(blocks, "read"),
        written=_blocks(blocks, "write"),
    )


def _sum(parts: list[Mapping[str, Any]], key: str) -> int:
    return sum(whole(part.get(key)) or 0 for part in parts)


def _blocks(rows: object, operation: str) -> int:
    """Control groups v1 writes ``Read``, v2 ``read``."""
    return sum(
        whole(row.get("value")) or 0
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and str(row.get("op")).lower() == operation
    )


def _memory(stats: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return used memory without the page cache, and the limit."""
    used = whole(stats.get("usage"))
    if used is None:
        return None, None
    details = mapping(stats.get("stats"))
    cache = whole(details.get("total_inactive_file"))
    if cache is None:
        cache = whole(details.get("inactive_file")) or 0
    return (used - cache if cache < used else used), whole(stats.get("limit"))


def _cores(stats: Mapping[str, Any]) -> int:
    """Podman and old engines name the cores by listing them."""
    listed = mapping(stats.get("cpu_usage")).get("percpu_usage")
    return whole(stats.get("online_cpus")) or (len(listed) if isinstance(listed, list) else 0)


def _host_percent(before: Counters | None, now: Counters) -> float | None:
    if before is None or now.cpu < before.cpu or now.system <= before.system:
        return None
    return min(100 * (now.cpu - before.cpu) / (now.system - before.system), 100.0)


def _rate(before: Counters | None, now: Counters, name: str) -> float | None:
    if before is None:
        return None
    new, old = getattr(now, name), getattr(before, name)
    seconds = (now.read_at - before.read_at).total_seconds()
    if new is None or old is None or new < old or seconds <= 0:
        return None
    rate: float = (new - old) / seconds
    return rate

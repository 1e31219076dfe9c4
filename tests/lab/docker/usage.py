"""What a simulated container uses, and how the engine reports it."""

from __future__ import annotations

from dataclasses import dataclass, field
import math
from typing import Any

from ..clock import SECOND, rfc3339

HOST_MEMORY = 33_554_432_000
HOST_CPUS = 4


@dataclass(frozen=True)
class Wave:
    """A quantity that swings around `base` by `swing` with a `period` in seconds."""

    base: float = 0.0
    swing: float = 0.0
    period: float = 60.0

    def level(self, seconds: float) -> float:
        """Return the value after some seconds."""
        return self.base + self.swing * math.sin(2 * math.pi * seconds / self.period)

    def total(self, seconds: float) -> float:
        """Return the sum of the values over those seconds; it never falls when base >= swing."""
        turn = 2 * math.pi / self.period
        return self.base * seconds + self.swing / turn * (1 - math.cos(turn * seconds))


@dataclass
class Usage:
    """How much a container uses: rates that counters follow, or counters set by hand.

    * `cpu`: cores in use (1.0 is one whole core); `memory`: bytes without cache.
    * `cache`: bytes of page cache that Docker's own tools subtract (total_inactive_file).
    * `rx`, `tx`, `read`, `write`: bytes per second.
    * `fixed`: counters that stand still at a value: keys "cpu" (nanoseconds), "memory" (bytes,
      without cache), "rx", "tx", "read", "write" (bytes), "system" (host nanoseconds).
    """

    cpu: Wave = Wave(0.01, 0.005)
    memory: Wave = Wave(48_000_000)
    cache: int = 12_000_000
    rx: Wave = Wave(800)
    tx: Wave = Wave(400)
    read: Wave = Wave(200)
    write: Wave = Wave(600)
    pids: int = 7
    fixed: dict[str, int] = field(default_factory=dict)

    def set(self, **counters: int) -> None:
        """Fix counters: `usage.set(cpu=5_000_000_000, memory=10_000_000, rx=0)`."""
        unknown = counters.keys() - {"cpu", "memory", "rx", "tx", "read", "write", "system"}
        if unknown:
            raise ValueError(f"no such counters: {sorted(unknown)}")
        self.fixed.update(counters)

    def counter(self, name: str, seconds: float) -> int:
        """Return a counter's value after `seconds` of running."""
        if name in self.fixed:
            return self.fixed[name]
        if name == "memory":
            return int(self.memory.level(seconds))
        wave: Wave = getattr(self, name)
        factor = SECOND if name == "cpu" else 1
        return int(wave.total(seconds) * factor)


_NO_CPU = {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0}
_NO_THROTTLING = {"periods": 0, "throttled_periods": 0, "throttled_time": 0}
_BLKIO = (
    "io_service_bytes_recursive",
    "io_serviced_recursive",
    "io_queue_recursive",
    "io_service_time_recursive",
    "io_wait_time_recursive",
    "io_merged_recursive",
    "io_time_recursive",
    "sectors_recursive",
)


@dataclass(frozen=True)
class Moment:
    """When a sample is taken.

    `stamp` in nanoseconds since the epoch, `running` in seconds since the container's start,
    `system` the host's CPU time in nanoseconds over all cores.
    """

    stamp: int
    running: float
    system: int


def empty_sample(name: str, container_id: str) -> dict[str, Any]:
    """Return what the engine says of a container that does not run."""
    cpu = {"cpu_usage": dict(_NO_CPU), "throttling_data": dict(_NO_THROTTLING)}
    return {
        "name": f"/{name}",
        "id": container_id,
        "read": rfc3339(0),
        "preread": rfc3339(0),
        "pids_stats": {},
        "blkio_stats": dict.fromkeys(_BLKIO),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": cpu,
        "precpu_stats": cpu,
        "memory_stats": {},
    }


def sample(
    usage: Usage,
    now: Moment,
    before: Moment | None,
    *,
    limit: int,
    interfaces: list[str],
    cgroup: int,
) -> dict[str, Any]:
    """Return the engine's statistics of a running container.

    `before` None is the one-shot form (no previous sample); `limit` 0 means unlimited;
    `cgroup` 1 or 2 chooses the shape.
    """
    previous = {"cpu_usage": dict(_NO_CPU), "throttling_data": dict(_NO_THROTTLING)}
    result: dict[str, Any] = {
        "read": rfc3339(now.stamp),
        "preread": rfc3339(before.stamp if before else 0),
        "pids_stats": _pids(usage, cgroup),
        "blkio_stats": _blkio(usage, now.running, cgroup),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(usage, now, cgroup),
        "precpu_stats": _cpu(usage, before, cgroup) if before else previous,
        "memory_stats": _memory(usage, now.running, limit, cgroup),
    }
    if interfaces:
        result["networks"] = {
            name: _interface(usage, now.running, index) for index, name in enumerate(interfaces)
        }
    return result


def _pids(usage: Usage, cgroup: int) -> dict[str, Any]:
    return {"current": usage.pids} if cgroup == 1 else {"current": usage.pids, "limit": 37899}


def _cpu(usage: Usage, moment: Moment, cgroup: int) -> dict[str, Any]:
    total = usage.counter("cpu", moment.running)
    use: dict[str, Any] = {"total_usage": total}
    if cgroup == 1:
        share, rest = divmod(total, HOST_CPUS)
        use["percpu_usage"] = [share + (index < rest) for index in range(HOST_CPUS)]
    use["usage_in_kernelmode"] = total // 4
    use["usage_in_usermode"] = total - total // 4
    return {
        "cpu_usage": use,
        "system_cpu_usage": usage.fixed.get("system", moment.system),
        "online_cpus": HOST_CPUS,
        "throttling_data": dict(_NO_THROTTLING),
    }


def _blkio(usage: Usage, running: float, cgroup: int) -> dict[str, Any]:
    read, write = usage.counter("read", running), usage.counter("write", running)
    if cgroup == 2:
        operations = [("read", read), ("write", write)]
        empty: list[Any] | None = None
    else:
        operations = [
            ("Read", read),
            ("Write", write),
            ("Sync", read + write),
            ("Async", 0),
            ("Discard", 0),
            ("Total", read + write),
        ]
        empty = []
    stats: dict[str, Any] = {name: None if empty is None else [] for name in _BLKIO}
    if read or write:
        stats["io_service_bytes_recursive"] = [
            {"major": 8, "minor": 0, "op": name, "value": value} for name, value in operations
        ]
    return stats


def _memory(usage: Usage, running: float, limit: int, cgroup: int) -> dict[str, Any]:
    used = usage.counter("memory", running)
    ceiling = limit or HOST_MEMORY
    total = min(used + usage.cache, ceiling)
    cache = total - min(used, total)
    if cgroup == 2:
        stats = {
            "anon": used,
            "file": cache,
            "active_anon": 4096,
            "inactive_anon": max(used - 4096, 0),
            "active_file": 0,
            "inactive_file": cache,
            "kernel_stack": 16384,
            "pgfault": 1203,
            "pgmajfault": 0,
            "slab": 118_000,
        }
        return {"usage": total, "stats": stats, "limit": ceiling}
    stats = {
        "active_anon": 4096,
        "active_file": 0,
        "cache": cache,
        "hierarchical_memory_limit": limit or 9_223_372_036_854_771_712,
        "inactive_anon": max(used - 4096, 0),
        "inactive_file": cache,
        "pgfault": 1203,
        "pgmajfault": 0,
        "rss": used,
        "total_active_anon": 4096,
        "total_active_file": 0,
        "total_cache": cache,
        "total_inactive_anon": max(used - 4096, 0),
        "total_inactive_file": cache,
        "total_pgfault": 1203,
        "total_pgmajfault": 0,
        "total_rss": used,
    }
    return {"usage": total, "max_usage": total + 1_048_576, "stats": stats, "limit": ceiling}


def _interface(usage: Usage, running: float, index: int) -> dict[str, int]:
    # All traffic goes through the first network; further ones are attached but idle.
    rx = usage.counter("rx", running) if index == 0 else 0
    tx = usage.counter("tx", running) if index == 0 else 0
    return {
        "rx_bytes": rx,
        "rx_packets": rx // 900,
        "rx_errors": 0,
        "rx_dropped": 0,
        "tx_bytes": tx,
        "tx_packets": tx // 700,
        "tx_errors": 0,
        "tx_dropped": 0,
    }

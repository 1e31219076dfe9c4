"""What a server has of pools and their scans, and what happens to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..ejson import moment
from ..errors import CallError, InstanceNotFound
from ..version import V24_10, V26
from .part import Part
from .vdevs import LabVdev, topology, zpool_topology

if TYPE_CHECKING:
    from ..server import TrueNas

_HOUR = 3600.0
DAY = 24 * _HOUR
_NO_SCAN = dict.fromkeys(
    (
        *("function", "state", "start_time", "end_time", "percentage", "bytes_to_process"),
        *("bytes_processed", "bytes_issued", "pause", "errors", "total_secs_left"),
    )
)


@dataclass(eq=False)
class LabScan:
    """A scrub or resilver; `done` seconds of its `duration` are over since `since`."""

    function: Literal["SCRUB", "RESILVER"]
    began: float
    duration: float
    state: Literal["SCANNING", "FINISHED", "CANCELED"] = "SCANNING"
    done: float = 0.0
    since: float | None = None
    ended: float | None = None
    paused: float | None = None
    errors: int = 0

    def percent(self, now: float) -> float:
        """Tell how far it is."""
        if self.state == "FINISHED":
            return 100.0
        going = now - self.since if self.since is not None else 0.0
        return min((self.done + going) / self.duration * 100, 99.9)

    def stand_still(self, now: float) -> None:
        """Keep what is done, and go on no more."""
        self.done, self.since = self.percent(now) / 100 * self.duration, None


@dataclass(eq=False)
class LabPool:
    """A pool; `vdevs` by role, sizes in bytes of its disks, parity included."""

    name: str
    guid: str
    number: int | None
    vdevs: dict[str, list[LabVdev]]
    size: int
    fragmentation: int = 3
    status: str = "ONLINE"
    status_code: str = "OK"
    detail: str | None = None
    warning: bool = False
    scan: LabScan | None = None

    def disks(self) -> Iterator[LabVdev]:
        """Yield the disks of all vdevs."""
        for vdev in (one for vdevs in self.vdevs.values() for one in vdevs):
            yield from vdev.leaves()

    @property
    def healthy(self) -> bool:
        """What the server thinks of it."""
        return self.status == "ONLINE"


@dataclass(eq=False)
class LabScrubTask:
    """When a pool is scrubbed."""

    number: int
    pool: str
    schedule: dict[str, str]
    threshold: int = 35
    enabled: bool = True


class Pools(Part):
    """What the server has of pools.

    `nas.pools["tank"]` is one. `scan_step`: seconds between two messages of a scan.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start without any."""
        super().__init__(nas)
        self.all: dict[str, LabPool] = {}
        self.boot: LabPool | None = None
        self.tasks: list[LabScrubTask] = []
        self.scan_step = 2.0

    def __getitem__(self, name: str) -> LabPool:
        """Return a pool by its name, the boot pool too."""
        if self.boot is not None and name == self.boot.name:
            return self.boot
        if name not in self.all:
            raise InstanceNotFound(f"Pool {name} does not exist")
        return self.all[name]

    def add(
        self, name: str, guid: str, vdevs: Sequence[LabVdev], *, size: int, **roles: list[LabVdev]
    ) -> LabPool:
        """Create a pool of data vdevs, with those of other roles beside."""
        number = max((pool.number or 0 for pool in self.all.values()), default=0) + 1
        pool = LabPool(name, guid, number, {"data": list(vdevs), **roles}, size)
        self.all[name] = pool
        self.nas.datasets.add(name, capacity=size)
        self.nas.emit("pool.query", "added", number, self.render_one(pool))
        return pool

    def remove(self, name: str) -> None:
        """Export a pool: nothing of it is there any more."""
        pool = self.all.pop(name)
        self.nas.emit("pool.query", "removed", pool.number)

    def schedule(
        self, pool: str, *, threshold: int = 35, enabled: bool = True, **cron: str
    ) -> None:
        """Let a pool be scrubbed by a schedule; unless said otherwise Sundays at midnight."""
        written = {"minute": "00", "hour": "00", "dom": "*", "month": "*", "dow": "7", **cron}
        number = len(self.tasks) + 1
        self.tasks.append(LabScrubTask(number, pool, written, threshold, enabled))

    # --- What happens to them ---------------------------------------------------------------

    def hurt(
        self,
        name: str,
        disk: str,
        state: str = "FAULTED",
        *,
        read: int = 0,
        write: int = 0,
        checksum: int = 0,
    ) -> None:
        """Let a disk of a pool fail, or count errors; of 26 on nobody is told of a state."""
        pool = self[name]
        for vdev in (one for vdevs in pool.vdevs.values() for one in vdevs):
            for leaf in vdev.leaves():
                if leaf.disk == disk:
                    leaf.state = state
                    leaf.errors = (read, write, checksum)
                    if vdev is not leaf and state != "ONLINE":
                        vdev.state = "DEGRADED"
        if state != "ONLINE":
            pool.status, pool.status_code = "DEGRADED", "FAULTED_DEV_R"
            pool.detail = "One or more devices are faulted in response to persistent errors."
        if self.nas.version.line < V26.line:
            self.nas.emit("pool.query", "changed", pool.number, self.render_one(pool))

    def take_offline(self, name: str) -> None:
        """Let a pool be known, but not there: almost all of it is null."""
        self[name].status = "OFFLINE"
        self[name].scan = None
        self.changed(name)

    def bring_online(self, name: str) -> None:
        """Let it be there again."""
        self[name].status = "ONLINE"
        self.changed(name)

    def changed(self, name: str) -> None:
        """Tell of a change of a pool's configuration."""
        pool = self[name]
        self.nas.emit("pool.query", "changed", pool.number, self.render_one(pool))
        self.nas.emit("zpool.query", "changed", pool.number, self.render_zpool(pool))

    def rename_disk(self, old: str, new: str) -> None:
        """Let a disk have another name, as after a start."""
        for pool in (*self.all.values(), *([self.boot] if self.boot else [])):
            for leaf in pool.disks():
                if leaf.disk == old:
                    leaf.disk, leaf.name = new, f"{new}{leaf.part}"

    def scanned(
        self,
        name: str,
        days_ago: float,
        *,
        function: Literal["SCRUB", "RESILVER"] = "SCRUB",
        state: Literal["FINISHED", "CANCELED"] = "FINISHED",
        errors: int = 0,
    ) -> None:
        """Let the last scan have been so many days ago."""
        began = self.nas.clock.now() - days_ago * DAY
        self[name].scan = LabScan(
            function, began, 4 * _HOUR, state, ended=began + 4 * _HOUR, errors=errors
        )

    def start_scan(
        self,
        name: str,
        function: Literal["SCRUB", "RESILVER"] = "SCRUB",
        duration: float = 4 * _HOUR,
    ) -> LabScan:
        """Begin a scan, or go on with one that is paused."""
        pool, now = self[name], self.nas.clock.now()
        scan = pool.scan
        if scan is None or scan.state != "SCANNING" or scan.paused is None:
            scan = pool.scan = LabScan(function, now, duration)
        scan.since, scan.paused = now, None
        self.nas.spawn(self._watch(pool, scan))
        return scan

    def pause_scan(self, name: str) -> None:
        """Let a scan stand still."""
        scan = self._active(name)
        scan.stand_still(self.nas.clock.now())
        scan.paused = self.nas.clock.now()

    def end_scan(
        self, name: str, state: Literal["FINISHED", "CANCELED"] = "FINISHED", *, errors: int = 0
    ) -> None:
        """Let a scan be over, one way or another."""
        scan = self._active(name)
        scan.stand_still(self.nas.clock.now())
        scan.state, scan.paused = state, None
        scan.ended, scan.errors = self.nas.clock.now(), errors
        self._tell(self[name])

    def set_progress(self, name: str, percent: float) -> None:
        """Let a scan be so far."""
        scan = self._active(name)
        scan.done, scan.since = percent / 100 * scan.duration, self.nas.clock.now()

    def _active(self, name: str) -> LabScan:
        scan = self[name].scan
        if scan is None or scan.state != "SCANNING":
            raise CallError("EFAULT", f"cannot scrub {name}: there is no active scrub")
        return scan

    async def _watch(self, pool: LabPool, scan: LabScan) -> None:
        while scan.state == "SCANNING" and pool.scan is scan:
            if scan.percent(self.nas.clock.now()) >= 99.9:
                self.end_scan(pool.name)
                return
            self._tell(pool)
            await asyncio.sleep(self.scan_step)

    def _tell(self, pool: LabPool) -> None:
        told = {"scan": self.render_scan(pool), "name": pool.name}
        self.nas.emit("zfs.pool.scan", "changed", fields=told)
        self.nas.emit("pool.scan", "changed", fields=told)

    # --- How they look ----------------------------------------------------------------------

    def render(self) -> list[dict[str, Any]]:
        """Return all pools but the boot pool."""
        return [self.render_one(pool) for pool in self.all.values()]

    def render_one(self, pool: LabPool) -> dict[str, Any]:
        """Return one pool, as `pool.query` has it."""
        version = self.nas.version
        there = pool.status != "OFFLINE"
        allocated = self.nas.datasets.used(pool.name)
        sizes = {"size": pool.size, "allocated": allocated, "free": pool.size - allocated}
        sizes["freeing"] = 0
        shown: dict[str, Any] = {
            "name": pool.name,
            "path": "/" if pool is self.boot else f"/mnt/{pool.name}",
            "status": pool.status,
            "scan": self.render_scan(pool) if there else None,
            "healthy": pool.healthy,
            "warning": pool.warning,
            "status_code": pool.status_code if there else None,
            "status_detail": pool.detail,
            **{name: size if there else None for name, size in sizes.items()},
            **{f"{name}_str": str(size) if there else None for name, size in sizes.items()},
            "fragmentation": str(pool.fragmentation) if there else None,
            "autotrim": {"value": "off", "rawvalue": "off", "parsed": "off", "source": "DEFAULT"},
            "topology": topology(pool.vdevs, self.nas.clock.now()) if there else None,
        }
        if pool is not self.boot:
            shown |= {"id": pool.number, "guid": pool.guid}
        if version.line >= V24_10.line:
            shown |= {"expand": None, "dedup_table_size": 0, "dedup_table_quota": "auto"}
        if version.line >= V26.line:
            shown["all_sed"] = False
        return shown

    def render_scan(self, pool: LabPool) -> dict[str, Any] | None:
        """Return the scan; where there never was one, 26 says null and others say it in each field."""
        scan, now = pool.scan, self.nas.clock.now()
        if scan is None:
            return None if self.nas.version.line >= V26.line else dict(_NO_SCAN)
        percent = scan.percent(now)
        total = self.nas.datasets.used(pool.name)
        going = scan.state == "SCANNING"
        left = int(scan.duration * (100 - percent) / 100) if going else None
        return {
            "function": scan.function,
            "state": scan.state,
            "start_time": moment(scan.began),
            "end_time": moment(scan.ended) if scan.ended is not None else None,
            "percentage": percent,
            # The two are swapped in the real one, which keeps it so.
            "bytes_to_process": int(total * percent / 100),
            "bytes_processed": total,
            "bytes_issued": int(total * percent / 100),
            "pause": moment(scan.paused) if scan.paused is not None else None,
            "errors": scan.errors,
            "total_secs_left": left if going and scan.paused is None else None,
        }

    def render_zpool(self, pool: LabPool) -> dict[str, Any]:
        """Return one pool, as `zpool.query` of 26 has it."""
        return {
            "id": pool.number,
            "name": pool.name,
            "guid": int(pool.guid),
            "status": pool.status,
            "healthy": pool.healthy,
            "warning": pool.warning,
            "status_code": pool.status_code,
            "status_detail": pool.detail,
            "properties": None,
            "topology": zpool_topology(pool.vdevs),
            "scan": self._zpool_scan(pool),
            "expand": None,
            "features": None,
            "is_upgraded": True,
            "all_sed": False,
        }

    def _zpool_scan(self, pool: LabPool) -> dict[str, Any] | None:
        scan = self.render_scan(pool)
        if scan is None:
            return None
        times = ("start_time", "end_time", "pause")
        return {**scan, **{name: scan[name] and int(scan[name].timestamp()) for name in times}}

"""The world of pools: their disks, their scrubs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ..errors import CallError, ValidationError
from ..events import Event
from ..methods import Handler, method
from ..query import query
from ..version import V25_10, V26
from .pool_state import DAY, LabPool, LabScan, Pools
from .vdevs import mirror, raidz, single

if TYPE_CHECKING:
    from ..jobs import LabJob
    from ..server import TrueNas

TANK = "1111111111111111111"
MEDIA = "2222222222222222222"
APPS = "3333333333333333333"

TERABYTE = 10**12


def furnish(nas: TrueNas) -> None:
    """Add the typical box: a mirror, a single disk, an NVMe and what it starts from."""
    pools = nas.pools
    pools.add("tank", TANK, [mirror("mirror-0", "sda", "sdb")], size=4 * TERABYTE)
    pools.add("media", MEDIA, [single("sdc")], size=8 * TERABYTE)
    pools.add("apps", APPS, [single("nvme0n1", "p1")], size=TERABYTE)
    pools.boot = LabPool("boot-pool", "4444", None, {"data": [single("sdd", "3")]}, 120 * 10**9)
    pools.scanned("tank", 12)
    pools.scanned("media", 12)
    pools.schedule("tank")
    pools.schedule("media")


# --- Methods ------------------------------------------------------------------------------------


@method("pool.query", role="POOL_READ")
async def pool_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the pools."""
    rows = nas.pools.render()
    if (options or {}).get("extra", {}).get("is_upgraded"):
        rows = [{**row, "is_upgraded": True} for row in rows]
    return query(rows, filters, options)


@method("boot.get_state", role="READONLY_ADMIN")
async def boot_get_state(nas: TrueNas) -> dict[str, Any]:
    """Tell of the boot pool."""
    if nas.pools.boot is None:
        raise CallError("EFAULT", "There is no boot pool")
    return nas.pools.render_one(nas.pools.boot)


@method("zpool.query", role="POOL_READ", since=V26)
async def zpool_query(nas: TrueNas, data: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """List the pools in the new form, with what is asked for."""
    wanted = data or {}
    names = wanted.get("pool_names")
    pools = [pool for pool in nas.pools.all.values() if names is None or pool.name in names]
    rows = [nas.pools.render_zpool(pool) for pool in pools]
    hidden = [part for part in ("topology", "scan", "expand") if not wanted.get(part)]
    return [{**row, **dict.fromkeys(hidden)} for row in rows]


@method("pool.scrub.query", role="POOL_SCRUB_READ")
async def scrub_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List when pools are scrubbed."""
    rows = [
        {
            "id": task.number,
            "pool": nas.pools[task.pool].number,
            "pool_name": task.pool,
            "threshold": task.threshold,
            "description": "",
            "schedule": task.schedule,
            "enabled": task.enabled,
        }
        for task in nas.pools.tasks
        if task.pool in nas.pools.all
    ]
    return query(rows, filters, options)


@method("pool.scrub.scrub", role="POOL_WRITE", job=True)
async def scrub_scrub(nas: TrueNas, name: str, action: str = "START", *, job: LabJob) -> None:
    """Start, stop or pause a scrub; the job that starts one lasts as long as it does."""
    if action not in ("START", "STOP", "PAUSE"):
        raise ValidationError("action", f"Invalid choice: {action}")
    pool = nas.pools[name]
    if action == "STOP":
        nas.pools.end_scan(name, "CANCELED")
        return
    if action == "PAUSE":
        nas.pools.pause_scan(name)
        return
    if pool.status == "OFFLINE":
        raise CallError("EFAULT", f"cannot open '{name}': no such pool")
    if pool.scan is not None and pool.scan.state == "SCANNING" and pool.scan.paused is None:
        raise CallError("EBUSY", f"cannot scrub {name}: currently scrubbing; use 'zpool scrub -s'")
    scan = nas.pools.start_scan(name)
    while scan.state == "SCANNING" and scan.paused is None:
        await job.progress(scan.percent(nas.clock.now()), "Scrubbing")
        await asyncio.sleep(min(1.0, nas.pools.scan_step))


@method("zpool.scrub.run", role="POOL_WRITE", job=True, since=V26)
async def zpool_scrub_run(nas: TrueNas, data: dict[str, Any], *, job: LabJob) -> None:
    """Start, pause or cancel a scrub; a start is ignored where the last one is too young."""
    pool = nas.pools[data["pool_name"]]
    action = {"CANCEL": "STOP"}.get(data.get("action", "START"), data.get("action", "START"))
    young = data.get("threshold", 35) * DAY
    scan = pool.scan
    if (
        action == "START"
        and scan is not None
        and (scan.ended is None or nas.clock.now() - scan.ended < young)
    ):
        return
    await scrub_scrub(nas, pool.name, action, job=job)


METHODS: tuple[Handler, ...] = (
    pool_query,
    boot_get_state,
    zpool_query,
    scrub_query,
    scrub_scrub,
    zpool_scrub_run,
)

EVENTS: tuple[Event, ...] = (
    Event(name="pool.query", role="POOL_READ"),
    Event(name="zpool.query", role="POOL_READ", since=V26),
    Event(name="zfs.pool.scan", role="POOL_SCRUB_READ", until=V25_10),
    Event(name="pool.scan", role="POOL_SCRUB_READ", since=V26),
)

__all__ = ["APPS", "MEDIA", "TANK", "LabPool", "LabScan", "Pools", "mirror", "raidz", "single"]

"""What pools are made of, and how the versions show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

ROLES = ("data", "log", "cache", "spare", "special", "dedup")


@dataclass(eq=False)
class LabVdev:
    """A vdev: a disk, or several of them; `errors` are of reading, of writing and of checksums."""

    name: str
    type: str
    disk: str | None = None
    part: str = ""
    children: list[LabVdev] = field(default_factory=list)
    state: str = "ONLINE"
    errors: tuple[int, int, int] = (0, 0, 0)
    guid: str = ""

    def leaves(self) -> Iterator[LabVdev]:
        """Yield the disks."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def _guid(name: str) -> str:
    return str(int.from_bytes(sha256(name.encode()).digest()[:8]))


def single(disk: str, part: str = "2") -> LabVdev:
    """Return a vdev of one disk."""
    return LabVdev(f"{disk}{part}", "DISK", disk, part, guid=_guid(disk))


def _several(name: str, kind: str, disks: tuple[str, ...]) -> LabVdev:
    children = [single(disk) for disk in disks]
    return LabVdev(name, kind, children=children, guid=_guid(f"{name} {disks}"))


def mirror(name: str, *disks: str) -> LabVdev:
    """Return a mirror of disks."""
    return _several(name, "MIRROR", disks)


def raidz(name: str, *disks: str, parity: int = 2) -> LabVdev:
    """Return disks with parity."""
    return _several(name, f"RAIDZ{parity}", disks)


def topology(vdevs: dict[str, list[LabVdev]], now: float) -> dict[str, list[dict[str, Any]]]:
    """Return the vdevs by role, as `pool.query` has them."""
    return {role: [_row(vdev, now) for vdev in vdevs.get(role, [])] for role in ROLES}


def _row(vdev: LabVdev, now: float) -> dict[str, Any]:
    read, write, checksum = vdev.errors
    gone = vdev.state in ("UNAVAIL", "REMOVED")
    row = {
        "name": vdev.name,
        "type": vdev.type,
        "path": None if vdev.disk is None else f"/dev/disk/by-partuuid/{vdev.guid}",
        "guid": vdev.guid,
        "status": vdev.state,
        "stats": {
            "timestamp": int(now * 1e9),
            "read_errors": read,
            "write_errors": write,
            "checksum_errors": checksum,
            "ops": [0] * 7,
            "bytes": [0] * 7,
            "size": 0,
            "allocated": 0,
            "fragmentation": 0,
            "self_healed": 0,
            "configured_ashift": 12,
            "logical_ashift": 9,
            "physical_ashift": 12,
        },
        "children": [_row(child, now) for child in vdev.children],
    }
    if vdev.disk is not None:
        row["device"] = None if gone else f"{vdev.disk}{vdev.part}"
        row["disk"] = None if gone else vdev.disk
        row["unavail_disk"] = {"name": vdev.disk, "serial": ""} if gone else None
    return row


def zpool_topology(vdevs: dict[str, list[LabVdev]]) -> dict[str, Any]:
    """Return the vdevs as `zpool.query` of 26 has them."""
    shown = {role: [_zpool_row(vdev) for vdev in vdevs.get(role, [])] for role in ROLES}
    return {"spares" if role == "spare" else role: rows for role, rows in shown.items()}


def _zpool_row(vdev: LabVdev) -> dict[str, Any]:
    read, write, checksum = vdev.errors
    return {
        "name": vdev.name,
        "vdev_type": vdev.type.lower(),
        "guid": int(vdev.guid),
        "state": vdev.state,
        "stats": {"read_errors": read, "write_errors": write, "checksum_errors": checksum},
        "children": [_zpool_row(child) for child in vdev.children],
        "top_guid": None,
    }

"""The world of disks, their temperatures and what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
import json
from typing import TYPE_CHECKING, Any

from ..errors import CallError, ValidationError
from ..events import Event
from ..methods import Handler, method
from ..query import query
from ..version import V25_04, V25_10, V26
from .disk_smart import HEALTHY_SSD, Smart, document, table
from .part import Part

if TYPE_CHECKING:
    from ..server import TrueNas
    from .vdevs import LabVdev

TERABYTE = 10**12
_GRAPH_STEP = 300
_KINDS = {"HDD": "HDD", "SSD": "SSD", "NVMe": "SSD"}


@dataclass(eq=False)
class LabDisk:
    """A disk.

    * `name`: what it is called since the last start; `serial` may be empty or not the only one.
    * `kind`: "HDD", "SSD" or "NVMe"; `slot`: (enclosure, slot) where the machine tells it.
    * `temperature`: °C; `asleep`: whether it has spun down; `smart`: what it says of itself.
    """

    name: str
    serial: str
    model: str
    size: int
    kind: str = "HDD"
    lunid: str = ""
    temperature: float = 34.0
    asleep: bool = False
    standby: str = "ALWAYS ON"
    slot: tuple[int, int] | None = None
    smart: Smart = field(default_factory=Smart)

    @property
    def identifier(self) -> str:
        """What TrueNAS itself knows it by."""
        if not self.serial:
            return f"{{devicename}}{self.name}"
        known = f"{self.serial}_{self.lunid}" if self.lunid else self.serial
        return f"{{serial{'_lunid' if self.lunid else ''}}}{known}"

    @property
    def rotation(self) -> int:
        """Turns per minute; 0 for those that do not turn."""
        return 7200 if self.kind == "HDD" else 0

    def smartctl(self) -> dict[str, Any]:
        """Return what smartctl prints."""
        return document(
            self.name,
            self.model,
            self.serial,
            self.size,
            self.rotation,
            self.temperature,
            self.smart,
        )


class Disks(Part):
    """What the server has of disks.

    `nas.disks["sda"]` is one. Whatever wakes a sleeping one is noted in `nas.disks_woken`.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start without any."""
        super().__init__(nas)
        self.all: dict[str, LabDisk] = {}

    def __getitem__(self, name: str) -> LabDisk:
        """Return a disk by its present name."""
        if name not in self.all:
            raise CallError("ENOENT", f"Disk {name} does not exist")
        return self.all[name]

    def add(self, disk: LabDisk) -> LabDisk:
        """Build one in."""
        self.all[disk.name] = disk
        self.nas.emit("disk.query", "added", disk.identifier, self.render_one(disk))
        return disk

    def remove(self, name: str) -> LabDisk:
        """Take one out."""
        disk = self.all.pop(name)
        self.nas.emit("disk.query", "removed", disk.identifier)
        return disk

    def swap(self, name: str, disk: LabDisk) -> LabDisk:
        """Put another one in its place, under the same name and in the same pool."""
        self.remove(name)
        disk.name = name
        return self.add(disk)

    def rename(self, names: Mapping[str, str]) -> None:
        """Let disks have other names, as after a start: `{"sda": "sdb", "sdb": "sda"}`."""
        moved = {new: self.all.pop(old) for old, new in names.items()}
        for old in names:
            self.nas.pools.rename_disk(old, f"{old} on its way")
        for old, new in names.items():
            self.nas.pools.rename_disk(f"{old} on its way", new)
        for new, disk in moved.items():
            disk.name = new
            self.all[new] = disk
            self.nas.emit("disk.query", "changed", disk.identifier, self.render_one(disk))

    def degrade(self, name: str, **raw: int) -> LabDisk:
        """Let a disk go bad: `degrade("sda", s5=8, s197=16)`; from 25.10 on there are alerts."""
        disk = self[name]
        disk.smart.raw |= {int(key.removeprefix("s")): value for key, value in raw.items()}
        if (errors := disk.smart.raw.get(187, 0)) and self.nas.version.line >= V25_10.line:
            self.alert(disk, "SMARTUncorrectedErrors", f"{errors} uncorrectable errors", ue=errors)
        return disk

    def fail_test(self, name: str) -> LabDisk:
        """Let its newest self-test fail."""
        disk = self[name]
        disk.smart.tests.insert(0, 7)
        if self.nas.version.line >= V25_10.line:
            self.alert(disk, "SMARTFailedSelfTest", "failed a SMART selftest")
        return disk

    def alert(self, disk: LabDisk, klass: str, words: str, **args: int) -> None:
        """Raise an alert about a disk, as the newer versions do instead of telling SMART values."""
        self.nas.host.alerts.add(
            "WARNING",
            f"{words} reported for {disk.name} ({disk.serial}).",
            klass=klass,
            args={**args, "name": disk.name, "serial": disk.serial},
        )

    def touch(self, disk: LabDisk) -> None:
        """Ask a disk something that it cannot answer in its sleep."""
        if disk.asleep:
            self.nas.disks_woken.append(disk.name)
            disk.asleep = False

    # --- How it is shown --------------------------------------------------------------------------

    def render(self, *, pools: bool = False) -> list[dict[str, Any]]:
        """Return all disks as the API shows them, with their pools where these are asked for."""
        return [self.render_one(disk, pools=pools) for disk in self.all.values()]

    def render_one(self, disk: LabDisk, *, pools: bool = False) -> dict[str, Any]:
        """Return one disk."""
        found = next(self._places(disk.name), None)
        shown: dict[str, Any] = {
            "identifier": disk.identifier,
            "name": disk.name,
            "subsystem": "nvme" if disk.kind == "NVMe" else "scsi",
            "number": 2048,
            "serial": disk.serial,
            "lunid": disk.lunid or None,
            "size": disk.size,
            "description": "",
            "transfermode": "Auto",
            "hddstandby": disk.standby,
            "advpowermgmt": "DISABLED",
            "expiretime": None,
            "model": disk.model,
            "rotationrate": disk.rotation or None,
            "type": _KINDS[disk.kind],
            "zfs_guid": found[1].guid if found else None,
            "bus": "UNKNOWN" if disk.kind == "NVMe" else "ATA",
            "devname": disk.name,
            "enclosure": {"number": disk.slot[0], "slot": disk.slot[1]} if disk.slot else None,
            "pool": found[0] if found and pools else None,
        }
        return shown | self._of_version()

    def _of_version(self) -> dict[str, Any]:
        line = self.nas.version.line
        if line >= V26.line:
            return {"sed": False, "sed_status": "UNSUPPORTED"}
        if line >= V25_10.line:
            return {}
        limits = dict.fromkeys(("critical", "difference", "informational", "supports_smart"))
        return {"togglesmart": True, "smartoptions": "", **limits}

    def _places(self, name: str) -> Iterator[tuple[str, LabVdev]]:
        pools = self.nas.pools
        for pool in (*pools.all.values(), *([pools.boot] if pools.boot else [])):
            yield from ((pool.name, leaf) for leaf in pool.disks() if leaf.disk == name)


def furnish(nas: TrueNas) -> None:
    """Add the typical box: two IronWolfs, a larger one, an NVMe and what it starts from."""
    ironwolf = "ST4000VN006-3CW104"
    nas.disks.add(LabDisk("sda", "ZW6000A1", ironwolf, 4 * TERABYTE, lunid="5000c500e1000001"))
    nas.disks.add(LabDisk("sdb", "ZW6000B2", ironwolf, 4 * TERABYTE, lunid="5000c500e1000002"))
    large = "ST8000VN004-3CP101"
    nas.disks.add(LabDisk("sdc", "ZR8000C3", large, 8 * TERABYTE, lunid="5000c500e1000003"))
    nvme = "Samsung SSD 990 PRO 1TB"
    nas.disks.add(
        LabDisk(
            "nvme0n1",
            "S6Z1NF0R100001",
            nvme,
            TERABYTE,
            "NVMe",
            temperature=41.0,
            smart=Smart("NVMe", hours=718),
        )
    )
    boot = Smart(raw=dict(HEALTHY_SSD), wear=97)
    nas.disks.add(
        LabDisk("sdd", "BOOTSSD0001", "KINGSTON SA400S37120G", 120 * 10**9, "SSD", smart=boot)
    )


# --- Methods --------------------------------------------------------------------------------------


@method("disk.query", role="DISK_READ")
async def disk_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the disks."""
    pools = bool((options or {}).get("extra", {}).get("pools"))
    return query(nas.disks.render(pools=pools), filters, options)


@method("disk.temperatures", role="REPORTING_READ", until=V25_04)
async def old_temperatures(
    nas: TrueNas, names: list[str] | None = None, options: dict[str, Any] | None = None
) -> dict[str, float | None]:
    """Ask the disks; those that sleep are woken unless the caller says otherwise."""
    found: dict[str, float | None] = {}
    for disk in nas.disks.all.values():
        if names and disk.name not in names:
            continue
        if (options or {}).get("powermode", "NEVER") == "NEVER":
            nas.disks.touch(disk)
        found[disk.name] = None if disk.asleep else int(disk.temperature)
    return found


@method("disk.temperatures", role="REPORTING_READ", since=V25_10)
async def temperatures(
    nas: TrueNas, name: list[str] | None = None, include_thresholds: object = False
) -> dict[str, Any]:
    """Ask the disks, whether they sleep or not."""
    if not isinstance(include_thresholds, bool):
        raise ValidationError("include_thresholds", "Input should be a valid boolean")
    found: dict[str, Any] = {}
    for disk in nas.disks.all.values():
        if not name or disk.name in name:
            nas.disks.touch(disk)
            degrees = disk.temperature
            found[disk.name] = [degrees, 85.0] if include_thresholds else degrees
    return found


def _drawn(nas: TrueNas, disk: LabDisk) -> str:
    if nas.version.line < V25_10.line:
        return disk.name
    kind = _KINDS[disk.kind]
    return f"{disk.name} | Type: {kind} | Model: {disk.model} | Serial: {disk.serial}"


@method("reporting.netdata_graph", role="REPORTING_READ")
async def netdata_graph(
    nas: TrueNas, name: str, _query: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Show one kind of graph; zeros stand for no measurement, the newest one among them."""
    if name != "disktemp":
        raise CallError("ENOENT", f"{name!r} is not a valid graph plugin.")
    end = int(nas.clock.now())
    graphs = []
    for disk in nas.disks.all.values():
        degrees = 0.0 if disk.asleep else disk.temperature
        times = range(end - 3600, end, _GRAPH_STEP)
        spread = {"temperature_value": degrees}
        graphs.append(
            {
                "name": "disktemp",
                "identifier": _drawn(nas, disk),
                "data": [*([time, degrees] for time in times), [end, 0]],
                "aggregations": {"min": spread, "mean": spread, "max": spread},
                "start": end - 3600,
                "end": end,
                "legend": ["time", "temperature_value"],
            }
        )
    return graphs


@method("disk.smartctl", until=V25_04, private=True)
async def smartctl(
    nas: TrueNas, name: str, arguments: list[str], options: dict[str, Any] | None = None
) -> str | None:
    """Run smartctl; None when it says that the disk sleeps."""
    disk = nas.disks[name]
    careful = "-n" in arguments and arguments[arguments.index("-n") + 1] == "standby"
    if disk.asleep and careful:
        if not (options or {}).get("silent"):
            raise CallError("EFAULT", f"smartctl failed for disk {name}")
        return None
    nas.disks.touch(disk)
    return json.dumps(disk.smartctl())


@method("disk.smart_attributes", until=V25_04)
async def smart_attributes(nas: TrueNas, name: str) -> list[dict[str, Any]]:
    """Tell the attributes of an ATA disk, which is woken for it."""
    disk = nas.disks[name]
    nas.disks.touch(disk)
    if disk.smart.protocol != "ATA":
        raise CallError("EINVAL", "Only ATA device support S.M.A.R.T. attributes")
    return table(disk.smart, disk.temperature)


@method("smart.test.results", role="REPORTING_READ", until=V25_04)
async def self_test_results(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List self-tests; all disks are woken for it."""
    rows = []
    for disk in nas.disks.all.values():
        nas.disks.touch(disk)
        row = nas.disks.render_one(disk)
        rows.append({**row, "tests": [], "current_test": None})
    return query(rows, filters, options)


METHODS: tuple[Handler, ...] = (
    disk_query,
    old_temperatures,
    temperatures,
    netdata_graph,
    smartctl,
    smart_attributes,
    self_test_results,
)

EVENTS: tuple[Event, ...] = (Event(name="disk.query", role="DISK_READ"),)

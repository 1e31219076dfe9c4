"""A simulated Scrutiny: what its web interface tells of the disks that it collects from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, override

from aiohttp import web

from .clock import Clock
from .server import HttpServer
from .truenas.world.disk_smart import Smart
from .truenas.world.disks import TERABYTE, LabDisk

_DAY = 86_400.0


@dataclass(eq=False)
class Collected:
    """A disk, and what was collected of it: results by the moment, the newest last."""

    disk: LabDisk
    key: str
    archived: bool = False
    results: list[tuple[float, dict[str, Any]]] = field(default_factory=list)


class Scrutiny(HttpServer):
    """A simulated Scrutiny.

    async with Scrutiny() as scrutiny:
        scrutiny.add(LabDisk(…))
        scrutiny.collect(days_ago=1)       # a run of the collector
    """

    def __init__(self, *, port: int = 0, clock: Clock | None = None) -> None:
        """Know no disk."""
        super().__init__(port=port, clock=clock)
        self.disks: dict[str, Collected] = {}

    def add(self, disk: LabDisk) -> Collected:
        """Let the collector find a disk."""
        key = f"0x{disk.lunid or disk.serial.lower()}"
        self.disks[key] = Collected(disk, key)
        return self.disks[key]

    def collect(self, *, days_ago: float = 0.0) -> None:
        """Read all disks that are awake."""
        moment = self.clock.now() - days_ago * _DAY
        for one in self.disks.values():
            if not one.disk.asleep:
                one.results.append((moment, _result(one.disk, moment)))
                one.results.sort(key=lambda result: result[0])

    @override
    def routes(self, app: web.Application) -> None:
        """Add the two that tell of disks."""
        app.router.add_get("/api/summary", self._summary)
        app.router.add_get("/api/device/{key}/details", self._details)

    async def _summary(self, _request: web.Request) -> web.Response:
        disks = {one.key: _summed_up(one) for one in self.disks.values()}
        return web.json_response({"success": True, "data": {"summary": disks}})

    async def _details(self, request: web.Request) -> web.Response:
        one = self.disks.get(request.match_info["key"])
        if one is None:
            return web.json_response({"success": False}, status=500)
        results = [result for _, result in reversed(one.results)]
        data = {"device": _device(one), "smart_results": results}
        return web.json_response({"success": True, "data": data, "metadata": {}})


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def _summed_up(one: Collected) -> dict[str, Any]:
    shown: dict[str, Any] = {"device": _device(one), "temp_history": []}
    if one.results:
        moment, result = one.results[-1]
        shown["smart"] = {"collector_date": _when(moment), "temp": result["temp"]}
    return shown


def _device(one: Collected) -> dict[str, Any]:
    disk = one.disk
    return {
        "archived": one.archived,
        "wwn": one.key,
        "device_name": disk.name,
        "manufacturer": "",
        "model_name": disk.model,
        "serial_number": disk.serial,
        "firmware": "SC60",
        "rotational_speed": disk.rotation,
        "capacity": disk.size,
        "device_protocol": disk.smart.protocol,
        "device_type": "",
        "label": "",
        "host_id": "nas",
        "device_status": 0 if disk.smart.passed else 1,
    }


def _result(disk: LabDisk, moment: float) -> dict[str, Any]:
    return {
        "date": _when(moment),
        "device_wwn": "",
        "device_protocol": disk.smart.protocol,
        "temp": int(disk.temperature),
        "power_on_hours": disk.smart.hours,
        "power_cycle_count": 12,
        "attrs": _attributes(disk),
        "Status": 0,
    }


def _attributes(disk: LabDisk) -> dict[str, Any]:
    smart = disk.smart
    if smart.protocol == "NVMe":
        limits = {"available_spare": smart.log["available_spare_threshold"]}
        told = {name: value for name, value in smart.log.items() if "threshold" not in name}
        return {
            name: {"attribute_id": name, "value": value, "thresh": limits.get(name, -1)}
            for name, value in told.items()
        }
    if smart.protocol == "SCSI":
        counts = {
            "scsi_grown_defect_list": smart.defects,
            "read_total_uncorrected_errors": smart.uncorrected,
            "write_total_uncorrected_errors": 0,
        }
        return {
            name: {"attribute_id": name, "value": value, "thresh": -1}
            for name, value in counts.items()
        }
    return {
        str(row["id"]): {
            "attribute_id": row["id"],
            "value": row["value"],
            "worst": row["worst"],
            "thresh": row["thresh"],
            "raw_value": row["raw"]["value"],
            "raw_string": row["raw"]["string"],
            "when_failed": "",
            "transformed_value": 0,
            "status": 0,
        }
        for row in disk.smartctl()["ata_smart_attributes"]["table"]
    }


def furnish(scrutiny: Scrutiny) -> None:
    """Let it know the disks of the typical box for some weeks."""
    for disk in typical_disks():
        scrutiny.add(disk)
    for days in range(40, -1, -1):
        scrutiny.collect(days_ago=days)


def typical_disks() -> list[LabDisk]:
    """Return disks as the typical box has them."""
    ironwolf, nvme = "ST4000VN006-3CW104", "Samsung SSD 990 PRO 1TB"
    return [
        LabDisk("sda", "ZW6000A1", ironwolf, 4 * TERABYTE, lunid="5000c500e1000001"),
        LabDisk("sdb", "ZW6000B2", ironwolf, 4 * TERABYTE, lunid="5000c500e1000002"),
        LabDisk("nvme0n1", "S6Z1NF0R100001", nvme, TERABYTE, "NVMe", smart=Smart("NVMe")),
    ]

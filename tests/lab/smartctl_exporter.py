"""A simulated smartctl_exporter: metrics of disks in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, override

from aiohttp import web

from .clock import Clock
from .server import HttpServer
from .truenas.world.disks import LabDisk


class SmartctlExporter(HttpServer):
    """A simulated smartctl_exporter; disks that sleep are left out, as by the real one."""

    error_content_type = "text/plain"

    def __init__(self, *, port: int = 0, clock: Clock | None = None) -> None:
        """Know no disk."""
        super().__init__(port=port, clock=clock)
        self.disks: dict[str, LabDisk] = {}

    def add(self, disk: LabDisk) -> LabDisk:
        """Find a disk."""
        self.disks[disk.name] = disk
        return disk

    @override
    def routes(self, app: web.Application) -> None:
        """Add the metrics."""
        app.router.add_get("/metrics", self._metrics)

    async def _metrics(self, _request: web.Request) -> web.Response:
        lines = [
            "# HELP go_goroutines Number of goroutines that currently exist.",
            "# TYPE go_goroutines gauge",
            "go_goroutines 9",
            "# TYPE smartctl_version gauge",
            'smartctl_version{json_format_version="1.0",smartctl_version="7.4"} 1',
        ]
        for disk in self.disks.values():
            if not disk.asleep:
                lines += _lines(disk)
        return web.Response(text="\n".join([*lines, ""]), content_type="text/plain")


def _lines(disk: LabDisk) -> Iterator[str]:
    """Yield the metrics of a disk; the exporter has zeros for all that a disk does not tell."""
    document = disk.smartctl()
    labels = {
        "interface": document["device"]["type"],
        "protocol": document["device"]["protocol"],
        "model_family": "",
        "model_name": document.get("model_name", ""),
        "scsi_model_name": disk.model if disk.smart.protocol == "SCSI" else "",
        "serial_number": disk.serial,
        "firmware_version": document.get("firmware_version", ""),
    }
    yield _line(disk, "device", 1, **labels)
    log = document.get("nvme_smart_health_information_log", {})
    plain: dict[str, Any] = {
        "device_capacity_bytes": disk.size,
        "device_power_on_seconds": disk.smart.hours * 3600,
        "device_percentage_used": log.get("percentage_used", 0),
        "device_available_spare": log.get("available_spare", 0),
        "device_available_spare_threshold": log.get("available_spare_threshold", 0),
        "device_critical_warning": log.get("critical_warning", 0),
        "device_media_errors": log.get("media_errors", 0),
        "device_smart_status": int(disk.smart.passed),
        "device_smartctl_exit_status": _exit_status(disk),
    }
    if disk.rotation and disk.smart.protocol == "ATA":
        plain["device_rotation_rate"] = disk.rotation
    if disk.smart.protocol == "SCSI":
        plain |= {
            "scsi_grown_defect_list": disk.smart.defects,
            "read_total_uncorrected_errors": disk.smart.uncorrected,
            "write_total_uncorrected_errors": 0,
        }
    for name, value in plain.items():
        yield _line(disk, name, value)
    yield _line(disk, "device_temperature", disk.temperature, temperature_type="current")
    yield _line(disk, "device_temperature", 60, temperature_type="drive_trip")
    for row in document.get("ata_smart_attributes", {}).get("table", ()):
        yield from _attribute(disk, row)
    for kind, tests in document.get("ata_smart_self_test_log", {}).items():
        told = {"count": tests["count"], "error_count": tests["error_count_total"]}
        for name, value in told.items():
            yield _line(disk, f"device_self_test_log_{name}", value, self_test_log_type=kind)


def _attribute(disk: LabDisk, row: dict[str, Any]) -> Iterator[str]:
    values = {"value": row["value"], "worst": row["worst"], "thresh": row["thresh"]}
    for kind, value in {**values, "raw": row["raw"]["value"]}.items():
        yield _line(
            disk,
            "device_attribute",
            value,
            attribute_id=str(row["id"]),
            attribute_name=row["name"],
            attribute_flags_short="PO--CK",
            attribute_flags_long="prefailure,updated_online",
            attribute_value_type=kind,
        )


def _exit_status(disk: LabDisk) -> int:
    failing = 0 if disk.smart.passed else 1 << 3
    return failing | (1 << 7 if any(code in range(3, 9) for code in disk.smart.tests) else 0)


def _line(disk: LabDisk, name: str, value: float, **labels: str) -> str:
    told = ",".join(f'{key}="{text}"' for key, text in {"device": disk.name, **labels}.items())
    return f"smartctl_{name}{{{told}}} {float(value)!r}"

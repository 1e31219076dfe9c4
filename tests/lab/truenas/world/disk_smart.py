"""What a disk's SMART data look like when smartctl prints them as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEMPERATURE = 194
_NAMES = {
    5: "Reallocated_Sector_Ct",
    9: "Power_On_Hours",
    10: "Spin_Retry_Count",
    177: "Wear_Leveling_Count",
    187: "Reported_Uncorrect",
    188: "Command_Timeout",
    194: "Temperature_Celsius",
    197: "Current_Pending_Sector",
    198: "Offline_Uncorrectable",
    199: "UDMA_CRC_Error_Count",
}
HEALTHY_HDD = {5: 0, 10: 0, 187: 0, 188: 0, 197: 0, 198: 0, 199: 0}
HEALTHY_SSD = {5: 0, 187: 0, 199: 0}
HEALTHY_NVME = {
    "critical_warning": 0,
    "available_spare": 100,
    "available_spare_threshold": 10,
    "percentage_used": 3,
    "data_units_read": 14668923,
    "data_units_written": 53937580,
    "unsafe_shutdowns": 2,
    "media_errors": 0,
    "num_err_log_entries": 0,
}


@dataclass(eq=False)
class Smart:
    """What a disk says of itself.

    `protocol` is "ATA", "NVMe" or "SCSI". `raw` are raw values by SMART id, `wear` the normalised value
    of 177 of an SSD, `log` an NVMe health log, `defects` and `uncorrected` a SAS disk's counts.
    `tests` are the results in the self-test log, the newest first: 0 passed, 7 failed reading.
    """

    protocol: str = "ATA"
    hours: int = 9120
    passed: bool = True
    raw: dict[int, int] = field(default_factory=lambda: dict(HEALTHY_HDD))
    wear: int | None = None
    log: dict[str, int] = field(default_factory=lambda: dict(HEALTHY_NVME))
    defects: int = 0
    uncorrected: int = 0
    tests: list[int] = field(default_factory=lambda: [0])


def table(smart: Smart, temperature: float) -> list[dict[str, Any]]:
    """Return the attributes of an ATA disk; the raw temperature is packed, as Seagate does it."""
    raw = {**smart.raw, 9: smart.hours, TEMPERATURE: 18 << 32 | int(temperature)}
    if smart.wear is not None:
        raw[177] = 12
    return [
        {
            "id": number,
            "name": _NAMES.get(number, "Unknown_Attribute"),
            "value": smart.wear if number == 177 else 100,
            "worst": 100,
            "thresh": 10 if number == 5 else 0,
            "when_failed": "",
            "flags": {"value": 51, "string": "PO--CK ", "prefailure": True},
            "raw": {"value": value, "string": str(value & 0xFFFF)},
        }
        for number, value in sorted(raw.items())
    ]


def document(
    name: str,
    model: str,
    serial: str,
    size: int,
    rotation: int,
    temperature: float,
    smart: Smart,
) -> dict[str, Any]:
    """Return what `smartctl -a -j` prints."""
    kind = {"ATA": "sat", "NVMe": "nvme", "SCSI": "scsi"}[smart.protocol]
    shown: dict[str, Any] = {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 4], "exit_status": 0},
        "device": {"name": f"/dev/{name}", "type": kind, "protocol": smart.protocol},
        "serial_number": serial,
        "user_capacity": {"blocks": size // 512, "bytes": size},
        "smart_status": {"passed": smart.passed},
        "power_on_time": {"hours": smart.hours},
        "temperature": {"current": int(temperature)},
    }
    if smart.protocol == "SCSI":
        vendor, _, product = model.partition(" ")
        return {**shown, "scsi_vendor": vendor, "scsi_product": product, **_scsi(smart, rotation)}
    shown |= {"model_name": model, "firmware_version": "SC60"}
    return {**shown, **(_nvme(smart) if smart.protocol == "NVMe" else _ata(smart, rotation, shown))}


def _ata(smart: Smart, rotation: int, shown: dict[str, Any]) -> dict[str, Any]:
    tests = [
        {
            "type": {"value": 2, "string": "Extended offline"},
            "status": {"value": code << 4, "string": "Completed", "passed": code == 0},
            "lifetime_hours": smart.hours - 100 * place,
        }
        for place, code in enumerate(smart.tests)
    ]
    failed = sum(code in range(3, 9) for code in smart.tests)
    log = {"table": tests, "count": len(tests)}
    counts = {"error_count_total": failed, "error_count_outdated": 0}
    return {
        "rotation_rate": rotation,
        "ata_smart_attributes": {
            "revision": 10,
            "table": table(smart, shown["temperature"]["current"]),
        },
        "ata_smart_self_test_log": {"standard": {"revision": 1, **log, **counts}},
    }


def _nvme(smart: Smart) -> dict[str, Any]:
    tests = [
        {
            "self_test_code": {"value": 2, "string": "Extended"},
            "self_test_result": {"value": code, "string": "Completed"},
            "power_on_hours": smart.hours,
        }
        for code in smart.tests
    ]
    return {
        "nvme_smart_health_information_log": {**smart.log, "power_on_hours": smart.hours},
        "nvme_self_test_log": {"current_self_test_operation": {"value": 0}, "table": tests},
    }


def _scsi(smart: Smart, rotation: int) -> dict[str, Any]:
    counter = {"errors_corrected_by_eccfast": 12, "total_uncorrected_errors": 0}
    tests = {
        f"scsi_self_test_{place}": {
            "code": {"value": 2, "string": "Background long"},
            "result": {"value": code, "string": "Completed"},
        }
        for place, code in enumerate(smart.tests)
    }
    return {
        "rotation_rate": rotation,
        "scsi_grown_defect_list": smart.defects,
        "scsi_error_counter_log": {
            "read": {**counter, "total_uncorrected_errors": smart.uncorrected},
            "write": counter,
        },
        **tests,
    }

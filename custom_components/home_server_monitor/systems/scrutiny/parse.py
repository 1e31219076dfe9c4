"""From Scrutiny's JSON to reports on disks; what is malformed counts as not told."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from ...analysis.disk_health import DiskKind, NvmeHealth
from ..smart.models import SmartReport
from .models import Listed, Result

_FAILED_SMART = 1


def summary(document: object) -> list[Listed] | None:
    """Read ``/api/summary``; None where this is none. Archived disks are left out."""
    told = _mapping(_mapping(document).get("data")).get("summary")
    if _mapping(document).get("success") is not True or not isinstance(told, dict):
        return None
    return [disk for key, row in told.items() if (disk := _listed(str(key), _mapping(row)))]


def _listed(key: str, row: Mapping[str, Any]) -> Listed | None:
    device = _mapping(row.get("device"))
    if device.get("archived") is True:
        return None
    collected = _mapping(row.get("smart")).get("collector_date")
    status = _whole(device.get("device_status"))
    return Listed(
        key=key,
        name=_text(device.get("device_name")) or key,
        model=_text(device.get("model_name")) or "",
        serial=_text(device.get("serial_number")) or "",
        kind=_kind(device),
        capacity=_whole(device.get("capacity")) or None,
        firmware=_text(device.get("firmware")),
        host=_text(device.get("host_id")) or "",
        failed=None if status is None else bool(status & _FAILED_SMART),
        collected=_text(collected),
    )


def _kind(device: Mapping[str, Any]) -> DiskKind:
    if str(device.get("device_protocol")).lower() == "nvme":
        return DiskKind.NVME
    return DiskKind.HDD if _whole(device.get("rotational_speed")) else DiskKind.SSD


def results(document: object, disk: Listed) -> list[Result] | None:
    """Read ``/api/device/…/details``: what was collected, the newest first; None where this is none."""
    rows = _mapping(_mapping(document).get("data")).get("smart_results")
    if not isinstance(rows, list):
        return None
    found = [one for row in rows if (one := _result(_mapping(row), disk)) is not None]
    return sorted(found, key=lambda one: one.day, reverse=True)


def _result(row: Mapping[str, Any], disk: Listed) -> Result | None:
    day = _day(row.get("date"))
    if day is None:
        return None
    attributes = _mapping(row.get("attrs"))
    table = list(_ata(attributes))
    return Result(
        day=day,
        report=SmartReport(
            kind=disk.kind,
            model=disk.model,
            serial=disk.serial,
            firmware=disk.firmware,
            capacity=disk.capacity,
            passed=None if disk.failed is None else not disk.failed,
            raw={number: raw for number, raw, _ in table if raw is not None},
            normalised={number: value for number, _, value in table if value is not None},
            nvme=_nvme(attributes) if disk.kind is DiskKind.NVME else None,
            # Nothing was measured where these are zero.
            power_on_hours=_whole(row.get("power_on_hours")) or None,
            temperature=_whole(row.get("temp")) or None,
            grown_defects=_value(attributes, "scsi_grown_defect_list"),
            uncorrected_errors=_uncorrected(attributes),
        ),
    )


def _day(value: object) -> date | None:
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        return None


def _ata(attributes: Mapping[str, Any]) -> Iterator[tuple[int, int | None, int | None]]:
    for key, row in attributes.items():
        if key.isascii() and key.isdigit():
            told = _mapping(row)
            yield int(key), _whole(told.get("raw_value")), _whole(told.get("value"))


def _nvme(attributes: Mapping[str, Any]) -> NvmeHealth:
    spare = _mapping(attributes.get("available_spare"))
    return NvmeHealth(
        critical_warning=_value(attributes, "critical_warning"),
        available_spare=_whole(spare.get("value")),
        available_spare_threshold=_whole(spare.get("thresh")),
        percentage_used=_value(attributes, "percentage_used"),
        media_errors=_value(attributes, "media_errors"),
        unsafe_shutdowns=_value(attributes, "unsafe_shutdowns"),
    )


def _uncorrected(attributes: Mapping[str, Any]) -> int | None:
    names = ("read_total_uncorrected_errors", "write_total_uncorrected_errors")
    counts = [count for name in names if (count := _value(attributes, name)) is not None]
    return sum(counts) if counts else None


def _value(attributes: Mapping[str, Any], name: str) -> int | None:
    return _whole(_mapping(attributes.get(name)).get("value"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

"""From the metrics of smartctl_exporter to reports on disks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import math

from prometheus_client.parser import text_string_to_metric_families

from ...analysis.disk_health import DiskKind, NvmeHealth
from ..smart.models import SmartReport

_PREFIX = "smartctl_"
_FAILING = 1 << 3
_SELF_TEST_FAILED = 1 << 7


@dataclass(slots=True)
class _Device:
    """What the metrics say of one disk: its labels, values by metric, attributes by id."""

    labels: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    raw: dict[int, int] = field(default_factory=dict)
    normalised: dict[int, int] = field(default_factory=dict)


def devices(text: str) -> dict[str, SmartReport] | None:
    """Return the reports by the disks' names; None where these are no metrics of smartctl_exporter.

    A disk that sleeps has none. Raises ``ValueError`` for what are no metrics at all.
    """
    found: dict[str, _Device] = {}
    known = False
    for name, labels, value in _samples(text):
        known = True
        device = labels.get("device")
        if device:
            _take(found.setdefault(device, _Device()), name, labels, value)
    if not known:
        return None
    return {name: _report(device) for name, device in found.items() if device.labels}


def _samples(text: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for family in text_string_to_metric_families(text):
        if family.name.startswith(_PREFIX) and not family.name.startswith("smartctl_exporter"):
            for sample in family.samples:
                yield sample.name.removeprefix(_PREFIX), sample.labels, sample.value


def _take(device: _Device, name: str, labels: Mapping[str, str], value: float) -> None:
    if not math.isfinite(value):
        return
    whole = int(value)
    if name == "device":
        device.labels = labels
    elif name == "device_attribute":
        _take_attribute(device, labels, whole)
    elif name == "device_temperature":
        if labels.get("temperature_type") == "current":
            device.values[name] = whole
    elif name.startswith("device_self_test_log"):
        device.values[name] = device.values.get(name, 0) + whole
    else:
        device.values[name.removesuffix("_total")] = whole


def _take_attribute(device: _Device, labels: Mapping[str, str], value: int) -> None:
    number = labels.get("attribute_id", "")
    if not number.isdigit():
        return
    if labels.get("attribute_value_type") == "raw":
        device.raw[int(number)] = value
    elif labels.get("attribute_value_type") == "value":
        device.normalised[int(number)] = value


def _report(device: _Device) -> SmartReport:
    values, labels = device.values, device.labels
    kind = _kind(device)
    seconds = values.get("device_power_on_seconds")
    return SmartReport(
        kind=kind,
        model=labels.get("model_name", "").strip() or labels.get("scsi_model_name", "").strip(),
        serial=labels.get("serial_number", "").strip(),
        firmware=labels.get("firmware_version") or None,
        capacity=values.get("device_capacity_bytes") or None,
        passed=_passed(values),
        raw=device.raw,
        normalised=device.normalised,
        nvme=_nvme(values) if kind is DiskKind.NVME else None,
        # Zero stands for what the disk does not tell.
        power_on_hours=seconds // 3600 if seconds else None,
        temperature=values.get("device_temperature") or None,
        failed_self_tests=_failed_tests(values),
        grown_defects=values.get("scsi_grown_defect_list"),
        uncorrected_errors=_sum(
            values, ("read_total_uncorrected_errors", "write_total_uncorrected_errors")
        ),
    )


def _kind(device: _Device) -> DiskKind:
    protocol = device.labels.get("protocol") or device.labels.get("interface", "")
    if protocol.lower() == "nvme":
        return DiskKind.NVME
    # Only what turns has a rate; SAS disks of old do not tell it.
    turns = "device_rotation_rate" in device.values or protocol.lower() == "scsi"
    return DiskKind.HDD if turns else DiskKind.SSD


def _passed(values: Mapping[str, int]) -> bool | None:
    """Return the disk's own judgement; zero alone may also mean that it was not asked."""
    if values.get("device_smartctl_exit_status", 0) & _FAILING:
        return False
    return True if values.get("device_smart_status") == 1 else None


def _failed_tests(values: Mapping[str, int]) -> int | None:
    """Return the failures in the log, if no later test has outdated them."""
    if values.get("device_smartctl_exit_status", 0) & _SELF_TEST_FAILED:
        return max(values.get("device_self_test_log_error_count", 0), 1)
    return 0 if "device_self_test_log_count" in values else None


def _nvme(values: Mapping[str, int]) -> NvmeHealth:
    """Read what other disks have too, but only with zeros."""
    return NvmeHealth(
        critical_warning=values.get("device_critical_warning"),
        available_spare=values.get("device_available_spare"),
        available_spare_threshold=values.get("device_available_spare_threshold"),
        percentage_used=values.get("device_percentage_used"),
        media_errors=values.get("device_media_errors"),
    )


def _sum(values: Mapping[str, int], names: Iterable[str]) -> int | None:
    counts = [values[name] for name in names if name in values]
    return sum(counts) if counts else None

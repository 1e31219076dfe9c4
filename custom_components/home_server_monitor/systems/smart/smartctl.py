"""From the JSON that ``smartctl -j`` prints to a report: ATA, NVMe and SAS disks."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...analysis.disk_health import DiskKind, NvmeHealth
from .models import SelfTestResult, SmartReport

_ATA_ABORTED = (1, 2)
_FAILED = range(3, 9)
_NVME_FAILED = (5, 6, 7)
_RUNNING = 15
_NVME_UNUSED = 15
_MOST_SAS_TESTS = 21
_SAS_COUNTERS = ("read", "write", "verify")
# What fits into 63 bits; some bridges answer with all bits set.
_LARGEST = (1 << 62) - 1


def report(document: object) -> SmartReport | None:
    """Read a document; None where no disk speaks, as from one that sleeps.

    A part that is malformed counts as not told.
    """
    told = _mapping(document)
    model = _text(told.get("model_name")) or _scsi_name(told)
    serial = _text(told.get("serial_number")) or ""
    if model is None and not serial:
        return None
    kind = _kind(told)
    table = list(_table(told))
    tests = list(_self_tests(told))
    return SmartReport(
        kind=kind,
        model=model or "",
        serial=serial,
        firmware=_text(told.get("firmware_version")) or _text(told.get("scsi_revision")),
        capacity=_whole(_mapping(told.get("user_capacity")).get("bytes")),
        passed=_flag(_mapping(told.get("smart_status")).get("passed")),
        raw={number: raw for number, raw, _ in table if raw is not None},
        normalised={number: value for number, _, value in table if value is not None},
        nvme=_nvme(told),
        power_on_hours=_hours(told),
        temperature=_number(_mapping(told.get("temperature")).get("current")),
        endurance_used=_endurance(told),
        failed_self_tests=_failed(told, tests),
        self_test=tests[0] if tests else None,
        grown_defects=_whole(told.get("scsi_grown_defect_list")),
        uncorrected_errors=_uncorrected(told),
    )


def _kind(told: Mapping[str, Any]) -> DiskKind:
    device = _mapping(told.get("device"))
    if "nvme" in (str(device.get("protocol")).lower(), str(device.get("type")).lower()):
        return DiskKind.NVME
    rate = _whole(told.get("rotation_rate"))
    return DiskKind.SSD if rate == 0 else DiskKind.HDD


def _scsi_name(told: Mapping[str, Any]) -> str | None:
    names = (_text(told.get("scsi_vendor")), _text(told.get("scsi_product")))
    return " ".join(name for name in names if name) or _text(told.get("scsi_model_name"))


# --- Values -------------------------------------------------------------------------------------


def _table(told: Mapping[str, Any]) -> Iterator[tuple[int, int | None, int | None]]:
    """Yield id, raw and normalised value of each attribute of an ATA disk.

    Packed values stay as they are: the history knows which ones they are.
    """
    for row in _sequence(_mapping(told.get("ata_smart_attributes")).get("table")):
        number = _whole(_mapping(row).get("id"))
        if number is not None:
            raw = _whole(_mapping(_mapping(row).get("raw")).get("value"))
            yield number, raw, _whole(_mapping(row).get("value"))


def _nvme(told: Mapping[str, Any]) -> NvmeHealth | None:
    log = _mapping(told.get("nvme_smart_health_information_log"))
    return nvme_health(log) if log else None


def nvme_health(log: Mapping[str, Any]) -> NvmeHealth:
    """Read an NVMe health log under smartctl's names."""
    return NvmeHealth(
        critical_warning=_whole(log.get("critical_warning")),
        available_spare=_whole(log.get("available_spare")),
        available_spare_threshold=_whole(log.get("available_spare_threshold")),
        percentage_used=_whole(log.get("percentage_used")),
        media_errors=_whole(log.get("media_errors")),
        unsafe_shutdowns=_whole(log.get("unsafe_shutdowns")),
    )


def _hours(told: Mapping[str, Any]) -> int | None:
    hours = _whole(_mapping(told.get("power_on_time")).get("hours"))
    if hours is not None:
        return hours
    return _whole(_mapping(told.get("nvme_smart_health_information_log")).get("power_on_hours"))


def _endurance(told: Mapping[str, Any]) -> int | None:
    """Return what a disk without an NVMe log says of its wear, in percent."""
    used = _whole(_mapping(told.get("endurance_used")).get("current_percent"))
    return (
        used if used is not None else _whole(told.get("scsi_percentage_used_endurance_indicator"))
    )


def _uncorrected(told: Mapping[str, Any]) -> int | None:
    log = _mapping(told.get("scsi_error_counter_log"))
    counts = [
        count
        for part in _SAS_COUNTERS
        if (count := _whole(_mapping(log.get(part)).get("total_uncorrected_errors"))) is not None
    ]
    return sum(counts) if counts else None


# --- Self-tests ---------------------------------------------------------------------------------


def _self_tests(told: Mapping[str, Any]) -> Iterator[SelfTestResult]:
    """Yield the results of the log, the newest first."""
    log = _mapping(told.get("ata_smart_self_test_log"))
    for part in ("extended", "standard"):
        rows = _sequence(_mapping(log.get(part)).get("table"))
        if rows:
            yield from (_ata_result(_mapping(row)) for row in rows)
            return
    for row in _sequence(_mapping(told.get("nvme_self_test_log")).get("table")):
        value = _whole(_mapping(_mapping(row).get("self_test_result")).get("value"))
        if value != _NVME_UNUSED:
            yield _nvme_result(value)
    for place in range(_MOST_SAS_TESTS):
        row = _mapping(told.get(f"scsi_self_test_{place}"))
        if row:
            yield _result(_whole(_mapping(row.get("result")).get("value")))


def _ata_result(row: Mapping[str, Any]) -> SelfTestResult:
    status = _mapping(row.get("status"))
    value = _whole(status.get("value"))
    # The upper half of the byte says how it ended, the lower how much was left.
    return _result(None if value is None else value >> 4)


def _result(code: int | None) -> SelfTestResult:
    if code == 0:
        return SelfTestResult.PASSED
    if code in _ATA_ABORTED:
        return SelfTestResult.ABORTED
    if code in _FAILED:
        return SelfTestResult.FAILED
    return SelfTestResult.RUNNING if code == _RUNNING else SelfTestResult.OTHER


def _nvme_result(code: int | None) -> SelfTestResult:
    if code == 0:
        return SelfTestResult.PASSED
    if code in _NVME_FAILED:
        return SelfTestResult.FAILED
    return SelfTestResult.OTHER if code is None else SelfTestResult.ABORTED


def _failed(told: Mapping[str, Any], tests: list[SelfTestResult]) -> int | None:
    """Return how many failed tests the log holds; None where there is no log.

    Failures before a longer test that passed are counted as outdated by the disk.
    """
    failed = sum(test is SelfTestResult.FAILED for test in tests)
    log = _mapping(told.get("ata_smart_self_test_log"))
    for part in ("extended", "standard"):
        outdated = _whole(_mapping(log.get(part)).get("error_count_outdated"))
        if outdated is not None:
            return max(failed - outdated, 0)
    known = log or told.get("nvme_self_test_log") or tests
    return failed if known else None


# --- JSON ---------------------------------------------------------------------------------------


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < _LARGEST else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(value) if number is not None and isinstance(value, (int, float)) else None

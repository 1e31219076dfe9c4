"""What is shown of the health of disks, whichever system tells of them."""

from collections.abc import Callable, Iterator

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTime

from ...analysis.disk_health import DiskKind
from ..issue import Issue
from ..paths import Path
from ..system import BinarySensor, Description, Event, Sensor
from .models import DiskBays, DiskHealth, DiskValues, HealthLevel, SelfTestResult


def _count(key: str, value: Callable[[DiskValues], int | None]) -> Sensor[DiskHealth]:
    """Build the sensor of a counter, which appears once the disk has told it."""
    return Sensor(
        key=key,
        value=lambda disk: value(disk.values),
        exists=lambda disk: value(disk.values) is not None,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _percent(key: str, value: Callable[[DiskValues], int | None]) -> Sensor[DiskHealth]:
    return Sensor(
        key=key,
        value=lambda disk: value(disk.values),
        exists=lambda disk: value(disk.values) is not None,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _failed(disk: DiskHealth) -> bool | None:
    return None if disk.values.passed is None else not disk.values.passed


def _days_left(disk: DiskHealth) -> int | None:
    return None if disk.verdict.days_left is None else disk.verdict.days_left.days


DISK_HEALTH: tuple[Description, ...] = (
    Sensor[DiskHealth](
        key="disk_level",
        device_class=SensorDeviceClass.ENUM,
        options=list(HealthLevel),
        value=lambda disk: disk.level,
    ),
    Sensor[DiskHealth](
        key="disk_failure_risk",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value=lambda disk: disk.risk,
    ),
    BinarySensor[DiskHealth](
        key="disk_problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda disk: disk.has_problem,
    ),
    Event[DiskHealth](key="disk_level_changed", event_types=list(HealthLevel)),
    Sensor[DiskHealth](
        key="disk_days_left",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=_days_left,
    ),
    Sensor[DiskHealth](
        key="disk_self_test",
        device_class=SensorDeviceClass.ENUM,
        options=list(SelfTestResult),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda disk: disk.values.self_test,
        exists=lambda disk: disk.values.self_test is not None,
    ),
    BinarySensor[DiskHealth](
        key="disk_smart_failed",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=_failed,
        exists=lambda disk: disk.values.passed is not None,
    ),
    Sensor[DiskHealth](
        key="disk_power_on_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        suggested_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda disk: disk.values.power_on_hours,
        exists=lambda disk: disk.values.power_on_hours is not None,
    ),
    _percent("disk_wear", lambda values: values.worn),
    _percent("disk_spare", lambda values: values.spare),
    _count("disk_reallocated", lambda values: values.reallocated),
    _count("disk_pending", lambda values: values.pending),
    _count("disk_uncorrectable", lambda values: values.uncorrectable),
    _count("disk_media_errors", lambda values: values.media_errors),
    _count("disk_crc_errors", lambda values: values.crc_errors),
)

DISK_BAYS: tuple[Description, ...] = (
    BinarySensor[DiskBays](
        key="disks_too_warm",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda bays: bays.fan is not None,
    ),
)


def replacement(_path: Path, disk: DiskHealth) -> Iterator[Issue]:
    """Yield what has to be done about a disk that is to be replaced, and how."""
    if disk.level is not HealthLevel.REPLACE_NOW:
        return
    yield Issue(
        key="disk_replace",
        identity="replace",
        placeholders={
            "model": disk.label.model or "-",
            "serial": disk.label.serial,
            "pool": disk.pool or "-",
            "slot": disk.slot or disk.name or "-",
            "size": _size(disk.label.capacity),
            "reasons": "\n".join(f"- {reason.text}" for reason in disk.verdict.reasons),
        },
        urgent=True,
    )


def cooling(_path: Path, bays: DiskBays) -> Iterator[Issue]:
    """Yield that a fan may have failed."""
    if bays.fan is not None:
        yield Issue(key="disks_too_warm", identity="fan", placeholders={"why": bays.fan.text})


def _size(capacity: int | None) -> str:
    """Return a disk's size as its maker prints it on the label."""
    if capacity is None:
        return "-"
    if capacity >= 10**12:
        return f"{capacity / 1e12:.1f} TB"
    return f"{capacity / 1e9:.0f} GB"


def kind_word(kind: DiskKind) -> str:
    """Return what people call this kind of disk."""
    return {DiskKind.HDD: "Hard disk", DiskKind.SSD: "SSD", DiskKind.NVME: "NVMe SSD"}[kind]

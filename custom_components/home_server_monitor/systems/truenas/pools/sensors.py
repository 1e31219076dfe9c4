"""What is shown of pools, and of the vdevs and disks that they are made of."""

from collections.abc import Callable, Iterable

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTime

from ...issue import Issue
from ...paths import Path
from ...system import BinarySensor, Description, Sensor
from .models import GOOD_VDEV_STATES, Activity, Pool, PoolState, ScanFunction, Vdev, VdevState

_LONGEST_STATE = 255


def _percent(key: str, value: Callable[[Pool], float | None]) -> Sensor[Pool]:
    return Sensor(
        key=key,
        value=value,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _errors[ItemT](
    _model: type[ItemT], key: str, value: Callable[[ItemT], int | None]
) -> Sensor[ItemT]:
    """Build a count that begins anew when the pool is imported or cleared."""
    return Sensor(
        key=key,
        value=value,
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _time(key: str, value: Callable[[Pool], object]) -> Sensor[Pool]:
    return Sensor(
        key=key,
        value=value,  # type: ignore[arg-type] # only times are given
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _has_task(pool: Pool) -> bool:
    return pool.scrub_overdue is not None


POOL: tuple[Description, ...] = (
    Sensor[Pool](
        key="pool_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(PoolState),
        value=lambda item: item.state,
    ),
    BinarySensor[Pool](
        key="pool_problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda item: item.has_problem,
    ),
    Sensor[Pool](
        key="pool_scan",
        device_class=SensorDeviceClass.ENUM,
        options=list(Activity),
        value=lambda item: item.scan.activity,
    ),
    BinarySensor[Pool](
        key="pool_scrub_overdue",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda item: item.scrub_overdue,
        exists=_has_task,
    ),
    Sensor[Pool](
        key="pool_scan_function",
        device_class=SensorDeviceClass.ENUM,
        options=list(ScanFunction),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.scan.function,
    ),
    _percent("pool_scan_progress", lambda item: item.scan.progress),
    Sensor[Pool](
        key="pool_scan_time_left",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.scan.seconds_left,
    ),
    _time("pool_last_scrub", lambda item: item.last_scrub_ended),
    _time("pool_next_scrub", lambda item: item.scrub_due),
    Sensor[Pool](
        key="pool_scan_errors",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.scan.errors,
    ),
    _percent("pool_fragmentation", lambda item: item.fragmentation),
    _errors(Pool, "pool_read_errors", lambda item: item.read_errors),
    _errors(Pool, "pool_write_errors", lambda item: item.write_errors),
    _errors(Pool, "pool_checksum_errors", lambda item: item.checksum_errors),
    Sensor[Pool](
        key="pool_status",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: (item.status_text or item.status_code or "")[:_LONGEST_STATE] or None,
    ),
)

VDEV: tuple[Description, ...] = (
    Sensor[Vdev](
        key="vdev_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(VdevState),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.state,
    ),
    _errors(Vdev, "vdev_read_errors", lambda item: item.read_errors),
    _errors(Vdev, "vdev_write_errors", lambda item: item.write_errors),
    _errors(Vdev, "vdev_checksum_errors", lambda item: item.checksum_errors),
    Sensor[Vdev](
        key="vdev_disk",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.disk,
        exists=lambda item: item.disk is not None,
    ),
)


def issues(_path: Path, pool: Pool) -> Iterable[Issue]:
    """Yield what somebody has to see to: a pool that is not whole, with the parts that ail."""
    if not pool.has_problem:
        return
    ailing = [vdev for vdev in pool.vdevs if vdev.state not in GOOD_VDEV_STATES or vdev.errors]
    told = [f"{_named(vdev)}: {vdev.state.value}, {vdev.errors} errors" for vdev in ailing]
    yield Issue(
        key="pool_unhealthy",
        identity=f"{pool.state} {' '.join(sorted(vdev.guid for vdev in ailing))}".strip(),
        placeholders={
            "pool": pool.name,
            "state": pool.state.value,
            "status": pool.status_text or pool.status_code or "-",
            "parts": "\n".join(f"- {line}" for line in told) or "-",
        },
        urgent=True,
    )


def _named(vdev: Vdev) -> str:
    return f"{vdev.label} ({vdev.disk})" if vdev.disk else vdev.label

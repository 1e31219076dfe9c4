"""What is shown of a backup task."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTime

from ...system import BinarySensor, Description, Event, Sensor
from .models import UNDER_WAY, BackupTask, RunState, Verification

EVENT_TYPES = [
    "run_succeeded",
    "run_failed",
    "backup_succeeded",
    "backup_failed",
    "verification_ok",
    "verification_warning",
    "verification_failed",
]
_LONGEST_STATE = 255
_RESULTS = [state for state in RunState if state not in UNDER_WAY]


def _moment(
    key: str, value: Callable[[BackupTask], datetime | None], *, enabled: bool = False
) -> Sensor[BackupTask]:
    return Sensor(
        key=key,
        value=value,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=enabled,
    )


def _seconds(
    key: str, value: Callable[[BackupTask], float | None], suggested: str
) -> Sensor[BackupTask]:
    return Sensor(
        key=key,
        value=value,
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=suggested,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
    )


def _detail(
    key: str,
    value: Callable[[BackupTask], bool | None],
    device_class: BinarySensorDeviceClass | None = None,
) -> BinarySensor[BackupTask]:
    return BinarySensor(
        key=key,
        value=value,
        device_class=device_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _result(task: BackupTask) -> RunState | None:
    """Return what came of the last run; nobody knows while the first one that was seen runs."""
    return None if task.result is RunState.NEVER and task.run.under_way else task.result


BACKUP: tuple[Description, ...] = (
    Sensor[BackupTask](
        key="backup_result",
        device_class=SensorDeviceClass.ENUM,
        options=list(_RESULTS),
        value=_result,
    ),
    _moment("backup_last_success", lambda task: task.last_success, enabled=True),
    BinarySensor[BackupTask](
        key="backup_overdue",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda task: task.overdue_since is not None,
        exists=lambda task: bool(task.schedules),
    ),
    Sensor[BackupTask](
        key="backup_verification",
        device_class=SensorDeviceClass.ENUM,
        options=list(Verification),
        value=lambda task: task.verification,
    ),
    Event[BackupTask](key="backup_event", event_types=EVENT_TYPES),
    _moment("backup_verified", lambda task: task.verified),
    _moment("backup_next_run", lambda task: task.next_run),
    _seconds("backup_age", lambda task: task.age, UnitOfTime.HOURS),
    _seconds("backup_duration", lambda task: task.duration, UnitOfTime.MINUTES),
    Sensor[BackupTask](
        key="backup_progress",
        value=lambda task: task.run.percent if task.run.state is RunState.RUNNING else None,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
    ),
    _detail(
        "backup_running",
        lambda task: task.run.state is RunState.RUNNING,
        BinarySensorDeviceClass.RUNNING,
    ),
    _detail("backup_enabled", lambda task: task.enabled),
    Sensor[BackupTask](
        key="backup_error",
        value=lambda task: task.error[:_LONGEST_STATE] if task.error else None,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

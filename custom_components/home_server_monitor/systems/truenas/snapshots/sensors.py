"""What is shown of snapshots, on pools and datasets."""

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime

from ...system import BinarySensor, Description, Sensor
from .models import Snapshots


def _has_task(item: Snapshots) -> bool:
    return item.has_task


SNAPSHOTS: tuple[Description, ...] = (
    Sensor[Snapshots](
        key="snapshot_newest",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=lambda item: item.newest,
    ),
    BinarySensor[Snapshots](
        key="snapshot_overdue",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda item: item.overdue,
        exists=_has_task,
    ),
    Sensor[Snapshots](
        key="snapshot_count",
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
        value=lambda item: item.count,
    ),
    Sensor[Snapshots](
        key="snapshot_age",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
        value=lambda item: item.age,
    ),
    Sensor[Snapshots](
        key="snapshot_next",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.due,
        exists=_has_task,
    ),
)

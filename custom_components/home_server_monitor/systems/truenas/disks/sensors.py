"""What is shown of a disk beside its health."""

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfInformation, UnitOfTemperature

from ...system import Description, Sensor
from .models import Disk

DISK: tuple[Description, ...] = (
    Sensor[Disk](
        key="disk_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value=lambda disk: disk.temperature,
    ),
    Sensor[Disk](
        key="disk_pool",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda disk: disk.pool,
    ),
    Sensor[Disk](
        key="disk_device_name",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda disk: disk.name,
    ),
    Sensor[Disk](
        key="disk_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.TERABYTES,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda disk: disk.size,
        exists=lambda disk: disk.size is not None,
    ),
)

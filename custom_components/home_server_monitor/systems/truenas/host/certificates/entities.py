"""What is shown of a certificate."""

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory, UnitOfTime

from ....system import BinarySensor, Description, Sensor
from .models import Certificate

CERTIFICATE: tuple[Description, ...] = (
    Sensor[Certificate](
        key="nas_certificate_days_left",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        suggested_display_precision=0,
        value=lambda item: item.days_left,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    BinarySensor[Certificate](
        key="nas_certificate_expiring",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda item: item.expires_soon,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    Sensor[Certificate](
        key="nas_certificate_expires",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=lambda item: item.expires,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

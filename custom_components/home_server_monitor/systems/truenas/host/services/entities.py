"""What is shown of the services: nothing that is not asked for, for there are a dozen."""

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import EntityCategory

from ....system import BinarySensor, Description, Sensor
from .models import Service, Services

SERVICES: tuple[Description, ...] = (
    Sensor[Services](
        key="nas_services_running",
        value=lambda services: services.running,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)
SERVICE: tuple[Description, ...] = (
    BinarySensor[Service](
        key="nas_service_running",
        device_class=BinarySensorDeviceClass.RUNNING,
        value=lambda service: service.running,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

"""What is shown of the alerts."""

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import EntityCategory

from ....system import BinarySensor, Description, Event, Sensor
from .models import Alerts, Level


def _count(level: Level) -> Sensor[Alerts]:
    return Sensor(
        key=f"nas_alerts_{level}",
        value=lambda alerts: alerts.count(level),
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


ALERTS: tuple[Description, ...] = (
    Sensor[Alerts](
        key="nas_alerts",
        value=lambda alerts: len(alerts.active),
        state_class=SensorStateClass.MEASUREMENT,
    ),
    BinarySensor[Alerts](
        key="nas_critical_alert",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda alerts: alerts.is_urgent,
    ),
    Event[Alerts](key="nas_alert", event_types=list(Level)),
    *(_count(level) for level in Level if level is not Level.OTHER),
)

"""What is shown of apps."""

from collections.abc import Callable

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfDataRate, UnitOfInformation, UnitOfRatio

from ...system import BinarySensor, Description, Sensor
from .models import App, AppState, AppUsage

_MEBIBYTE = 1024**2
_TENTH_OF_KILOBYTE = -2  # digits that a rate in bytes is rounded to


def _rate(
    key: str,
    value: Callable[[AppUsage], float | None],
    exists: Callable[[AppUsage], bool] = lambda _: True,
) -> Sensor[AppUsage]:
    """Build a sensor for bytes per second, rounded so that hardly anything is hardly a change."""
    return Sensor(
        key=key,
        value=lambda item: _rounded(value(item), _TENTH_OF_KILOBYTE),
        exists=exists,
        device_class=SensorDeviceClass.DATA_RATE,
        native_unit_of_measurement=UnitOfDataRate.BYTES_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.KILOBYTES_PER_SECOND,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _memory(usage: AppUsage) -> int | None:
    """Return whole mebibytes: less is not worth a new state twice a minute."""
    return None if usage.memory is None else round(usage.memory / _MEBIBYTE) * _MEBIBYTE


def _is_docker(usage: AppUsage) -> bool:
    """Charts do not tell what they read and write."""
    return not usage.chart


APP: tuple[Description, ...] = (
    Sensor[App](
        key="app_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(AppState),
        value=lambda item: item.state,
    ),
    Sensor[App](
        key="app_containers",
        value=lambda item: item.containers,
        exists=lambda item: item.containers is not None,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    BinarySensor[App](
        key="app_newer_images",
        value=lambda item: item.has_newer_images,
        device_class=BinarySensorDeviceClass.UPDATE,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

APP_USAGE: tuple[Description, ...] = (
    Sensor[AppUsage](
        key="app_cpu",
        value=lambda item: _rounded(item.cpu, 1),
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
    ),
    Sensor[AppUsage](
        key="app_memory",
        value=_memory,
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEBIBYTES,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    _rate("app_network_receive_rate", lambda item: item.network_receive_rate),
    _rate("app_network_send_rate", lambda item: item.network_send_rate),
    _rate("app_block_read_rate", lambda item: item.block_read_rate, _is_docker),
    _rate("app_block_write_rate", lambda item: item.block_write_rate, _is_docker),
)

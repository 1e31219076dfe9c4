"""What is shown of the measurements, and of the network interfaces."""

from collections.abc import Callable

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfDataRate,
    UnitOfInformation,
    UnitOfRatio,
    UnitOfTemperature,
)

from ....system import BinarySensor, Description, Sensor
from .models import Interface, Live


def _measure(
    key: str,
    value: Callable[[Live], int | None],
    unit: str,
    device_class: SensorDeviceClass | None = None,
    *,
    suggested_unit: str | None = None,
    precision: int = 0,
    enabled: bool = True,
) -> Sensor[Live]:
    return Sensor(
        key=key,
        value=value,
        exists=lambda live: value(live) is not None,
        device_class=device_class,
        native_unit_of_measurement=unit,
        suggested_unit_of_measurement=suggested_unit,
        suggested_display_precision=precision,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=enabled,
    )


def _bytes(key: str, value: Callable[[Live], int | None], *, enabled: bool = True) -> Sensor[Live]:
    return _measure(
        key,
        value,
        UnitOfInformation.BYTES,
        SensorDeviceClass.DATA_SIZE,
        suggested_unit=UnitOfInformation.GIBIBYTES,
        precision=1,
        enabled=enabled,
    )


LIVE: tuple[Description, ...] = (
    _measure("nas_cpu", lambda live: live.processor, UnitOfRatio.PERCENTAGE),
    _measure(
        "nas_cpu_temperature",
        lambda live: live.temperature,
        UnitOfTemperature.CELSIUS,
        SensorDeviceClass.TEMPERATURE,
    ),
    _measure("nas_memory_usage", lambda live: live.memory_usage, UnitOfRatio.PERCENTAGE),
    _bytes("nas_memory_used", lambda live: live.memory_used, enabled=False),
    _bytes("nas_arc_size", lambda live: live.arc_size),
    _measure("nas_arc_hit_ratio", lambda live: live.arc_hit_ratio, UnitOfRatio.PERCENTAGE),
)


def _rate(
    key: str, value: Callable[[Interface], int | None], *, enabled: bool
) -> Sensor[Interface]:
    return Sensor(
        key=key,
        value=value,
        exists=lambda item: value(item) is not None,
        device_class=SensorDeviceClass.DATA_RATE,
        native_unit_of_measurement=UnitOfDataRate.BYTES_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.MEGABYTES_PER_SECOND,
        suggested_display_precision=2,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=enabled,
    )


def _interface(*, enabled: bool) -> tuple[Description, ...]:
    return (
        _rate("nas_interface_received", lambda item: item.received, enabled=enabled),
        _rate("nas_interface_sent", lambda item: item.sent, enabled=enabled),
        BinarySensor[Interface](
            key="nas_interface_link",
            device_class=BinarySensorDeviceClass.CONNECTIVITY,
            value=lambda item: item.up,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=enabled,
        ),
        Sensor[Interface](
            key="nas_interface_speed",
            device_class=SensorDeviceClass.DATA_RATE,
            native_unit_of_measurement=UnitOfDataRate.MEGABITS_PER_SECOND,
            suggested_display_precision=0,
            value=lambda item: item.speed,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
        ),
    )


INTERFACE = _interface(enabled=True)
SPARE_INTERFACE = _interface(enabled=False)

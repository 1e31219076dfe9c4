"""What is shown of a UPS that the NAS watches."""

from collections.abc import Callable

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfFrequency,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)

from ....system import BinarySensor, Description, Sensor
from .models import NasUps


def _measure(
    field: str,
    value: Callable[[NasUps], float | None],
    unit: str,
    device_class: SensorDeviceClass | None = None,
    *,
    precision: int = 1,
    suggested_unit: str | None = None,
    enabled: bool = False,
) -> Sensor[NasUps]:
    return Sensor(
        key=f"nas_ups_{field}",
        value=value,
        exists=lambda ups: value(ups) is not None,
        device_class=device_class,
        native_unit_of_measurement=unit,
        suggested_unit_of_measurement=suggested_unit,
        suggested_display_precision=precision,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=enabled,
    )


def _volts(field: str, value: Callable[[NasUps], float | None]) -> Sensor[NasUps]:
    return _measure(field, value, UnitOfElectricPotential.VOLT, SensorDeviceClass.VOLTAGE)


UPS: tuple[Description, ...] = (
    _measure(
        "charge",
        lambda ups: ups.charge,
        UnitOfRatio.PERCENTAGE,
        SensorDeviceClass.BATTERY,
        precision=0,
        enabled=True,
    ),
    _measure(
        "runtime",
        lambda ups: ups.runtime,
        UnitOfTime.SECONDS,
        SensorDeviceClass.DURATION,
        precision=0,
        suggested_unit=UnitOfTime.MINUTES,
        enabled=True,
    ),
    _measure("load", lambda ups: ups.load, UnitOfRatio.PERCENTAGE, precision=0, enabled=True),
    _volts("input_voltage", lambda ups: ups.input_voltage),
    _volts("output_voltage", lambda ups: ups.output_voltage),
    _volts("battery_voltage", lambda ups: ups.battery_voltage),
    _measure(
        "input_current",
        lambda ups: ups.input_current,
        UnitOfElectricCurrent.AMPERE,
        SensorDeviceClass.CURRENT,
    ),
    _measure(
        "input_frequency",
        lambda ups: ups.input_frequency,
        UnitOfFrequency.HERTZ,
        SensorDeviceClass.FREQUENCY,
    ),
    _measure(
        "temperature",
        lambda ups: ups.temperature,
        UnitOfTemperature.CELSIUS,
        SensorDeviceClass.TEMPERATURE,
    ),
    BinarySensor[NasUps](
        key="nas_ups_on_battery",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda ups: ups.on_battery,
        exists=lambda ups: ups.on_battery is not None,
    ),
    BinarySensor[NasUps](
        key="nas_ups_battery_low",
        device_class=BinarySensorDeviceClass.BATTERY,
        value=lambda ups: ups.battery_low,
        exists=lambda ups: ups.battery_low is not None,
    ),
)

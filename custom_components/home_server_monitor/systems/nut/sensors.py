"""What is shown of a NUT server and its UPSes."""

from collections.abc import Callable
from operator import attrgetter

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)

from ..system import BinarySensor, Description, Sensor
from .models import Flag, NutServer, Ups, UpsStatus

_LONGEST_STATE = 255


def _is_reported(field: str) -> Callable[[Ups], bool]:
    return lambda ups: field in ups.reported


def _measure(
    field: str,
    unit: str,
    device_class: SensorDeviceClass | None = None,
    *,
    precision: int = 0,
    suggested_unit: str | None = None,
    enabled: bool = False,
    category: EntityCategory | None = None,
) -> Sensor[Ups]:
    """Build the sensor ``ups_<field>`` for a field of the model."""
    return Sensor(
        key=f"ups_{field}",
        value=attrgetter(field),
        exists=_is_reported(field),
        native_unit_of_measurement=unit,
        suggested_unit_of_measurement=suggested_unit,
        suggested_display_precision=precision,
        device_class=device_class,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


def _volts(field: str) -> Sensor[Ups]:
    return _measure(field, UnitOfElectricPotential.VOLT, SensorDeviceClass.VOLTAGE, precision=1)


def _celsius(field: str) -> Sensor[Ups]:
    return _measure(field, UnitOfTemperature.CELSIUS, SensorDeviceClass.TEMPERATURE, precision=1)


def _watts(field: str, category: EntityCategory | None = None) -> Sensor[Ups]:
    return _measure(field, UnitOfPower.WATT, SensorDeviceClass.POWER, category=category)


def _volt_amperes(field: str, category: EntityCategory | None = None) -> Sensor[Ups]:
    return _measure(
        field,
        UnitOfApparentPower.VOLT_AMPERE,
        SensorDeviceClass.APPARENT_POWER,
        category=category,
    )


def _text(field: str) -> Sensor[Ups]:
    """Build a sensor for words of the driver, which come in no fixed set."""
    read = attrgetter(field)
    return Sensor(
        key=f"ups_{field}",
        value=lambda ups: _shortened(read(ups)),
        exists=_is_reported(field),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _shortened(text: str | None) -> str | None:
    return None if text is None else text[:_LONGEST_STATE]


def _flag(
    key: str,
    flag: Flag,
    device_class: BinarySensorDeviceClass,
    *,
    enabled: bool = False,
) -> BinarySensor[Ups]:
    return BinarySensor(
        key=key,
        value=lambda ups: ups.has(flag),
        device_class=device_class,
        entity_category=None if enabled else EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


SERVER: tuple[Description, ...] = (
    Sensor[NutServer](
        key="nut_version",
        value=lambda server: server.version,
        exists=lambda server: server.version is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

UPS: tuple[Description, ...] = (
    Sensor[Ups](
        key="ups_status",
        device_class=SensorDeviceClass.ENUM,
        options=list(UpsStatus),
        value=lambda ups: ups.status,
    ),
    _measure("charge", UnitOfRatio.PERCENTAGE, SensorDeviceClass.BATTERY, enabled=True),
    _measure("load", UnitOfRatio.PERCENTAGE, enabled=True),
    _measure(
        "runtime",
        UnitOfTime.SECONDS,
        SensorDeviceClass.DURATION,
        suggested_unit=UnitOfTime.MINUTES,
        enabled=True,
    ),
    BinarySensor[Ups](
        key="ups_on_battery",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda ups: ups.on_battery,
    ),
    _flag("ups_low_battery", Flag.LOW_BATTERY, BinarySensorDeviceClass.BATTERY, enabled=True),
    _flag("ups_replace_battery", Flag.REPLACE_BATTERY, BinarySensorDeviceClass.PROBLEM),
    _flag("ups_overloaded", Flag.OVERLOADED, BinarySensorDeviceClass.PROBLEM),
    _flag("ups_charging", Flag.CHARGING, BinarySensorDeviceClass.BATTERY_CHARGING),
    Sensor[Ups](
        key="ups_status_text",
        value=lambda ups: _shortened(ups.status_text),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    _volts("input_voltage"),
    _volts("output_voltage"),
    _volts("battery_voltage"),
    _measure("input_frequency", UnitOfFrequency.HERTZ, SensorDeviceClass.FREQUENCY, precision=1),
    _measure(
        "output_current", UnitOfElectricCurrent.AMPERE, SensorDeviceClass.CURRENT, precision=1
    ),
    _celsius("temperature"),
    _celsius("battery_temperature"),
    _watts("real_power"),
    _volt_amperes("apparent_power"),
    _watts("nominal_real_power", EntityCategory.DIAGNOSTIC),
    _volt_amperes("nominal_apparent_power", EntityCategory.DIAGNOSTIC),
    _measure("low_charge", UnitOfRatio.PERCENTAGE, category=EntityCategory.DIAGNOSTIC),
    _text("transfer_reason"),
    _text("test_result"),
    _text("alarm"),
    _text("driver"),
)

"""A UPS as the NAS's reporting sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class NasUps:
    """Percent, seconds, volts, amperes, hertz, degrees Celsius; None where the UPS tells none.

    ``on_battery`` and ``battery_low`` come from the alerts, None where those are not read.
    """

    charge: float | None = None
    runtime: float | None = None
    load: float | None = None
    input_voltage: float | None = None
    output_voltage: float | None = None
    battery_voltage: float | None = None
    input_current: float | None = None
    input_frequency: float | None = None
    temperature: float | None = None
    on_battery: bool | None = None
    battery_low: bool | None = None

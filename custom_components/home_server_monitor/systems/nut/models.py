"""What is read from a NUT server, in NUT's own terms. None means that it is not told."""

from dataclasses import dataclass
from enum import StrEnum


class Flag(StrEnum):
    """The words of ``ups.status`` that have a meaning of their own here."""

    ON_LINE = "OL"
    ON_BATTERY = "OB"
    LOW_BATTERY = "LB"
    HIGH_BATTERY = "HB"
    REPLACE_BATTERY = "RB"
    CHARGING = "CHRG"
    DISCHARGING = "DISCHRG"
    BYPASS = "BYPASS"
    CALIBRATING = "CAL"
    OFF = "OFF"
    OVERLOADED = "OVER"
    TRIMMING = "TRIM"
    BOOSTING = "BOOST"
    FORCED_SHUTDOWN = "FSD"
    ALARM = "ALARM"


class UpsStatus(StrEnum):
    """What a UPS does, in one word: the weightiest of its flags."""

    FORCED_SHUTDOWN = "forced_shutdown"
    CALIBRATING = "calibrating"
    LOW_BATTERY = "low_battery"
    ON_BATTERY = "on_battery"
    OFF = "off"
    BYPASS = "bypass"
    OVERLOADED = "overloaded"
    BOOSTING = "boosting"
    TRIMMING = "trimming"
    CHARGING = "charging"
    DISCHARGING = "discharging"
    ONLINE = "online"
    OTHER = "other"


# The first entry whose flags are all there wins. Calibration stands before an empty battery, as in
# NUT's own upsmon: there the battery is drained on purpose and nothing has to be shut down.
_PRECEDENCE: tuple[tuple[UpsStatus, frozenset[Flag]], ...] = (
    (UpsStatus.FORCED_SHUTDOWN, frozenset({Flag.FORCED_SHUTDOWN})),
    (UpsStatus.CALIBRATING, frozenset({Flag.CALIBRATING})),
    (UpsStatus.LOW_BATTERY, frozenset({Flag.ON_BATTERY, Flag.LOW_BATTERY})),
    (UpsStatus.ON_BATTERY, frozenset({Flag.ON_BATTERY})),
    (UpsStatus.OFF, frozenset({Flag.OFF})),
    (UpsStatus.BYPASS, frozenset({Flag.BYPASS})),
    (UpsStatus.OVERLOADED, frozenset({Flag.OVERLOADED})),
    (UpsStatus.BOOSTING, frozenset({Flag.BOOSTING})),
    (UpsStatus.TRIMMING, frozenset({Flag.TRIMMING})),
    (UpsStatus.CHARGING, frozenset({Flag.CHARGING})),
    (UpsStatus.DISCHARGING, frozenset({Flag.DISCHARGING})),
    (UpsStatus.ONLINE, frozenset({Flag.ON_LINE})),
    (UpsStatus.LOW_BATTERY, frozenset({Flag.LOW_BATTERY})),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NutServer:
    """A ``upsd``; ``version`` is its own, without the words around it."""

    version: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ups:
    """One UPS of a server.

    Charge and load are percent, runtime seconds, voltages volts, frequency hertz, power watts,
    apparent power volt-amperes, temperatures degrees Celsius. ``status_text`` is ``ups.status``
    as the driver told it, ``flags`` the words in it that are known. ``reported`` names the fields
    that this UPS has told at least once, so that a value that is missing for a while is unknown
    and not gone.
    """

    name: str
    description: str | None
    manufacturer: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    status_text: str | None
    flags: frozenset[Flag]
    charge: float | None
    load: float | None
    runtime: float | None
    input_voltage: float | None
    input_frequency: float | None
    output_voltage: float | None
    output_current: float | None
    battery_voltage: float | None
    battery_temperature: float | None
    temperature: float | None
    real_power: float | None
    apparent_power: float | None
    nominal_real_power: float | None
    nominal_apparent_power: float | None
    low_charge: float | None
    transfer_reason: str | None
    test_result: str | None
    alarm: str | None
    driver: str | None
    reported: frozenset[str] = frozenset()

    @property
    def status(self) -> UpsStatus | None:
        """What the UPS does; words that nobody knows never hide the ones that are known."""
        if self.status_text is None:
            return None
        for status, needed in _PRECEDENCE:
            if needed <= self.flags:
                return status
        return UpsStatus.OTHER

    @property
    def on_battery(self) -> bool | None:
        """Whether the battery carries the load; None where neither OL nor OB is told."""
        if Flag.ON_BATTERY in self.flags:
            return True
        return False if Flag.ON_LINE in self.flags else None

    def has(self, flag: Flag) -> bool | None:
        """Whether ``flag`` is set; None where no status is told."""
        return None if self.status_text is None else flag in self.flags

"""Turns a UPS's variables, which are all text, into a model."""

from collections.abc import Callable, Iterable, Mapping
import math
import re
from typing import Any

from .models import Flag, Ups

_KNOWN_FLAGS = {flag.value: flag for flag in Flag}

# What drivers say where they have nothing to say.
_EMPTY = frozenset(
    {"", "blank", "unknown", "n/a", "na", "none", "unavailable", "description unavailable"}
)

_NUMBERS = {
    "charge": ("battery.charge",),
    "load": ("ups.load",),
    "runtime": ("battery.runtime",),
    "input_voltage": ("input.voltage",),
    "input_frequency": ("input.frequency",),
    "output_voltage": ("output.voltage",),
    "output_current": ("output.current",),
    "battery_voltage": ("battery.voltage",),
    "real_power": ("ups.realpower", "output.realpower"),
    "apparent_power": ("ups.power", "output.power"),
    "nominal_real_power": ("ups.realpower.nominal", "output.realpower.nominal"),
    "nominal_apparent_power": ("ups.power.nominal", "output.power.nominal"),
    "low_charge": ("battery.charge.low",),
}
# These alone can rightly be below zero.
_TEMPERATURES = {
    "battery_temperature": ("battery.temperature",),
    "temperature": ("ups.temperature",),
}
_TEXTS = {
    "manufacturer": ("device.mfr", "ups.mfr"),
    "model": ("device.model", "ups.model"),
    "firmware": ("ups.firmware",),
    "transfer_reason": ("input.transfer.reason",),
    "test_result": ("ups.test.result",),
    "alarm": ("ups.alarm",),
    "driver": ("driver.name",),
}


def plain(text: str) -> str:
    """Undo upsd's escapes of quotes and backslashes.

    ``aionut`` strips the quotes around a value and with them one that ends it, which leaves the
    backslash that stood before it.
    """
    return re.sub(r"\\(.?)", lambda found: found[1] or '"', text)


def version(answer: str) -> str | None:
    """Find the version in the answer to VER: ``Network UPS Tools upsd 2.8.0 - http://…``."""
    found = re.search(r"\d+(\.\d+)+\S*", answer)
    return found[0] if found else None


def ups(name: str, description: str, variables: Mapping[str, str]) -> Ups:
    """Build the model of a UPS from what LIST UPS and LIST VAR told."""
    status = (variables.get("ups.status") or "").strip() or None
    words = (status or "").upper().split()
    told: dict[str, Any] = {
        field: _first(variables, names, read)
        for kind, read in _READERS
        for field, names in kind.items()
    }
    return Ups(
        name=name,
        description=_text(description),
        serial=_first(variables, ("device.serial", "ups.serial"), _serial),
        status_text=status,
        flags=frozenset(_KNOWN_FLAGS[word] for word in words if word in _KNOWN_FLAGS),
        reported=frozenset(field for field, value in told.items() if value is not None),
        **told,
    )


def _first[ValueT](
    variables: Mapping[str, str], names: Iterable[str], read: Callable[[str], ValueT | None]
) -> ValueT | None:
    """Return what the first of these variables that says anything says."""
    for name in names:
        value = read(variables.get(name, ""))
        if value is not None:
            return value
    return None


def _signed(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _unsigned(text: str) -> float | None:
    """Drop the -1 by which some drivers say that they do not know."""
    number = _signed(text)
    return None if number is None or number < 0 else number


def _text(text: str) -> str | None:
    cleaned = plain(text).strip()
    return None if cleaned.lower() in _EMPTY else cleaned


def _serial(text: str) -> str | None:
    """Drop the placeholders that many UPSes of one model share."""
    serial = _text(text)
    return None if serial is None or not serial.strip("0") else serial


_READERS: tuple[tuple[Mapping[str, tuple[str, ...]], Callable[[str], Any]], ...] = (
    (_NUMBERS, _unsigned),
    (_TEMPERATURES, _signed),
    (_TEXTS, _text),
)

"""From the graphs of reporting to the model."""

from collections.abc import Mapping
from typing import Any

from ..wire import number, rows
from .models import NasUps

_GRAPHS: dict[str, tuple[str, str | None]] = {
    "charge": ("upscharge", None),
    "runtime": ("upsruntime", None),
    "load": ("upsload", None),
    "input_voltage": ("upsvoltage", "input"),
    "output_voltage": ("upsvoltage", "output"),
    "battery_voltage": ("upsvoltage", "battery"),
    "input_current": ("upscurrent", None),
    "input_frequency": ("upsfrequency", None),
    "temperature": ("upstemperature", None),
}
# Between two measurements of the UPS the graphs show zeros, and no UPS that works has a zero here.
_ZERO_IS_REAL = frozenset({"load", "input_current", "input_voltage", "input_frequency"})

GRAPHS = [
    {"name": name, **({"identifier": identifier} if identifier else {})}
    for name, identifier in _GRAPHS.values()
]
"""What to ask ``reporting.netdata_get_data`` for."""


def ups(answer: object) -> NasUps:
    """Read the newest value of each graph; a graph that failed is missing."""
    series = {_key(row): row.get("data") for row in rows(answer)}
    values = {field: _newest(series.get(graph)) for field, graph in _GRAPHS.items()}
    told = any(values.values())
    believed: dict[str, Any] = {
        field: value if value or (told and field in _ZERO_IS_REAL) else None
        for field, value in values.items()
    }
    return NasUps(**believed)


def _key(row: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return graph and identifier; a graph without any may call itself its own identifier."""
    name, identifier = str(row.get("name")), row.get("identifier")
    return name, None if identifier in (None, name) else str(identifier)


def _newest(data: object) -> float | None:
    """Return the newest value that is not zero, 0 where all are, None where there are none."""
    values = [
        value
        for row in (data if isinstance(data, list) else ())
        if isinstance(row, list) and len(row) > 1 and (value := number(row[1])) is not None
    ]
    return next((value for value in reversed(values) if value), values[-1] if values else None)

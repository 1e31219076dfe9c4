"""Reading one value of an answer: what is missing or of another kind is None, never an error."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_NO_SERIALS = frozenset(
    {
        "0123456789",
        "123456789",
        "default string",
        "n/a",
        "none",
        "not applicable",
        "not specified",
        "system manufacturer",
        "system product name",
        "system serial number",
        "to be filled by o.e.m.",
        "unknown",
    }
)


def text(value: object) -> str | None:
    """Return a text that says something."""
    return value.strip() or None if isinstance(value, str) else None


def printed(value: object) -> str | None:
    """Return what a maker printed on a machine; None for what stands there when nobody did."""
    words = text(value)
    return None if words is None or words.lower() in _NO_SERIALS else words


def number(value: object) -> float | None:
    """Return a number; a flag is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """Return a point in time."""
    return value if isinstance(value, datetime) else None


def part(value: object, *keys: str) -> Any:
    """Return what stands under these keys, one below the other; None where nothing does."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def rows(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list, and nothing that is no object."""
    yield from (row for row in value if isinstance(row, Mapping)) if isinstance(value, list) else ()


def short_version(value: object) -> str | None:
    """Return ``24.04.2.4`` of ``TrueNAS-SCALE-24.04.2.4``; other versions as they are."""
    words = text(value)
    if words is None:
        return None
    return words.removeprefix("TrueNAS-").removeprefix("SCALE-") or None

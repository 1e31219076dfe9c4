"""From TrueNAS's datasets to models, once. What is missing becomes None."""

from collections.abc import Mapping
from typing import Any

from ..wire import mapping, number, text
from .models import Dataset, Encryption

FIELDS = (
    *("id", "pool", "type", "mountpoint", "encrypted", "locked", "key_loaded", "readonly"),
    *("used", "available", "usedbydataset", "usedbysnapshots", "quota", "refquota"),
    *("volsize", "compressratio"),
)
"""What is asked for. Without a choice every dataset comes again within each of its parents."""


def dataset(row: Mapping[str, Any]) -> Dataset | None:
    """Parse one dataset, None where it has no name."""
    identity = text(row.get("id")) or text(row.get("name"))
    if identity is None:
        return None
    is_volume = row.get("type") == "VOLUME"
    return Dataset(
        id=identity,
        pool=text(row.get("pool")) or identity.partition("/")[0],
        is_volume=is_volume,
        used=_size(row.get("used")),
        available=_size(row.get("available")),
        own=_size(row.get("usedbydataset")),
        snapshots=_size(row.get("usedbysnapshots")),
        # Writing to a volume never takes more than its size, which is no quota that fills up.
        quota=None if is_volume else _size(row.get("quota")) or None,
        own_quota=None if is_volume else _size(row.get("refquota")) or None,
        ratio=_ratio(row.get("compressratio")),
        encryption=_encryption(row),
        readonly=_flag(row.get("readonly")),
        mountpoint=text(row.get("mountpoint")),
    )


def _encryption(row: Mapping[str, Any]) -> Encryption:
    if row.get("encrypted") is not True:
        return Encryption.NONE
    locked = row.get("locked") is True or row.get("key_loaded") is False
    return Encryption.LOCKED if locked else Encryption.UNLOCKED


def _size(value: object) -> int | None:
    """Return the bytes of a property, which says them as number and as text."""
    told = mapping(value)
    parsed = number(told.get("parsed"))
    if parsed is None:
        raw = told.get("rawvalue")
        parsed = int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else None
    return None if parsed is None or parsed < 0 else int(parsed)


def _ratio(value: object) -> float | None:
    """Return ``1.25`` of ``1.25``, ``1.25x`` or a number."""
    told = mapping(value)
    for part in (told.get("parsed"), told.get("rawvalue"), told.get("value")):
        if (plain := number(part)) is not None:
            return plain
        if isinstance(part, str):
            try:
                found = float(part.strip().removesuffix("x"))
            except ValueError:
                continue
            return found if 0 < found < 1e6 else None
    return None


def _flag(value: object) -> bool | None:
    parsed = mapping(value).get("parsed")
    return parsed if isinstance(parsed, bool) else None

"""From TrueNAS's pools to models, once. What is missing becomes None, unknown words ``other``."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ....analysis import schedules
from ...errors import BadAnswer
from ..wire import mapping, number, sequence, text, whole
from .models import (
    Activity,
    BootPool,
    Pool,
    PoolState,
    Scan,
    ScanFunction,
    ScrubTask,
    Vdev,
    VdevState,
)

_DEFAULT_THRESHOLD = 35
_POOL_WORDS = {"UNAVAIL": PoolState.UNAVAILABLE}
_VDEV_WORDS = {
    "UNAVAIL": VdevState.UNAVAILABLE,
    "CANT_OPEN": VdevState.UNAVAILABLE,
    "AVAIL": VdevState.AVAILABLE,
    "INUSE": VdevState.IN_USE,
}
# Data first: nobody calls a disk of it a "data disk".
_ROLES = ("data", "special", "dedup", "log", "cache", "spare")


def pool(row: Mapping[str, Any]) -> Pool | None:
    """Parse one pool, None where it cannot be told from others."""
    guid, name = text(row.get("guid")), text(row.get("name"))
    if guid is None or name is None:
        return None
    return Pool(guid=guid, name=name, number=whole(row.get("id")), **_common(row))


def boot_pool(answer: object) -> BootPool:
    """Parse ``boot.get_state``. Raises ``BadAnswer`` where it is none."""
    row = mapping(answer)
    name = text(row.get("name"))
    if name is None:
        raise BadAnswer("a boot pool without a name")
    return BootPool(guid="boot", name=name, **_common(row))


def _common(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "state": pool_state(row.get("status"), row.get("status_code")),
        "healthy": row.get("healthy") is True,
        "warning": row.get("warning") is True,
        "status_code": text(row.get("status_code")),
        "status_text": text(row.get("status_detail")),
        "fragmentation": _percent(row.get("fragmentation")),
        "scan": scan(row.get("scan")),
        "vdevs": tuple(_vdevs(mapping(row.get("topology")))),
    }


def pool_state(word: object, code: object = None) -> PoolState:
    """Return the state for ZFS's word; a pool of locked disks is only offline, but says why."""
    if code in ("LOCKED_SED_DISKS", "LOCKED"):
        return PoolState.LOCKED
    known = str(word)
    try:
        return _POOL_WORDS.get(known) or PoolState(known.lower())
    except ValueError:
        return PoolState.OTHER


def _vdev_state(word: object) -> VdevState:
    known = str(word)
    try:
        return _VDEV_WORDS.get(known) or VdevState(known.lower())
    except ValueError:
        return VdevState.OTHER


def _percent(value: object) -> int | None:
    """Return a percentage that comes as text, as number, or with its sign."""
    if isinstance(value, str):
        digits = value.strip().removesuffix("%")
        return int(digits) if digits.isascii() and digits.isdigit() else None
    return whole(value)


# --- Scans --------------------------------------------------------------------------------------


def scan(value: object) -> Scan:
    """Parse the scan of a pool or of an event; all of it is null where there never was one.

    The byte counts are of no use: which is which was swapped once, and stayed so.
    """
    row = mapping(value)
    function, state = text(row.get("function")), text(row.get("state"))
    if function is None or state is None:
        return Scan()
    activity = _activity(function, state, paused=row.get("pause") is not None)
    known = Scan(
        activity=activity,
        function=_function(function),
        started=moment(row.get("start_time")),
        ended=moment(row.get("end_time")),
        errors=whole(row.get("errors")),
    )
    if state != "SCANNING":
        return known
    return Scan(
        activity=known.activity,
        function=known.function,
        started=known.started,
        errors=known.errors,
        progress=_progress(row.get("percentage")),
        seconds_left=whole(row.get("total_secs_left")) if known.is_active else None,
    )


def _activity(function: str, state: str, *, paused: bool) -> Activity:
    if state == "FINISHED":
        return Activity.FINISHED
    if state == "CANCELED":
        return Activity.CANCELED
    if state != "SCANNING":
        return Activity.OTHER
    if paused:
        return Activity.PAUSED
    running = {"SCRUB": Activity.SCRUBBING, "RESILVER": Activity.RESILVERING}
    return running.get(function, Activity.OTHER)


def _function(word: str) -> ScanFunction:
    try:
        return ScanFunction(word.lower())
    except ValueError:
        return ScanFunction.OTHER


def _progress(value: object) -> float | None:
    percent = number(value)
    return None if percent is None else round(min(max(percent, 0.0), 100.0), 1)


def moment(value: object) -> datetime | None:
    """Return a time that comes as such, or as seconds since 1970."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    seconds = number(value)
    if not seconds or not 0 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC)


# --- Vdevs --------------------------------------------------------------------------------------


def _vdevs(topology: Mapping[str, Any]) -> Iterator[Vdev]:
    """Yield the vdevs and their disks; a malformed one costs itself and what it is made of."""
    known = [role for role in _ROLES if role in topology]
    for role in (*known, *(role for role in topology if role not in _ROLES)):
        singles = 0
        for row in sequence(topology[role]):
            children = [child for child in sequence(mapping(row).get("children")) if child]
            if not children:
                singles += 1
            name = _label(role, mapping(row), singles if not children else 0)
            yield from _vdev(mapping(row), name)
            yield from _disks(children, name)


def _label(role: str, row: Mapping[str, Any], single: int) -> str:
    prefix = "" if role == "data" else f"{role} "
    if single:
        return f"{prefix}disk {single}"
    return f"{prefix}{text(row.get('name')) or str(row.get('type')).lower()}"


def _disks(children: list[Any], label: str) -> Iterator[Vdev]:
    """Yield the disks below a vdev; while one is replaced, two stand in its place."""
    for place, child in enumerate(children, 1):
        row = mapping(child)
        name = f"{label} disk {place}"
        yield from _vdev(row, name)
        yield from _disks(sequence(row.get("children")), name)


def _vdev(row: Mapping[str, Any], label: str) -> Iterator[Vdev]:
    guid = row.get("guid")
    if not isinstance(guid, (str, int)) or isinstance(guid, bool) or not guid:
        return
    stats = mapping(row.get("stats"))
    yield Vdev(
        guid=str(guid),
        label=label,
        kind=str(row.get("type") or "other").lower(),
        state=_vdev_state(row.get("status")),
        disk=text(row.get("disk")) or _unavailable(row.get("unavail_disk")),
        read_errors=whole(stats.get("read_errors")) or 0,
        write_errors=whole(stats.get("write_errors")) or 0,
        checksum_errors=whole(stats.get("checksum_errors")) or 0,
    )


def _unavailable(disk: object) -> str | None:
    """Return the name of a disk that cannot be opened, which comes as such or as its row."""
    return text(disk) or text(mapping(disk).get("name"))


# --- Tasks --------------------------------------------------------------------------------------


def scrub_task(row: Mapping[str, Any]) -> ScrubTask | None:
    """Parse a row of ``pool.scrub.query``, None where it is disabled or has no schedule."""
    name = text(row.get("pool_name"))
    if name is None or row.get("enabled") is not True:
        return None
    try:
        schedule = schedules.parse(mapping(row.get("schedule")))
    except ValueError:
        return None
    threshold = whole(row.get("threshold"))
    return ScrubTask(
        pool=name,
        schedule=schedule,
        threshold=_DEFAULT_THRESHOLD if threshold is None else max(threshold, 0),
    )

"""The world of snapshots and the tasks that make them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
import re
from typing import TYPE_CHECKING, Any

from ..ejson import moment
from ..errors import CallError, InstanceNotFound, ValidationError
from ..events import Event
from ..methods import Handler, method
from ..query import query
from ..version import V25_04, V25_10, V26
from .snapshot_state import LabSnapshot, LabSnapshotTask, Snapshots
from .timetable import ZONE, last_at

if TYPE_CHECKING:
    from ..server import TrueNas

_NAME = re.compile(r"[A-Za-z0-9_.:\- ]+")
_FAST = {"name", "createtxg"}
_PATHS = ("id", "name", "dataset", "pool")


def _midnights(nas: TrueNas, days: int) -> Iterable[datetime]:
    """Yield the last midnights, the oldest first."""
    today = last_at(0, nas.clock.now())
    return (today - timedelta(days=back) for back in reversed(range(days)))


def furnish(nas: TrueNas) -> None:
    """Add the typical box: two weeks of daily snapshots of tank, made by a task."""
    task = nas.snapshots.add_task("tank", recursive=True)
    for midnight in _midnights(nas, 14):
        ago = (nas.clock.now() - midnight.timestamp()) / 3600
        name = midnight.strftime(task.naming_schema)
        nas.snapshots.take("tank", name, hours_ago=ago, used=50 << 20, recursive=True)
        task.state = {"state": "FINISHED", "datetime": moment(midnight.timestamp())}


# --- Asking -------------------------------------------------------------------------------------


def _rows(nas: TrueNas, filters: list[Any], extra: dict[str, Any], *, simple: bool) -> list[Any]:
    """Return the snapshots as they look with what was asked for; looking into one is dear."""
    newest = nas.version.line >= V26.line
    wanted = extra.get("properties")
    # Up to 25.10 nothing said is everything, and only an id that stands alone spares the others.
    dear = bool(set(wanted or ()) - _FAST) or (wanted is None and not simple and not newest)
    low, high = extra.get("min_txg", 0), extra.get("max_txg", 0)
    rows = []
    for one in nas.snapshots.all.values():
        if (low and one.txg < low) or (high and one.txg > high):
            continue
        row = _row(one, wanted, extra, newest=newest) if dear or extra.get("holds") else _plain(one)
        spared = newest or (len(filters) == 1 and filters[0][0] in ("id", "name"))
        if (dear or extra.get("holds")) and not (spared and not _is_named(row, filters)):
            nas.snapshots.opened += 1
        rows.append(row)
    if newest and _names_missing(nas, filters):
        # One path that is not there, and nothing is found at all.
        return []
    return rows


def _is_named(row: dict[str, Any], filters: list[Any]) -> bool:
    return bool(query([row], [one for one in filters if one[0] in _PATHS]))


def _names_missing(nas: TrueNas, filters: list[Any]) -> bool:
    for name, compare, value in (one for one in filters if len(one) == 3):
        if name in ("id", "name") and compare in ("=", "in"):
            names = value if compare == "in" else [value]
            if any(one not in nas.snapshots for one in names):
                return True
    return False


def _plain(one: LabSnapshot) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.id,
        "pool": one.dataset.partition("/")[0],
        "dataset": one.dataset,
        "snapshot_name": one.name,
        "type": "SNAPSHOT",
        "createtxg": str(one.txg),
        "properties": {},
    }


def _row(
    one: LabSnapshot, wanted: list[str] | None, extra: dict[str, Any], *, newest: bool
) -> dict[str, Any]:
    created = int(one.created)
    known = {
        "creation": _property(str(created), created if newest else moment(created)),
        "used": _property(str(one.used), one.used),
        "referenced": _property(str(one.referenced), one.referenced),
        "guid": _property(one.guid, int(one.guid)),
    }
    names = known.keys() if wanted is None else known.keys() & set(wanted)
    row = {**_plain(one), "properties": {name: known[name] for name in sorted(names)}}
    if extra.get("holds"):
        row["holds"] = {"truenas": 1} if one.holds else {}
    return row


def _property(raw: str, parsed: Any) -> dict[str, Any]:
    return {"value": raw, "rawvalue": raw, "source": "NONE", "parsed": parsed}


@method("zfs.snapshot.query", role="SNAPSHOT_READ", until=V25_04)
@method("zfs.snapshot.query", role="SNAPSHOT_READ", since=V25_10, until=V25_10, private=True)
@method("pool.snapshot.query", role="SNAPSHOT_READ", since=V25_10)
async def snapshot_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the snapshots."""
    options = dict(options or {})
    simple = options.get("select") == ["name"] or bool(options.get("count"))
    filters = list(filters or [])
    rows = _rows(nas, filters, options.pop("extra", None) or {}, simple=simple)
    return query(rows, filters, options)


@method("pool.snapshottask.query", role="SNAPSHOT_TASK_READ")
async def task_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the tasks."""
    return query([_task(one) for one in nas.snapshots.tasks.values()], filters, options)


def _task(task: LabSnapshotTask) -> dict[str, Any]:
    return {
        "id": task.number,
        "dataset": task.dataset,
        "recursive": task.recursive,
        "lifetime_value": task.lifetime_value,
        "lifetime_unit": task.lifetime_unit,
        "enabled": task.enabled,
        "exclude": task.exclude,
        "naming_schema": task.naming_schema,
        "allow_empty": task.allow_empty,
        "schedule": task.schedule,
        "vmware_sync": False,
        "state": task.state,
    }


# --- Acting -------------------------------------------------------------------------------------


@method("zfs.snapshot.create", role="SNAPSHOT_WRITE", until=V25_04)
@method("pool.snapshot.create", role="SNAPSHOT_WRITE", since=V25_10)
async def create(nas: TrueNas, data: dict[str, Any]) -> dict[str, Any]:
    """Take a snapshot, of all that lies below too if it is recursive."""
    unknown = data.keys() - {
        *("dataset", "name", "naming_schema", "recursive", "exclude", "vmware_sync", "properties"),
        *(() if nas.version.line == V25_10.line else ("suspend_vms",)),
    }
    if unknown:
        raise ValidationError(f"snapshot_create.{min(unknown)}", "Extra inputs are not permitted")
    name = data.get("name")
    if name is None and "naming_schema" in data:
        name = datetime.fromtimestamp(nas.clock.now(), ZONE).strftime(data["naming_schema"])
    if not name or not _NAME.fullmatch(name):
        raise ValidationError("snapshot_create.name", "Invalid snapshot name")
    if data["dataset"] not in nas.datasets:
        raise CallError("EFAULT", f"Failed to snapshot {data['dataset']}@{name}: no such dataset")
    taken = nas.snapshots.take(data["dataset"], name, recursive=data.get("recursive", False))
    row = _row(taken, None, {}, newest=nas.version.line >= V26.line)
    nas.emit("pool.snapshot.query", "added", taken.id, row)
    nas.emit("zfs.snapshot.query", "added", taken.id, row)
    return row


@method("zfs.snapshot.delete", role="SNAPSHOT_DELETE", until=V25_04)
@method("pool.snapshot.delete", role="SNAPSHOT_DELETE", since=V25_10)
async def delete(nas: TrueNas, name: str, options: dict[str, Any] | None = None) -> bool:
    """Destroy a snapshot, and those of the same name below it if that is wanted."""
    options = options or {}
    first = nas.snapshots[name]
    names = [name]
    if options.get("recursive"):
        below = [one.id for one in nas.datasets.below(first.dataset)]
        names = [f"{one}@{first.name}" for one in below if f"{one}@{first.name}" in nas.snapshots]
    for one in names:
        nas.snapshots.destroy(one, defer=options.get("defer", False))
    return True


@method("zfs.snapshot.hold", role="SNAPSHOT_WRITE", until=V25_04)
@method("pool.snapshot.hold", role="SNAPSHOT_WRITE", since=V25_10)
async def hold(nas: TrueNas, name: str, _options: dict[str, Any] | None = None) -> None:
    """Keep a snapshot from being destroyed."""
    nas.snapshots[name].holds.add("truenas")


@method("zfs.snapshot.release", role="SNAPSHOT_WRITE", until=V25_04)
@method("pool.snapshot.release", role="SNAPSHOT_WRITE", since=V25_10)
async def release(nas: TrueNas, name: str, _options: dict[str, Any] | None = None) -> None:
    """Let it be destroyed again."""
    nas.snapshots[name].holds.clear()


@method("zfs.snapshot.clone", role="SNAPSHOT_WRITE", until=V25_04)
@method("pool.snapshot.clone", role="SNAPSHOT_WRITE", since=V25_10)
async def clone(nas: TrueNas, data: dict[str, Any]) -> bool:
    """Make a dataset of a snapshot."""
    snapshot, target = nas.snapshots[data["snapshot"]], data["dataset_dst"]
    if target in nas.datasets:
        raise CallError("EFAULT", f"cannot create '{target}': dataset already exists")
    nas.datasets.add(target, own=0, origin=snapshot.id)
    snapshot.clones.append(target)
    return True


@method("zfs.snapshot.rollback", role="SNAPSHOT_WRITE", until=V25_04)
@method("pool.snapshot.rollback", role="SNAPSHOT_WRITE", since=V25_10)
async def rollback(nas: TrueNas, name: str, options: dict[str, Any] | None = None) -> None:
    """Make a dataset what it was; what came later stands in the way unless it may be destroyed."""
    snapshot = nas.snapshots[name]
    newer = [one for one in nas.snapshots.of(snapshot.dataset) if one.txg > snapshot.txg]
    if newer and not (options or {}).get("recursive"):
        raise CallError(
            "EFAULT", f"cannot rollback to '{name}': more recent snapshots or bookmarks exist"
        )
    for one in newer:
        nas.snapshots.destroy(one.id)
    nas.datasets[snapshot.dataset].own = snapshot.referenced


@method("pool.snapshottask.run", role="SNAPSHOT_TASK_WRITE")
async def task_run(nas: TrueNas, number: int) -> None:
    """Let a task take its snapshots now."""
    if number not in nas.snapshots.tasks:
        raise InstanceNotFound(f"Periodic snapshot task {number} does not exist")
    nas.snapshots.run_task(nas.snapshots.tasks[number])


METHODS: tuple[Handler, ...] = (
    snapshot_query,
    task_query,
    create,
    delete,
    hold,
    release,
    clone,
    rollback,
    task_run,
)

EVENTS: tuple[Event, ...] = (
    Event(name="pool.snapshottask.query", role="SNAPSHOT_TASK_READ"),
    Event(name="zfs.snapshot.query", role="SNAPSHOT_READ", until=V25_04),
    Event(name="pool.snapshot.query", role="SNAPSHOT_READ", since=V25_10),
)

__all__ = ["EVENTS", "METHODS", "LabSnapshot", "LabSnapshotTask", "Snapshots", "furnish"]

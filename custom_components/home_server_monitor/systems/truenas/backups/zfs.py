"""What one system has of snapshots and datasets, as far as a backup is concerned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ....analysis.backups import Snapshot
from ...errors import BadAnswer
from ..client import Ask, TrueNas
from ..wire import mapping, text, whole

_PROPERTIES = ("creation", "guid", "referenced")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A dataset; ``mountpoint`` is None for what has no files that could be seen."""

    name: str
    mountpoint: str | None
    origin: str | None


async def snapshots(nas: TrueNas, dataset: str) -> tuple[Snapshot, ...]:
    """Return all snapshots of a dataset; none where there is no such dataset."""
    asked = (
        [["dataset", "=", dataset]],
        {
            "select": ["name", "dataset", "snapshot_name", "properties"],
            "extra": {"properties": list(_PROPERTIES)},
        },
    )
    rows = await nas.first(Ask("pool.snapshot.query", *asked), Ask("zfs.snapshot.query", *asked))
    if not isinstance(rows, list):
        raise BadAnswer("snapshots")
    found = (_snapshot(row) for row in rows if isinstance(row, Mapping))
    return tuple(one for one in found if one is not None)


def _snapshot(row: Mapping[str, Any]) -> Snapshot | None:
    name = text(row.get("snapshot_name")) or str(row.get("name") or "").partition("@")[2]
    if not name:
        return None
    properties = mapping(row.get("properties"))
    return Snapshot(
        name=name,
        guid=str(_value(properties, "guid") or ""),
        created=_creation(properties),
        size=whole(_number(_value(properties, "referenced"))),
    )


def _value(properties: Mapping[str, Any], name: str) -> Any:
    told = mapping(properties.get(name))
    raw = told.get("rawvalue")
    return raw if raw not in (None, "") else told.get("parsed")


def _creation(properties: Mapping[str, Any]) -> datetime | None:
    parsed = mapping(properties.get("creation")).get("parsed")
    if isinstance(parsed, datetime):
        return parsed
    seconds = _number(_value(properties, "creation"))
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return whole(value)


async def datasets(nas: TrueNas, base: str) -> list[Dataset]:
    """Return a dataset and those below it, by name; empty where it is not there."""
    rows = await nas.call(
        "pool.dataset.query",
        [["id", "^", base]],
        {"select": ["id", "type", "mountpoint", "locked", "origin"]},
    )
    if not isinstance(rows, list):
        raise BadAnswer("datasets")
    found = (_dataset(row) for row in rows if isinstance(row, Mapping) and row.get("id"))
    own = [one for one in found if one.name == base or one.name.startswith(f"{base}/")]
    return sorted(own, key=lambda one: one.name)


def _dataset(row: Mapping[str, Any]) -> Dataset:
    shown = row.get("type") == "FILESYSTEM" and row.get("locked") is not True
    return Dataset(
        name=str(row["id"]),
        mountpoint=text(row.get("mountpoint")) if shown else None,
        origin=text(_value(row, "origin")),
    )


async def dataset_of(nas: TrueNas, path: str) -> str | None:
    """Return the dataset that the files at ``path`` lie in."""
    parts = path.removeprefix("/mnt/").strip("/").split("/")
    names = {"/".join(parts[: count + 1]) for count in range(len(parts))}
    rows = await nas.call(
        "pool.dataset.query", [["id", "in", sorted(names)]], {"select": ["id", "type"]}
    )
    known = [
        str(row["id"])
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and row.get("type") == "FILESYSTEM"
    ]
    return max(known, key=len, default=None)

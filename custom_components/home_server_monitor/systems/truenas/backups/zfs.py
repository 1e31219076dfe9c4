"""What one system has of snapshots and datasets, as far as a backup is concerned."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ....analysis.backups import Snapshot
from ...errors import BadAnswer
from ..client import Ask, TrueNas
from ..wire import mapping, text, whole

_PROPERTIES = ("creation", "guid", "referenced")
_CHEAP = ("createtxg", "name")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A dataset; ``mountpoint`` is None for what has no files that could be seen."""

    name: str
    mountpoint: str | None
    origin: str | None


async def names(nas: TrueNas, dataset: str) -> list[str]:
    """Return what the snapshots of a dataset are called, the oldest first; none of no dataset."""
    rows = await _query(nas, [["dataset", "=", dataset]], _CHEAP)
    named = [
        (whole(_number(row.get("createtxg"))) or 0, name)
        for row in rows
        if (name := str(row.get("name") or "").partition("@")[2])
    ]
    return [name for _, name in sorted(named)]


async def opened(nas: TrueNas, dataset: str, wanted: Iterable[str]) -> list[Snapshot]:
    """Return some snapshots of a dataset with what is known of them; those that are gone are left out.

    Nothing but their names stands in the filter, or TrueNAS would look into each that it has.
    """
    ids = [f"{dataset}@{name}" for name in wanted]
    if not ids:
        return []
    rows = await _query(nas, [["id", "in", ids]], _PROPERTIES)
    found = (_snapshot(row) for row in rows)
    return [one for one in found if one is not None]


async def _query(
    nas: TrueNas, filters: list[Any], properties: Sequence[str]
) -> list[Mapping[str, Any]]:
    asked = (
        filters,
        {
            "select": ["name", "createtxg", "properties"],
            "extra": {"properties": list(properties)},
        },
    )
    rows = await nas.first(Ask("pool.snapshot.query", *asked), Ask("zfs.snapshot.query", *asked))
    if not isinstance(rows, list):
        raise BadAnswer("snapshots")
    return [row for row in rows if isinstance(row, Mapping)]


def _snapshot(row: Mapping[str, Any]) -> Snapshot | None:
    name = str(row.get("name") or "").partition("@")[2]
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

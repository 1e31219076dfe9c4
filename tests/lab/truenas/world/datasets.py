"""The world of datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import CallError, InstanceNotFound, ValidationError
from ..events import Event
from ..methods import Handler, method
from ..query import query
from .part import Part

if TYPE_CHECKING:
    from ..jobs import LabJob
    from ..server import TrueNas

GIBIBYTE = 1 << 30


@dataclass(eq=False)
class LabDataset:
    """A dataset; `own` is what its files take, `capacity` only a root has. Sizes are bytes."""

    id: str
    own: int = 96 * 1024
    capacity: int = 0
    quota: int | None = None
    refquota: int | None = None
    volsize: int | None = None
    ratio: float = 1.0
    encrypted: bool = False
    locked: bool = False
    readonly: bool = False
    compression: str = "LZ4"
    origin: str = ""

    @property
    def pool(self) -> str:
        """The name of the pool."""
        return self.id.partition("/")[0]


class Sums(NamedTuple):
    """What datasets take, with all that belongs to them; what their own snapshots hold of it."""

    taken: Counter[str]
    held: Counter[str]


class Datasets(Part):
    """What the server has of datasets.

    `nas.datasets["tank/photos"]` is one.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start without any."""
        super().__init__(nas)
        self.all: dict[str, LabDataset] = {}

    def __getitem__(self, name: str) -> LabDataset:
        """Return a dataset by its full name."""
        if name not in self.all:
            raise InstanceNotFound(f"Dataset {name} does not exist")
        return self.all[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is such a dataset."""
        return name in self.all

    def add(self, name: str, **how: Any) -> LabDataset:
        """Create a dataset: `nas.datasets.add("tank/x", own=5 * GIBIBYTE, quota=…)`."""
        self.all[name] = LabDataset(name, **how)
        return self.all[name]

    def remove(self, name: str) -> None:
        """Destroy a dataset with all that lies below it, and all snapshots."""
        for one in list(self.below(name)):
            self.nas.snapshots.forget(one.id, one.origin)
            del self.all[one.id]
            self.nas.emit("pool.dataset.query", "removed", one.id)

    def below(self, name: str) -> Iterator[LabDataset]:
        """Yield a dataset and all that lies below it."""
        for one in self.all.values():
            if one.id == name or one.id.startswith(f"{name}/"):
                yield one

    def used(self, name: str) -> int:
        """Return what a dataset takes, with its snapshots and what lies below it."""
        return self.sums().taken[name]

    def sums(self) -> Sums:
        """Return what every dataset takes."""
        held, taken = self.nas.snapshots.spaces(), Counter[str]()
        for one in self.all.values():
            for name in _parents(one.id):
                taken[name] += one.own + held[one.id]
        return Sums(taken, held)

    def available(self, name: str, taken: Counter[str]) -> int:
        """Return what can still be written: what the pool has left, or a quota above it allows."""
        dataset = self[name]
        left = self[dataset.pool].capacity - taken[dataset.pool]
        for above in _parents(name):
            parent = self.all.get(above)
            if parent is not None and parent.quota:
                left = min(left, parent.quota - taken[above])
        return max(left, 0)

    # --- How they look ----------------------------------------------------------------------

    def render(self) -> list[dict[str, Any]]:
        """Return all datasets of pools that are there, each with its children within."""
        sums = self.sums()
        return [
            self.render_one(one, sums)
            for one in self.all.values()
            if (pool := self.nas.pools.all.get(one.pool)) is None or pool.status != "OFFLINE"
        ]

    def render_one(self, one: LabDataset, sums: Sums | None = None) -> dict[str, Any]:
        """Return one dataset."""
        sums = sums or self.sums()
        depth = one.id.count("/") + 1
        below = (child for child in self.below(one.id) if child.id.count("/") == depth)
        shown = {
            "id": one.id,
            "name": one.id,
            "pool": one.pool,
            "type": "VOLUME" if one.volsize else "FILESYSTEM",
            "encrypted": one.encrypted,
            "encryption_root": one.id if one.encrypted else None,
            "key_loaded": not one.locked if one.encrypted else False,
            "locked": one.locked,
            "children": [self.render_one(child, sums) for child in below],
            "mountpoint": None if one.volsize or one.locked else f"/mnt/{one.id}",
            "user_properties": {},
            **self._sizes(one, sums),
            "compression": _property(one.compression, one.compression.lower()),
            "compressratio": _property(f"{one.ratio:.2f}x", f"{one.ratio:.2f}", f"{one.ratio:.2f}"),
            "readonly": _property("ON" if one.readonly else "OFF", parsed=one.readonly),
            "origin": _property(one.origin),
        }
        if one.volsize:
            shown["volsize"] = _size(one.volsize)
        return shown

    def _sizes(self, one: LabDataset, sums: Sums) -> dict[str, Any]:
        taken, held = sums.taken, sums.held[one.id]
        sizes = {
            "used": _size(taken[one.id]),
            "available": _size(self.available(one.id, taken)),
            "usedbychildren": _size(taken[one.id] - held - one.own),
            "usedbydataset": _size(one.own),
            "usedbyrefreservation": _size(0),
            "usedbysnapshots": _size(held),
        }
        if not one.volsize:
            sizes |= {"quota": _quota(one.quota), "refquota": _quota(one.refquota)}
        return sizes


def _parents(name: str) -> Iterator[str]:
    """Yield a dataset's own name, and those of all that it lies in."""
    parts = name.split("/")
    for length in range(1, len(parts) + 1):
        yield "/".join(parts[:length])


def _property(value: str, raw: str | None = None, parsed: Any = None) -> dict[str, Any]:
    raw = value.lower() if raw is None else raw
    shown = {"value": value, "rawvalue": raw, "parsed": raw if parsed is None else parsed}
    return {**shown, "source": "LOCAL", "source_info": None}


def _size(size: int) -> dict[str, Any]:
    return _property(f"{size / GIBIBYTE:.2f}G", str(size), size)


def _quota(size: int | None) -> dict[str, Any]:
    """One that is not set is null, although the raw value is 0."""
    if size:
        return _size(size)
    return {
        "value": None,
        "rawvalue": "0",
        "parsed": None,
        "source": "DEFAULT",
        "source_info": None,
    }


def furnish(nas: TrueNas) -> None:
    """Add the typical box."""
    datasets = nas.datasets
    for name, size in {
        "tank/backups": 600,
        "tank/documents": 40,
        "tank/photos": 900,
        "media/movies": 3200,
        "media/tv": 2100,
        "media/downloads": 180,
        "apps/plex": 60,
        "apps/sonarr": 2,
        "apps/radarr": 2,
    }.items():
        datasets.add(name, own=size * GIBIBYTE)
    datasets["tank/photos"].quota = 1200 * GIBIBYTE
    datasets["tank/documents"].encrypted = True
    datasets["tank/documents"].ratio = 1.62


# --- Methods ------------------------------------------------------------------------------------


@method("pool.dataset.query", role="DATASET_READ")
async def dataset_query(nas: TrueNas, filters: Any = (), options: Any = None) -> Any:
    """List the datasets, but not those of the system itself."""
    return query(nas.datasets.render(), filters, options)


@method("pool.dataset.create", role="DATASET_WRITE")
async def dataset_create(nas: TrueNas, data: dict[str, Any]) -> dict[str, Any]:
    """Create a dataset."""
    name = str(data["name"])
    if name in nas.datasets:
        raise ValidationError("pool_dataset_create.name", f"{name} already exists")
    parent = name.rpartition("/")[0]
    if parent not in nas.datasets:
        raise ValidationError("pool_dataset_create.name", f"Parent dataset {parent} does not exist")
    known = {key: data[key] for key in ("quota", "refquota", "volsize") if data.get(key)}
    return nas.datasets.render_one(nas.datasets.add(name, **known))


@method("pool.dataset.delete", role="DATASET_DELETE")
async def dataset_delete(nas: TrueNas, name: str, options: dict[str, Any] | None = None) -> bool:
    """Destroy a dataset; what lies below it only if that is wanted."""
    nas.datasets[name]
    if "/" not in name:
        raise ValidationError("id", "Root datasets cannot be deleted")
    if len(list(nas.datasets.below(name))) > 1 and not (options or {}).get("recursive"):
        raise CallError(
            "ENOTEMPTY", f"Failed to delete dataset: cannot destroy {name!r}: has children"
        )
    nas.datasets.remove(name)
    return True


@method("pool.dataset.snapshot_count", role="DATASET_READ")
async def dataset_snapshot_count(nas: TrueNas, name: str) -> int:
    """Count the snapshots of a dataset itself."""
    return len(nas.snapshots.of(nas.datasets[name].id))


@method("pool.dataset.lock", role="DATASET_WRITE", job=True)
async def dataset_lock(nas: TrueNas, name: str, _options: Any = None, *, job: LabJob) -> bool:
    """Put an encrypted dataset's key away."""
    dataset = nas.datasets[name]
    if not dataset.encrypted:
        raise CallError("EINVAL", f"{name} is not encrypted")
    dataset.locked = True
    await job.progress(100, "Locked")
    return True


METHODS: tuple[Handler, ...] = (
    dataset_query,
    dataset_create,
    dataset_delete,
    dataset_snapshot_count,
    dataset_lock,
)

EVENTS: tuple[Event, ...] = (Event(name="pool.dataset.query", role="DATASET_READ"),)

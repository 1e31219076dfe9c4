"""Which snapshots replication still needs: without them it would have to begin anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..client import TrueNas
from ..wire import each, mapping, sequence, text
from .models import Row

_FIELDS = (
    *("id", "name", "direction", "transport", "source_datasets", "target_dataset"),
    *("recursive", "enabled", "state"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Replication:
    """A replication as far as snapshots here matter to it.

    ``base`` is the name of the last snapshot that it brought over, None while it brought none.
    ``sources`` and ``targets`` are the datasets here that it reads and writes, ``recursive`` with
    all below them; ``pending`` says that newer ones are still to be brought over.
    """

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    recursive: bool
    base: str | None
    pending: bool

    def reads(self, dataset: str) -> bool:
        """Whether it sends this dataset."""
        return self._covers(self.sources, dataset)

    def writes(self, dataset: str) -> bool:
        """Whether it keeps its copy in this dataset, or in one above it."""
        return any(one == dataset or dataset.startswith(f"{one}/") for one in self.targets)

    def _covers(self, parents: Iterable[str], dataset: str) -> bool:
        return any(
            one == dataset or (self.recursive and dataset.startswith(f"{one}/")) for one in parents
        )


async def replications(client: TrueNas) -> list[Replication]:
    """Return all replications; raises what ``call`` raises, a missing right too."""
    return each(await client.call("replication.query", [], {"select": list(_FIELDS)}), _parse)


def _parse(wire: Mapping[str, Any]) -> Replication:
    last = text(mapping(wire.get("state")).get("last_snapshot"))
    sources = tuple(one for one in sequence(wire.get("source_datasets")) if isinstance(one, str))
    target = text(wire.get("target_dataset"))
    pushes = wire.get("direction") != "PULL"
    local = not pushes or wire.get("transport") == "LOCAL"
    return Replication(
        name=text(wire.get("name")) or f"task {wire.get('id')}",
        sources=sources if pushes else (),
        targets=(target,) if target and local else (),
        recursive=wire.get("recursive") is True,
        base=last.rpartition("@")[2] if last else None,
        pending=pushes and wire.get("enabled") is True,
    )


def bases(shelf: Iterable[Row], tasks: Iterable[Replication]) -> dict[str, str]:
    """Return those snapshots of a dataset from which a replication goes on, with its name."""
    known = {
        task.base: task.name
        for task in tasks
        for row in shelf
        if task.base == row.name and (task.reads(row.dataset) or task.writes(row.dataset))
    }
    return {row.id: known[row.name] for row in shelf if row.name in known}


def unsent(shelf: Iterable[Row], tasks: Iterable[Replication]) -> dict[str, str]:
    """Return those snapshots of a dataset that an enabled replication has yet to bring over."""
    rows = list(shelf)
    found: dict[str, str] = {}
    for task in tasks:
        own = [row for row in rows if task.pending and task.reads(row.dataset)]
        base = next((row.txg for row in own if row.name == task.base), -1)
        found |= {row.id: task.name for row in own if row.txg > base}
    return found

"""Asks for snapshots so that thousands of them cost little.

Names and transactions are to be had without looking into a snapshot. What is inside, such as when
it was taken, is asked for few of them, and the server is told from which transaction on to look.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..client import Ask, TrueNas
from ..wire import each, mapping, sequence
from . import parse
from .models import Details, Row

_CHEAP = ["name", "createtxg"]
_MOST = 150
"""So many names fit into one question of 64 KiB."""


async def rows(client: TrueNas, filters: Sequence[Any] = ()) -> list[Row]:
    """Return the snapshots that the filters let through; raises what ``call`` raises."""
    options = {"select": _CHEAP, "extra": {"properties": _CHEAP}}
    return each(await _query(client, filters, options), parse.row)


async def rows_of(client: TrueNas, dataset: str, *, recursive: bool) -> list[Row]:
    """Return the snapshots of a dataset, the newest first, with those of all below it if wanted."""
    own = ["dataset", "=", dataset]
    if not recursive:
        found = await rows(client, [own])
    elif "/" not in dataset:
        found = await rows(client, [["pool", "=", dataset]])
    else:
        found = await rows(client, [["OR", [own, ["dataset", "^", f"{dataset}/"]]]])
    # Nothing but what was asked for, whatever the server makes of the filters.
    wanted = [one for one in found if _is_within(one.dataset, dataset, recursive=recursive)]
    return sorted(wanted, key=lambda one: (-one.txg, one.id))


def _is_within(dataset: str, parent: str, *, recursive: bool) -> bool:
    return dataset == parent or (recursive and dataset.startswith(f"{parent}/"))


async def details(
    client: TrueNas, snapshots: Iterable[Row], properties: Sequence[str], *, holds: bool = False
) -> dict[str, Details]:
    """Look into these snapshots; those that are gone meanwhile are missing in the answer."""
    found: dict[str, Details] = {}
    ordered = sorted(snapshots, key=lambda one: one.txg)
    for start in range(0, len(ordered), _MOST):
        found |= await _details(client, ordered[start : start + _MOST], properties, holds=holds)
    return found


async def _details(
    client: TrueNas, part: Sequence[Row], properties: Sequence[str], *, holds: bool
) -> dict[str, Details]:
    extra: dict[str, Any] = {
        "properties": list(properties),
        "min_txg": part[0].txg,
        "max_txg": part[-1].txg,
    }
    if holds:
        extra["holds"] = True
    options = {"select": ["name", "properties", "holds"], "extra": extra}
    answer = await _query(client, [["id", "in", [one.id for one in part]]], options)
    if not answer and len(part) > 1:
        # Newer versions find nothing at all where one of the names is gone.
        middle = len(part) // 2
        first = await _details(client, part[:middle], properties, holds=holds)
        return first | await _details(client, part[middle:], properties, holds=holds)
    return _by_name(answer)


def _by_name(answer: object) -> dict[str, Details]:
    wires: list[Mapping[str, Any]] = [mapping(wire) for wire in sequence(answer)]
    return {name: parse.details(wire) for wire in wires if (name := str(wire.get("name", "")))}


async def _query(client: TrueNas, filters: Sequence[Any], options: Mapping[str, Any]) -> Any:
    return await client.first(
        Ask("pool.snapshot.query", list(filters), options),
        Ask("zfs.snapshot.query", list(filters), options),
    )

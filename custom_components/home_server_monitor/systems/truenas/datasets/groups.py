"""What is read of datasets, and how often: all of them with one question."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ....analysis.levels import alarmed
from ...errors import BadAnswer, HomeServerError, NotFound
from ...paths import ROOT, Path, child
from ...system import Follow, Group, Reading, Refresh
from ..api.errors import NotReady
from ..client import TrueNas
from ..pools.groups import POOLS, pools_of
from ..wire import each, sequence
from . import parse
from .choice import is_chosen
from .models import Dataset, DatasetNames, PoolSpace

DATASET = "dataset"

QUOTA_HIGH = 90.0
"""Percent of a quota from which on there is an alarm."""
QUOTA_FINE = 85.0
"""Percent below which the alarm ends."""


def dataset_path(pool: Path, name: str) -> Path:
    """Return where the dataset called ``name`` within its pool stands."""
    return child(pool, DATASET, name)


async def fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Read all datasets; show the chosen ones, and for each pool what its root says."""
    known = refresh.latest(POOLS.key)
    if not known:
        raise NotReady("the pools are not known yet")
    pools = {pool.name: path for path, pool in pools_of(known)}
    answer = await refresh.client.call("pool.dataset.query", [], {"select": list(parse.FIELDS)})
    parsed = each(answer, parse.dataset)
    datasets = [dataset for dataset in parsed if dataset.pool in pools]
    spaces = {pools[name]: space for name in pools if (space := _space(name, datasets))}
    items: dict[Path, Any] = {ROOT: DatasetNames(names=tuple(sorted(one.id for one in datasets)))}
    items |= spaces
    for dataset in datasets:
        if is_chosen(dataset, refresh.options):
            path = dataset_path(pools[dataset.pool], dataset.name)
            items[path] = _judged(dataset, refresh.previous.get(path))
    failed: dict[Path, HomeServerError] = {
        # One that is offline tells of none of its datasets, which are not gone for that.
        path: NotFound(f"the datasets of {name}")
        for name, path in pools.items()
        if path not in spaces
    }
    if len(sequence(answer)) > len(parsed):
        failed |= _missing(refresh.previous, items)
    return Reading(items=items, failed=failed)


def _space(pool: str, datasets: Iterable[Dataset]) -> PoolSpace | None:
    """Sum up a pool, None where it has no root."""
    own = {dataset.id: dataset for dataset in datasets if dataset.pool == pool}
    root = own.get(pool)
    if root is None:
        return None
    return PoolSpace(
        used=root.used,
        available=root.available,
        snapshots=sum(dataset.snapshots or 0 for dataset in own.values()),
        ratio=root.ratio,
        encryption=root.encryption,
    )


def _judged(dataset: Dataset, before: object) -> Dataset:
    if not dataset.has_quota:
        return dataset
    was_on = isinstance(before, Dataset) and before.quota_alarm is True
    alarm = alarmed(dataset.quota_used, before=was_on, on=QUOTA_HIGH, off=QUOTA_FINE)
    return replace(dataset, quota_alarm=alarm)


def _missing(
    previous: Mapping[Path, Any], items: Mapping[Path, Any]
) -> Mapping[Path, HomeServerError]:
    """Keep what is missing: each of it may be what could not be understood."""
    error = BadAnswer("a dataset without a name")
    return {
        path: error
        for path, item in previous.items()
        if isinstance(item, Dataset) and path not in items
    }


def _is_new(own: Mapping[Path, Any], pools: Mapping[Path, Any], changed: set[Path]) -> bool:
    return any(path in changed and path not in own for path, _ in pools_of(pools))


DATASETS: Group[TrueNas] = Group(
    key="datasets",
    interval=timedelta(minutes=5),
    fetch=fetch,
    follow=Follow(group=POOLS.key, hurry=_is_new),
)

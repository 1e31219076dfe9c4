"""What is read of snapshots, and how often: their names, and when the newest were taken."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from ...errors import HomeServerError, NotFound
from ...paths import ROOT, Path
from ...system import Follow, Group, Reading, Refresh
from ..api.errors import NotReady
from ..client import TrueNas
from ..datasets.groups import DATASETS
from ..datasets.models import Dataset, PoolSpace
from ..pools.groups import POOLS, pools_of
from ..wire import each
from ..zone import zone_of
from . import judging, parse, reading
from .judging import Verdict
from .models import Creations, Row, Snapshots, Task

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """All that one refresh found: the snapshots of each dataset, and when some were taken."""

    shelves: Mapping[str, list[Row]]
    tasks: list[Task]
    created: Mapping[str, datetime]
    expected: Mapping[int, datetime]
    now: datetime
    zone: tzinfo

    def taken(self, row: Row | None) -> datetime | None:
        return None if row is None else self.created.get(row.id)

    def of_pool(self, name: str) -> list[Row]:
        return [
            row
            for dataset, shelf in self.shelves.items()
            if dataset.partition("/")[0] == name
            for row in shelf
        ]

    def verdict(self, task: Task, dataset: str) -> Verdict:
        last = self.taken(judging.made_by(task, self.shelves.get(dataset, ())))
        expected = self.expected[task.number]
        return judging.judged(task, last, expected=expected, now=self.now, zone=self.zone)


async def fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Count the snapshots of pools and chosen datasets, and judge their tasks."""
    places, failed = _places(refresh)
    shelves: dict[str, list[Row]] = defaultdict(list)
    for row in await reading.rows(refresh.client):
        shelves[row.dataset].append(row)
    round_ = refresh.client.round()
    answer = await round_.ask("pool.snapshottask.query")
    tasks = [] if answer is None else each(answer, parse.task)
    wanted = set(_wanted(places.values(), shelves, tasks))
    creations = await _creations(refresh, wanted)
    found = _Found(
        shelves=shelves,
        tasks=tasks,
        created=creations.known,
        expected=_expected(refresh, tasks),
        now=refresh.now,
        zone=await zone_of(refresh.latest),
    )
    items: dict[Path, Any] = {path: _summary(name, found) for path, name in places.items()}
    return Reading(items={ROOT: creations, **items}, failed=failed, lacking=round_.lacking)


def _places(refresh: Refresh[TrueNas]) -> tuple[dict[Path, str], dict[Path, HomeServerError]]:
    """Return the pools and datasets by path that are to be told of, and pools that are away."""
    known = refresh.latest(DATASETS.key)
    if not known:
        raise NotReady("the datasets are not known yet")
    pools = {path: pool.name for path, pool in pools_of(refresh.latest(POOLS.key))}
    places = {path: name for path, name in pools.items() if path in known}
    failed: dict[Path, HomeServerError] = {
        path: NotFound(f"the snapshots of {name}")
        for path, name in pools.items()
        if path not in known
    }
    datasets = {path: item.id for path, item in known.items() if isinstance(item, Dataset)}
    return {**places, **datasets}, failed


def _wanted(
    names: Iterable[str], shelves: Mapping[str, list[Row]], tasks: list[Task]
) -> Iterator[Row]:
    """Yield the snapshots whose time matters: the newest, and the newest of each task."""
    for name in names:
        if shelf := shelves.get(name):
            yield _newest(shelf)
        for task in tasks:
            if task.covers(name) and (row := judging.made_by(task, shelves.get(name, ()))):
                yield row
    for task in tasks:
        if row := judging.made_by(task, shelves.get(task.dataset, ())):
            yield row
    pools: dict[str, list[Row]] = defaultdict(list)
    for dataset, shelf in shelves.items():
        if shelf:
            pools[dataset.partition("/")[0]].append(_newest(shelf))
    yield from map(_newest, pools.values())


def _newest(shelf: list[Row]) -> Row:
    return max(shelf, key=lambda row: (row.txg, row.id))


async def _creations(refresh: Refresh[TrueNas], wanted: set[Row]) -> Creations:
    """Return when these were taken; only those are asked for that were not asked for before."""
    before = refresh.previous.get(ROOT)
    known = before.known if isinstance(before, Creations) else {}
    new = [row for row in wanted if row.id not in known]
    found = await reading.details(refresh.client, new, ["creation"])
    told = {name: one.created for name, one in found.items() if one.created is not None}
    names = {row.id for row in wanted}
    return Creations(
        known={name: moment for name, moment in {**known, **told}.items() if name in names}
    )


def _expected(refresh: Refresh[TrueNas], tasks: list[Task]) -> Mapping[int, datetime]:
    facts = refresh.memory.recall(ROOT)
    expected = judging.expected_since(facts, tasks, refresh.now)
    new: dict[str, Any] = {
        judging.fact_of(task): expected[task.number].isoformat() for task in tasks
    }
    refresh.memory.remember(ROOT, new)
    return expected


def _summary(name: str, found: _Found) -> Snapshots:
    """Sum up a dataset, or with its root the whole pool."""
    if "/" in name:
        shelf = found.shelves.get(name, [])
        verdicts = [found.verdict(task, name) for task in found.tasks if task.covers(name)]
    else:
        shelf = found.of_pool(name)
        own = (task for task in found.tasks if task.dataset.partition("/")[0] == name)
        verdicts = [found.verdict(task, task.dataset) for task in own]
    newest = found.taken(_newest(shelf)) if shelf else None
    verdict = judging.together(verdicts)
    return Snapshots(
        dataset=name,
        count=len(shelf),
        newest=newest,
        age=None if newest is None else max((found.now - newest) // _HOUR, 0),
        has_task=verdict is not None,
        due=verdict.due if verdict else None,
        overdue=verdict.overdue if verdict else None,
    )


def _is_new(own: Mapping[Path, Any], datasets: Mapping[Path, Any], changed: set[Path]) -> bool:
    return any(
        path not in own and isinstance(datasets.get(path), (Dataset, PoolSpace)) for path in changed
    )


SNAPSHOTS: Group[TrueNas] = Group(
    key="snapshots",
    interval=timedelta(minutes=10),
    fetch=fetch,
    follow=Follow(group=DATASETS.key, hurry=_is_new),
    timeout=60.0,
    optional=True,
    deferred=True,
)

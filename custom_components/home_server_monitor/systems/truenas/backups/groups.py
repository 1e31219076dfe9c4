"""What is read of backup tasks, and how often: four lists every five minutes, runs as they go."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from ...errors import BadAnswer, CannotConnect, HomeServerError, InvalidAuth
from ...paths import ROOT, Path, child, kind_of
from ...system import Group, Happening, Reading, Refresh, Watch
from ..client import Round, TrueNas
from ..zone import zone_of
from . import parse
from .models import BackupTask, Run, RunState
from .remembered import success_of, taken_up
from .tasks import BY_KIND, LISTS, TaskList, list_of, path_of_job
from .watch import follow


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Read the tasks of all kinds; a list or a task that cannot be read costs only itself."""
    asked = refresh.client.round()
    found: dict[Path, BackupTask] = {}
    failed: dict[Path, HomeServerError] = {}
    for one in LISTS:
        try:
            rows = await asked.ask(one.query, [], {"select": list(one.fields)})
            _take(one, rows, found, failed)
        except CannotConnect, InvalidAuth:
            raise
        except HomeServerError as err:
            failed.update(dict.fromkeys(_known(refresh, one.kind), err))
    for right in asked.lacking:
        for one in LISTS:
            if right.detail == one.query:
                failed.update(dict.fromkeys(_known(refresh, one.kind), right))
    if not refresh.previous:
        await _learn_earlier(asked, found, refresh)
    items, events = await _remembered(refresh, found)
    for path in refresh.memory.paths():
        if kind_of(path) in BY_KIND and path not in items and path not in failed:
            refresh.memory.forget(path)
    return Reading(items=items, failed=failed, events=events, lacking=asked.lacking)


def _take(
    one: TaskList,
    rows: object,
    found: dict[Path, BackupTask],
    failed: dict[Path, HomeServerError],
) -> None:
    if rows is None:
        return
    if not isinstance(rows, list):
        raise BadAnswer(one.query)
    for row in rows:
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), int):
            continue
        path = child(ROOT, one.kind, row["id"])
        try:
            found[path] = one.read(row)
        except (HomeServerError, KeyError, TypeError, ValueError) as err:
            failed[path] = BadAnswer(f"{one.query}: {type(err).__name__}")


def _known(refresh: Refresh[TrueNas], kind: str) -> Iterable[Path]:
    """Return the tasks of a kind that were there, before Home Assistant was restarted too."""
    known = refresh.previous.keys() | refresh.memory.paths()
    return (path for path in known if kind_of(path) == kind)


async def _remembered(
    refresh: Refresh[TrueNas], found: Mapping[Path, BackupTask]
) -> tuple[dict[Path, BackupTask], tuple[Happening, ...]]:
    """Return the tasks with what is remembered of them, and which runs have ended since."""
    zone = await zone_of(refresh.latest)
    items: dict[Path, BackupTask] = {}
    events = []
    for path, task in found.items():
        before = refresh.memory.recall(path)
        items[path], facts = taken_up(task, before, refresh.now, zone)
        refresh.memory.remember(path, facts)
        if before.get("ended") is not None and facts["ended"] != before["ended"]:
            events.append(_ended(path, items[path]))
    return items, tuple(events)


def _ended(path: Path, task: BackupTask) -> Happening:
    succeeded = task.result is RunState.SUCCESS
    return Happening(
        path=path,
        event_type="run_succeeded" if succeeded else "run_failed",
        attributes={"result": task.result.value, "error": task.error},
    )


async def _learn_earlier(
    asked: Round, found: Mapping[Path, BackupTask], refresh: Refresh[TrueNas]
) -> None:
    """Learn from TrueNAS's jobs of successes before a run that nobody has seen."""
    needy = {
        path
        for path, task in found.items()
        if task.run.state not in (RunState.SUCCESS, RunState.NEVER)
        and not refresh.memory.recall(path).get("last_success")
    }
    if not needy:
        return
    methods = sorted({list_of(path).run for path in needy})
    jobs = await asked.ask("core.get_jobs", [["method", "in", methods], ["state", "=", "SUCCESS"]])
    newest: dict[Path, Run] = {}
    for job in jobs if isinstance(jobs, list) else ():
        path, run = path_of_job(job), parse.run_of(job)
        if path is None or run is None or run.ended is None or path not in needy:
            continue
        before = newest.get(path)
        if before is None or before.ended is None or run.ended > before.ended:
            newest[path] = run
    for path, run in newest.items():
        refresh.memory.remember(path, success_of(run))


BACKUPS: Group[TrueNas] = Group(
    key="backups",
    interval=timedelta(minutes=5),
    fetch=_fetch,
    watch=Watch(scopes=lambda _: (ROOT,), run=follow),
    optional=True,
)

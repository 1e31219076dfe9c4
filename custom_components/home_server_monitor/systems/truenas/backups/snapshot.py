"""The snapshot that is taken before a backup is run."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
import re

from homeassistant.util.json import JsonObjectType

from ..client import Ask, TrueNas
from . import zfs
from .gather import FindNas
from .models import BackupTask, CloudBackup, CloudSync, Direction, Replication, Rsync

PREFIX = "home-server-monitor"
_OWN_SCHEMA = f"{PREFIX}-%Y-%m-%d_%H-%M-%S"
_TRIED = (_OWN_SCHEMA, "auto-%Y-%m-%d_%H-%M", "manual-%Y-%m-%d_%H-%M", "%Y-%m-%d_%H-%M")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which snapshots to take; or, in ``note``, why none is."""

    nas: TrueNas
    datasets: tuple[str, ...] = ()
    name: str = ""
    recursive: bool = False
    exclude: tuple[str, ...] = ()
    note: str = ""


async def plan(nas: TrueNas, task: BackupTask, find: FindNas, now: datetime, zone: tzinfo) -> Plan:
    """Return which snapshots come before a run of the task.

    A replication sends only those whose names it knows; of files it is the state that was sent,
    or, where they are fetched, the one that they replace.
    """
    if isinstance(task, Replication):
        return await _of_replication(nas, task, find, now.astimezone(zone))
    path = task.path if isinstance(task, Rsync | CloudSync | CloudBackup) else ""
    dataset = await zfs.dataset_of(nas, path)
    if dataset is None:
        return Plan(nas=nas, note=f"{path} lies in no dataset.")
    name = now.astimezone(zone).strftime(_OWN_SCHEMA)
    return Plan(nas=nas, datasets=(dataset,), name=name)


async def _of_replication(nas: TrueNas, task: Replication, find: FindNas, local: datetime) -> Plan:
    source: TrueNas | None = nas
    if task.direction is Direction.PULL and task.host:
        source = await find(task.host)
    if source is None:
        return Plan(nas=nas, note=f"Only {task.host} itself can take snapshots of what is sent.")
    name = _name(task, local)
    if name is None:
        return Plan(nas=nas, note="No name is known that the task would send.")
    return Plan(
        nas=source,
        datasets=task.sources,
        name=name,
        recursive=task.recursive,
        exclude=task.exclude,
    )


def _name(task: Replication, local: datetime) -> str | None:
    if not task.name_regex:
        return local.strftime(task.schemas[0]) if task.schemas else None
    try:
        expression = re.compile(task.name_regex)
    except re.error:
        return None
    tried = (local.strftime(schema) for schema in _TRIED)
    return next((name for name in tried if expression.fullmatch(name)), None)


async def take(wanted: Plan) -> None:
    """Take the snapshots; those that are there already, from this very minute, are as good."""
    for dataset in wanted.datasets:
        if wanted.name in await zfs.names(wanted.nas, dataset):
            continue
        asked: JsonObjectType = {
            "dataset": dataset,
            "name": wanted.name,
            "recursive": wanted.recursive,
        }
        own = [one for one in wanted.exclude if one.startswith(f"{dataset}/")]
        if own:
            asked["exclude"] = list(own)
        await wanted.nas.first(
            Ask("pool.snapshot.create", asked), Ask("zfs.snapshot.create", asked)
        )

"""Runs as they go: TrueNAS tells how far each is, and what came of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import MissingRight
from ...paths import ROOT, Path, child
from ...system import Sink
from ..api.errors import MissingMethod
from ..client import Change, TrueNas
from . import parse
from .models import BackupTask, Replication, Run
from .tasks import REPLICATION, path_of_job

_JOBS = "core.get_jobs"
_REPLICATIONS = "replication.query"
_WRITTEN = 2.0
"""Seconds until TrueNAS has written down what came of a run."""


async def follow(client: TrueNas, _path: Path, sink: Sink) -> None:
    """Follow the jobs and the states of replications until the connection is lost."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow_jobs(client, sink))
            tasks.create_task(_follow_replications(client, sink))
    except ExceptionGroup as group:
        # Both break with the connection; the first one tells why.
        raise group.exceptions[0] from None


async def _follow_jobs(client: TrueNas, sink: Sink) -> None:
    async with client.subscribe(_JOBS) as changes:
        sink.connected()
        async for change in changes:
            _take_job(change, sink)


async def _follow_replications(client: TrueNas, sink: Sink) -> None:
    """Follow what the jobs do not tell: a replication that waits, is on hold, or was added."""
    try:
        async with client.subscribe(_REPLICATIONS) as changes:
            async for change in changes:
                _take_state(change, sink)
    except MissingRight, MissingMethod:
        return


def _take_job(change: Change, sink: Sink) -> None:
    path = path_of_job(change.fields)
    run = parse.run_of(change.fields)
    if path is None or run is None:
        return
    task = sink.items.get(path)
    if not isinstance(task, BackupTask):
        sink.refresh_soon(_WRITTEN)
        return
    if run.under_way:
        _push(path, task, run, sink)
    else:
        sink.refresh_soon(_WRITTEN)


def _take_state(change: Change, sink: Sink) -> None:
    path = child(ROOT, REPLICATION, change.id)
    task = sink.items.get(path)
    state = change.fields.get("state")
    if change.kind != "changed" or not isinstance(task, Replication) or not _is_state(state):
        sink.refresh_soon(_WRITTEN)
        return
    run = parse.replication_run(state, None)
    if not run.under_way:
        sink.refresh_soon(_WRITTEN)
    elif not task.run.under_way:
        _push(path, task, run, sink)


def _is_state(state: object) -> bool:
    return isinstance(state, Mapping) and "state" in state


def _push(path: Path, task: BackupTask, run: Run, sink: Sink) -> None:
    """Show how far a run is, in whole percent: nobody needs more of them."""
    percent = None if run.percent is None else float(round(run.percent))
    items: dict[Path, Any] = {path: replace(task, run=replace(run, percent=percent))}
    sink.push(items)

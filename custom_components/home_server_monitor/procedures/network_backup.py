"""Backing up to another machine, step by step: snapshot, transfer, verification.

Steps, each in the journal before it is taken: ``snapshot``, ``transfer``, ``watch``, ``verify``.
Nothing is ever removed. After a restart a transfer that was begun is followed to its end and
verified; one that was not begun is told of, and not begun by itself.
"""

from homeassistant.util.json import JsonObjectType

from ..systems.errors import Busy, CannotConnect, HomeServerError, Refused
from ..systems.system import Call, Workshop
from ..systems.truenas.backups.fresh import clock_of, fresh_task
from ..systems.truenas.backups.models import BackupTask
from ..systems.truenas.client import TrueNas
from .journal import Record
from .network_backup_run import BackupRun

PROCEDURE = "network_backup"


async def run_backup(call: Call[TrueNas, BackupTask]) -> JsonObjectType:
    """Take a snapshot, run the task at ``call.path``, and verify what came of it.

    ``call.data``: ``restore_test`` as for a verification. Returns ``{"action", "task", "outcome",
    "failed_step", "error", "snapshots", "note", "verification", "safe", "not_safe", "started",
    "ended", "steps": [{"step", "seconds"}, …]}``; ``outcome`` is ``succeeded``, ``failed`` or
    ``interrupted``, and ``verification`` what ``verify`` returns. Raises ``Refused`` and ``Busy``
    where nothing was begun, and ``CannotConnect`` where the system went away: then it goes on when the
    system is back.
    """
    return await call.workshop.run(call.path, _run(call))


async def resume(client: TrueNas, record: Record, workshop: Workshop) -> None:
    """Follow what an earlier run began to its end, or tell that it was not begun."""
    await BackupRun(client, record, workshop).recover()


async def history(call: Call[TrueNas, BackupTask]) -> JsonObjectType:
    """Return ``{"runs": […]}``: the results of earlier runs and verifications, the newest first."""
    return {"runs": list(call.workshop.journal.history(call.path))}


async def _run(call: Call[TrueNas, BackupTask]) -> JsonObjectType:
    now, zone = await clock_of(call.client)
    task = await fresh_task(call.client, call.path, call.workshop.memory, now, zone)
    if not task.enabled:
        raise Refused("backup_disabled")
    if task.locked:
        raise Refused("backup_locked")
    if task.run.under_way:
        raise Busy
    # While it runs TrueNAS does not tell what was before.
    await call.workshop.memory.save()
    record = await call.workshop.journal.begin(
        PROCEDURE,
        call.path,
        {
            "task": task.name,
            "restore_test": bool(call.data.get("restore_test")),
            "job_before": task.run.job,
            "ended_before": task.run.ended.isoformat() if task.run.ended else None,
            "snapshots": [],
            "note": None,
            "job": None,
            "steps": [],
        },
    )
    run = BackupRun(call.client, record, call.workshop)
    try:
        return await run.forwards(task, now, zone)
    except CannotConnect:
        if run.step != "snapshot":
            # What was begun goes on there without us.
            raise
        return await run.fail("the system went away before anything was sent")
    except HomeServerError as err:
        return await run.fail(str(err.detail or err.key))

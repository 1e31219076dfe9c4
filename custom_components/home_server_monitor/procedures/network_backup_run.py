"""One run of a network backup; all that it knows stands in the facts of its record."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import partial
import time
from typing import Any

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..analysis.backups import Evidence, LastRun, Standing, broken_off, not_begun
from ..systems.errors import CannotConnect, HomeServerError, NotFound, Rejected
from ..systems.system import Workshop
from ..systems.truenas.backups import snapshot
from ..systems.truenas.backups.fresh import clock_of, fresh_task
from ..systems.truenas.backups.gather import Inquiry
from ..systems.truenas.backups.models import (
    BackupTask,
    CloudSync,
    Rsync,
    RunState,
)
from ..systems.truenas.backups.neighbour import find_nas
from ..systems.truenas.backups.tasks import list_of, path_of_job
from ..systems.truenas.client import TrueNas
from .backup_verification import Examination
from .journal import Record

_UNSENT = ("", "snapshot")


class BackupRun:
    """Takes the steps, or takes up those of an earlier run."""

    def __init__(self, nas: TrueNas, record: Record, workshop: Workshop) -> None:
        """Take up a record, new or found open."""
        self._nas = nas
        self._record = record
        self._workshop = workshop
        self._find = partial(find_nas, workshop, nas)
        self._began: float | None = None
        facts: dict[str, Any] = record.facts
        self._facts = facts

    @property
    def step(self) -> str:
        """The step that was about to be taken, or is being taken."""
        return self._record.step

    async def _enter(self, step: str, **facts: Any) -> None:
        """Write down the step that comes now."""
        self._close_step()
        if step != self.step:
            self._facts["steps"].append({"step": step, "seconds": None})
        await self._workshop.journal.note(self._record, step, facts)
        self._began = time.monotonic()

    def _close_step(self) -> None:
        if self._began is not None:
            self._facts["steps"][-1]["seconds"] = round(time.monotonic() - self._began, 3)
            self._began = None

    # --- forwards ---------------------------------------------------------------------------------

    async def forwards(self, task: BackupTask, now: datetime, zone: tzinfo) -> JsonObjectType:
        """Take all steps. Raises ``HomeServerError``; then ``fail`` or ``recover`` must follow."""
        await self._enter("snapshot")
        wanted = await snapshot.plan(self._nas, task, self._find, now, zone)
        taken = [f"{dataset}@{wanted.name}" for dataset in wanted.datasets]
        await self._enter("snapshot", snapshots=taken, note=wanted.note or None)
        await snapshot.take(wanted)
        await self._enter("transfer")
        job = await self._nas.start_job(list_of(self._record.path).run, task.id)
        await self._enter("watch", job=job)
        return await self._follow(job)

    async def _follow(self, job: int) -> JsonObjectType:
        try:
            await self._nas.wait_job(job, self._progressed)
        except NotFound:
            await self._after_restart()
        return await self._verify()

    def _progressed(self, percent: float | None, _words: str) -> None:
        self._workshop.progress(self._record.path, percent)

    async def _after_restart(self) -> None:
        """Learn from the task what came of a job that TrueNAS does not know any more."""
        task = await self._task()
        ended = task.run.ended.isoformat() if task.run.ended else None
        if ended is None or ended == self._facts["ended_before"] or task.run.under_way:
            raise Rejected("TrueNAS was restarted before the transfer had ended")
        if task.run.state is not RunState.SUCCESS:
            raise Rejected(task.run.error or "the transfer failed")

    async def _verify(self) -> JsonObjectType:
        await self._enter("verify")
        self._workshop.progress(self._record.path, None)
        now, zone = await clock_of(self._nas)
        examination = Examination(self._nas, self._record.path, self._workshop)
        found = await examination.look(
            await self._task(), now, zone, restore=bool(self._facts["restore_test"])
        )
        failed = found.response["result"] == "failed"
        return await self._end(
            "failed" if failed else "succeeded",
            error="the verification failed" if failed else None,
            standing=found.standing,
            verification=found.response,
        )

    async def _task(self) -> BackupTask:
        now, zone = await clock_of(self._nas)
        return await fresh_task(self._nas, self._record.path, self._workshop.memory, now, zone)

    # --- after a failure or an interruption -------------------------------------------------------

    async def recover(self) -> JsonObjectType:
        """Go on with what was begun, or tell that it was not. Raises ``CannotConnect`` to be asked again."""
        try:
            return await self._recover()
        except CannotConnect:
            raise
        except HomeServerError as err:
            return await self.fail(str(err.detail or err.key))

    async def _recover(self) -> JsonObjectType:
        if self.step in _UNSENT:
            return await self.fail("interrupted before anything was sent", "interrupted")
        if self.step == "verify":
            return await self._verify()
        job = await self._find_job()
        if job is not None:
            await self._enter("watch", job=job)
            return await self._follow(job)
        if self.step == "transfer" and not await self._has_ended():
            return await self.fail("interrupted before anything was sent", "interrupted")
        await self._after_restart()
        return await self._verify()

    async def _find_job(self) -> int | None:
        """Return the job of the transfer, even where TrueNAS's answer to starting it was never seen."""
        method = list_of(self._record.path).run
        jobs = await self._nas.call("core.get_jobs", [["method", "=", method]])
        known = [
            int(job["id"])
            for job in (jobs if isinstance(jobs, list) else ())
            if path_of_job(job) == self._record.path and isinstance(job.get("id"), int)
        ]
        if self._facts["job"] in known:
            return int(self._facts["job"])
        before = self._facts["job_before"] or 0
        return max((one for one in known if one > before), default=None)

    async def _has_ended(self) -> bool:
        task = await self._task()
        return task.run.ended is not None and (
            task.run.ended.isoformat() != self._facts["ended_before"]
        )

    async def fail(self, error: str, outcome: str = "failed") -> JsonObjectType:
        """Close the record, and tell what is safe at the other side and what is not."""
        return await self._end(outcome, error=error, standing=await self._standing())

    async def _standing(self) -> Standing:
        try:
            now, zone = await clock_of(self._nas)
            task = await self._task()
            evidence = await Inquiry(
                nas=self._nas, task=task, earlier=(), find=self._find, now=now, zone=zone
            ).run()
        except HomeServerError:
            evidence = Evidence(zone=dt_util.UTC, last_run=LastRun.UNKNOWN)
            task = None
        if self.step in _UNSENT or (self.step == "transfer" and self._facts["job"] is None):
            return not_begun(evidence)
        return broken_off(
            evidence,
            by_snapshots=not isinstance(task, Rsync | CloudSync),
            deletes=isinstance(task, Rsync) and task.deletes,
        )

    # --- the end ----------------------------------------------------------------------------------

    async def _end(
        self,
        outcome: str,
        *,
        error: str | None,
        standing: Standing,
        verification: Mapping[str, JsonValueType] | None = None,
    ) -> JsonObjectType:
        self._close_step()
        steps: list[JsonValueType] = list(self._facts["steps"])
        safe: list[JsonValueType] = list(standing.safe)
        not_safe: list[JsonValueType] = list(standing.not_safe)
        result: JsonObjectType = {
            "action": "run_backup",
            "task": self._facts["task"],
            "outcome": outcome,
            "failed_step": None if outcome == "succeeded" else self.step or "snapshot",
            "error": error,
            "snapshots": self._facts["snapshots"],
            "note": self._facts["note"],
            "verification": dict(verification) if verification is not None else None,
            "safe": safe,
            "not_safe": not_safe,
            "started": self._record.started.isoformat(),
            "ended": dt_util.utcnow().isoformat(),
            "steps": steps,
        }
        await self._workshop.journal.end(self._record, result)
        event = "backup_succeeded" if outcome == "succeeded" else "backup_failed"
        self._workshop.fire(self._record.path, event, result)
        self._workshop.refresh_soon("backups")
        return result

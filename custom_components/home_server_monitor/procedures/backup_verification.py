"""Verifying one backup: what can be found out is gathered, judged, told and remembered."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..analysis.backups import Outcome, Restored, Sizes, Standing, Verdict, judge, transferred
from ..const import CONF_ALLOW_CONTROL
from ..systems.errors import HomeServerError, Refused
from ..systems.paths import Path
from ..systems.system import Call, Workshop
from ..systems.truenas.backups.fresh import clock_of, fresh_task
from ..systems.truenas.backups.gather import Inquiry
from ..systems.truenas.backups.models import BackupTask, Verification
from ..systems.truenas.backups.neighbour import find_nas
from ..systems.truenas.backups.remembered import sizes, verified
from ..systems.truenas.client import TrueNas
from .journal import Record
from .restore_test import restore_test

PROCEDURE = "backup_verification"
_VERDICTS = {
    Outcome.OK: Verification.OK,
    Outcome.WARNING: Verification.WARNING,
    Outcome.FAILED: Verification.FAILED,
}


async def verify(call: Call[TrueNas, BackupTask]) -> JsonObjectType:
    """Verify the backup of the task at ``call.path``.

    ``call.data``: ``restore_test`` tries to restore the newest snapshot, ``accept_size`` takes the
    present size for the usual one from now on. Returns ``{"action", "task", "result", "reasons":
    […], "checks": [{"check", "result", "reason"}, …], "size", "usual_size", "verified"}``, sizes in
    bytes. Raises ``Refused`` where something would have to be made, and control is not allowed.
    """
    restore = bool(call.data.get("restore_test"))
    if restore and not call.options.get(CONF_ALLOW_CONTROL):
        raise Refused("restore_test_control")
    return await call.workshop.run(call.path, _verify(call, restore=restore))


async def resume(_client: TrueNas, record: Record, workshop: Workshop) -> None:
    """Close what an earlier run left open: nothing was touched, and it may be asked for again."""
    await workshop.journal.end(record, _unfinished(record.path, "interrupted"))


async def _verify(call: Call[TrueNas, BackupTask], *, restore: bool) -> JsonObjectType:
    record = await call.workshop.journal.begin(PROCEDURE, call.path, {})
    try:
        now, zone = await clock_of(call.client)
        task = await fresh_task(call.client, call.path, call.workshop.memory, now, zone)
        examination = Examination(call.client, call.path, call.workshop)
        found = await examination.look(
            task, now, zone, restore=restore, accept=bool(call.data.get("accept_size"))
        )
    except HomeServerError as err:
        await call.workshop.journal.end(record, _unfinished(call.path, str(err)))
        raise
    await call.workshop.journal.end(record, found.response)
    return found.response


def _unfinished(path: Path, error: str) -> JsonObjectType:
    return {"action": "verify_backup", "task": path[-1], "result": None, "reasons": [error]}


@dataclass(frozen=True, kw_only=True)
class Examined:
    """The verdict as a response, and how things stand at the other side."""

    response: JsonObjectType
    standing: Standing


class Examination:
    """Looks at one backup and tells what it came to."""

    def __init__(self, nas: TrueNas, path: Path, workshop: Workshop) -> None:
        """Take what is needed to look at it."""
        self._nas = nas
        self._path = path
        self._workshop = workshop
        self._find = partial(find_nas, workshop, nas)

    async def look(
        self,
        task: BackupTask,
        now: datetime,
        zone: tzinfo,
        *,
        restore: bool = False,
        accept: bool = False,
    ) -> Examined:
        """Return the verdict, once it is remembered and told."""
        facts = self._workshop.memory.recall(self._path)
        earlier = () if accept else tuple(sizes(facts))
        inquiry = Inquiry(
            nas=self._nas, task=task, earlier=earlier, find=self._find, now=now, zone=zone
        )
        evidence = await inquiry.run()
        if restore:
            evidence = replace(evidence, restored=await self._restore(inquiry))
        verdict = judge(evidence)
        outcome = _VERDICTS[verdict.outcome]
        kept = None if outcome is Verification.FAILED else inquiry.size
        base: dict[str, Any] = {} if accept else dict(facts)
        self._workshop.memory.remember(self._path, verified(base, outcome, now, kept))
        await self._workshop.memory.save()
        result = _response(task, verdict, evidence.sizes, now)
        self._workshop.fire(self._path, f"verification_{outcome}", result)
        self._workshop.refresh_soon("backups")
        return Examined(response=result, standing=transferred(evidence, verdict))

    async def _restore(self, inquiry: Inquiry) -> Restored:
        if inquiry.restore_point is None:
            return Restored(problem="There is no snapshot with files that could be restored here.")
        return await restore_test(inquiry.restore_point, self._path, self._workshop)


def _response(
    task: BackupTask, verdict: Verdict, known: Sizes | None, now: datetime
) -> JsonObjectType:
    checks: list[JsonValueType] = [
        {"check": one.check, "result": one.outcome.value, "reason": one.reason}
        for one in verdict.findings
    ]
    reasons: list[JsonValueType] = list(verdict.reasons)
    return {
        "action": "verify_backup",
        "task": task.name,
        "result": _VERDICTS[verdict.outcome].value,
        "reasons": reasons,
        "checks": checks,
        "size": known.present if known is not None else None,
        "usual_size": known.usual if known is not None else None,
        "verified": now.isoformat(),
    }

"""What TrueNAS forgets of its tasks is remembered for it: earlier successes, verdicts, sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from homeassistant.util.json import JsonObjectType, JsonValueType

from ....analysis.backups import lateness
from ....analysis.schedules import next_due
from .models import BackupTask, Run, RunState, Verification

SIZES_KEPT = 60
_ENDED = (RunState.SUCCESS, RunState.FAILED, RunState.ABORTED)


def taken_up[TaskT: BackupTask](
    task: TaskT, facts: Mapping[str, Any], now: datetime, zone: tzinfo
) -> tuple[TaskT, JsonObjectType]:
    """Return a task with what is remembered of it, and what is to be remembered from now on.

    TrueNAS knows of the newest run alone: while one is under way it does not tell what came of the
    one before, nor, after a failure, when there was a success.
    """
    run = task.run
    known = _moment(facts.get("known_since")) or now
    result, ended, error = _result(facts), _moment(facts.get("ended")), _error(facts)
    success, duration = _moment(facts.get("last_success")), _seconds(facts.get("duration"))
    if run.state in _ENDED and (ended is None or (run.ended or ended) >= ended):
        result, ended, error = run.state, run.ended or ended, run.error
    if run.state is RunState.SUCCESS and _is_newer(run.ended, success):
        success, duration = run.ended, run.seconds if run.seconds is not None else duration
    if result is RunState.NEVER and success is not None:
        result = RunState.SUCCESS
    late = lateness(
        task.schedules if task.enabled else (),
        last_success=success,
        known_since=known,
        duration=duration,
        running_since=run.started if run.state is RunState.RUNNING else None,
        now=now,
        zone=zone,
    )
    verdict, verified = verification(facts)
    due = [next_due(schedule, now, zone) for schedule in task.schedules if task.enabled]
    told = replace(
        task,
        result=run.state if run.state in (RunState.ON_HOLD, RunState.OTHER) else result,
        error=run.error if run.state is RunState.ON_HOLD else error,
        last_success=success,
        duration=duration,
        known_since=known,
        overdue_since=late,
        next_run=min((moment for moment in due if moment is not None), default=None),
        age=_age(success, now),
        verification=verdict,
        verified=verified,
    )
    return told, _facts(told, result, ended, error)


def _facts(
    task: BackupTask, result: RunState, ended: datetime | None, error: str | None
) -> JsonObjectType:
    return {
        "known_since": _written(task.known_since),
        "result": result.value,
        "ended": _written(ended),
        "error": error,
        "last_success": _written(task.last_success),
        "duration": task.duration,
    }


def success_of(run: Run) -> JsonObjectType:
    """Return what is to be remembered of a run that succeeded."""
    return {"last_success": _written(run.ended), "duration": run.seconds}


def verification(facts: Mapping[str, Any]) -> tuple[Verification, datetime | None]:
    """Return the last verdict and when it was found."""
    told = facts.get("verification")
    if not isinstance(told, Mapping):
        return Verification.NEVER, None
    try:
        return Verification(str(told.get("result"))), _moment(told.get("at"))
    except ValueError:
        return Verification.NEVER, None


def verified(
    facts: Mapping[str, Any], result: Verification, at: datetime, size: int | None
) -> JsonObjectType:
    """Return what is to be remembered of a verification; the size only of one that was good."""
    found: JsonObjectType = {"verification": {"result": result.value, "at": at.isoformat()}}
    if size is not None:
        kept: list[JsonValueType] = [*sizes(facts), size]
        found["sizes"] = kept[-SIZES_KEPT:]
    return found


def sizes(facts: Mapping[str, Any]) -> Sequence[int]:
    """Return the sizes of earlier good backups in bytes, the newest last."""
    told = facts.get("sizes")
    return [one for one in told if isinstance(one, int)] if isinstance(told, list) else []


def _result(facts: Mapping[str, Any]) -> RunState:
    try:
        return RunState(str(facts.get("result")))
    except ValueError:
        return RunState.NEVER


def _error(facts: Mapping[str, Any]) -> str | None:
    error = facts.get("error")
    return error if isinstance(error, str) else None


def _is_newer(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and (other is None or moment >= other)


def _age(success: datetime | None, now: datetime) -> float | None:
    return None if success is None else max((now - success).total_seconds(), 0.0) // 60 * 60


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None

"""From TrueNAS's tasks to models, once. What is missing becomes None, unknown words ``other``."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ....analysis import schedules
from ....analysis.backups import meet
from ....analysis.schedules import Schedule
from ...errors import BadAnswer, HomeServerError
from .models import (
    NO_RUN,
    CloudBackup,
    CloudSync,
    Direction,
    Replication,
    Rsync,
    Run,
    RunState,
    Transport,
)

# What is asked for. Of an object in it only the whole can be asked for, with its credentials: they are
# left where they are.
_COMMON = ("id", "enabled", "schedule", "job")
_CLOUD = (*_COMMON, "description", "path", "locked", "credentials", "attributes")
REPLICATION_FIELDS = (
    *(*_COMMON, "name", "direction", "transport", "source_datasets", "target_dataset", "state"),
    *("recursive", "exclude", "auto", "restrict_schedule", "periodic_snapshot_tasks"),
    *("naming_schema", "also_include_naming_schema", "name_regex", "ssh_credentials"),
)
CLOUD_SYNC_FIELDS = (*_CLOUD, "direction", "transfer_mode", "include", "exclude")
CLOUD_BACKUP_FIELDS = (*_CLOUD, "keep_last")
RSYNC_FIELDS = (
    *(*_COMMON, "path", "desc", "direction", "mode", "remotehost", "remotepath", "remotemodule"),
    *("delete", "extra", "times", "locked", "ssh_credentials"),
)

_JOB_STATES = {
    "WAITING": RunState.WAITING,
    "RUNNING": RunState.RUNNING,
    "SUCCESS": RunState.SUCCESS,
    "FAILED": RunState.FAILED,
    "ABORTED": RunState.ABORTED,
}
_REPLICATION_STATES = {
    "PENDING": RunState.NEVER,
    "WAITING": RunState.WAITING,
    "RUNNING": RunState.RUNNING,
    "FINISHED": RunState.SUCCESS,
    "ERROR": RunState.FAILED,
    "HOLD": RunState.ON_HOLD,
}
_CUT_OFF = (RunState.FAILED, RunState.ABORTED)
_ALWAYS = schedules.parse({"minute": "*"})


def run_of(job: object) -> Run | None:
    """Return the run that a job is; None for no job.

    What was cut off by a restart of TrueNAS is kept there as if it still ran, without a number.
    """
    if not isinstance(job, Mapping):
        return None
    number = _int(job.get("id"))
    state = _JOB_STATES.get(str(job.get("state")), RunState.OTHER)
    if number is None and state in (RunState.WAITING, RunState.RUNNING):
        state = RunState.ABORTED
    progress = job.get("progress")
    percent = _number(progress.get("percent")) if isinstance(progress, Mapping) else None
    return Run(
        state=state,
        job=number,
        started=_moment(job.get("time_started")),
        ended=_moment(job.get("time_finished")),
        percent=percent if state is RunState.RUNNING else None,
        error=_error(job.get("error")) if state in (RunState.FAILED, RunState.ABORTED) else None,
    )


def replication_run(state: object, job: object) -> Run:
    """Return the newest run of a replication, from its state and its job.

    The state outlives a restart of TrueNAS and the job does not; the job alone knows when it
    began, how far it is, and that it was aborted.
    """
    told = state if isinstance(state, Mapping) else {}
    run = run_of(job)
    word = str(told.get("state") or "PENDING")
    stands = _REPLICATION_STATES.get(word, RunState.OTHER)
    moment = _moment(told.get("datetime"))
    if run is not None and (run.under_way or stands is RunState.NEVER):
        return replace(run, percent=run.percent or _sent(told)) if run.under_way else run
    if run is not None and run.state in _CUT_OFF and _not_before(run.ended, moment):
        return run
    if stands is RunState.NEVER:
        return NO_RUN
    over = stands in (RunState.SUCCESS, RunState.FAILED)
    # Its state says when it changed; the job of the same run says when it began.
    started = run.started if run is not None and over and _near(run.ended, moment) else None
    return Run(
        state=stands,
        job=run.job if run is not None else None,
        started=started,
        ended=moment if over else None,
        percent=_sent(told) if stands is RunState.RUNNING else None,
        error=_error(told.get("error") or told.get("reason")),
    )


def _sent(state: Mapping[str, Any]) -> float | None:
    """Return the percentage that the progress of a replication's state tells."""
    progress = state.get("progress")
    if not isinstance(progress, Mapping):
        return None
    total, sent = _number(progress.get("snapshots_total")), _number(progress.get("snapshots_sent"))
    if not total or sent is None:
        return None
    size, done = _number(progress.get("bytes_total")), _number(progress.get("bytes_sent"))
    part = min(done / size, 1.0) if size and done is not None else 0.0
    return round(min((sent + part) / total, 1.0) * 100, 1)


def _not_before(moment: datetime | None, other: datetime | None) -> bool:
    return other is None or (moment is not None and moment >= other)


def _near(moment: datetime | None, other: datetime | None) -> bool:
    if moment is None or other is None:
        return False
    return abs((moment - other).total_seconds()) < 60


# --- The four kinds -----------------------------------------------------------------------------


def replication(row: Mapping[str, Any]) -> Replication:
    """Return the replication that a row of ``replication.query`` tells of."""
    state = row.get("state")
    tasks = _rows(row.get("periodic_snapshot_tasks"))
    schemas = [*_texts(row.get("naming_schema")), *_texts(row.get("also_include_naming_schema"))]
    schemas += [str(task["naming_schema"]) for task in tasks if task.get("naming_schema")]
    host = _inner(row, "ssh_credentials", "attributes", "host")
    return Replication(
        **_common(row, str(row.get("name") or f"Replication {row['id']}")),
        schedules=_replication_schedules(row, tasks),
        run=replication_run(state, row.get("job")),
        transport=_enum(Transport, row.get("transport"), Transport.OTHER),
        sources=_texts(row.get("source_datasets")),
        target=str(row.get("target_dataset") or ""),
        recursive=row.get("recursive") is True,
        exclude=_texts(row.get("exclude")),
        schemas=tuple(dict.fromkeys(schemas)),
        name_regex=_text(row.get("name_regex")),
        follows_snapshots=bool(tasks) and not isinstance(row.get("schedule"), Mapping),
        skips_empty=any(task.get("allow_empty") is False for task in tasks),
        host=_text(host),
        credential=_int(_inner(row, "ssh_credentials", "id")),
        last_snapshot=_text(_inner(row, "state", "last_snapshot")),
    )


def _replication_schedules(
    row: Mapping[str, Any], tasks: Iterable[Mapping[str, Any]]
) -> tuple[Schedule, ...]:
    """Return when a replication is due: by its own schedule, or after the snapshots it sends."""
    if row.get("auto") is not True:
        return ()
    if isinstance(row.get("schedule"), Mapping):
        return _schedules([row["schedule"]])
    restriction = row.get("restrict_schedule")
    within = _schedules([restriction]) if isinstance(restriction, Mapping) else (_ALWAYS,)
    due = _schedules(task.get("schedule") for task in tasks if task.get("enabled") is not False)
    return tuple(meet(one, limit) for one in due for limit in within)


def rsync(row: Mapping[str, Any]) -> Rsync:
    """Return the task that a row of ``rsynctask.query`` tells of."""
    path = str(row.get("path") or "")
    host = _text(_inner(row, "ssh_credentials", "attributes", "host"))
    remote = _text(row.get("remotehost"))
    return Rsync(
        **_common(row, str(row.get("desc") or f"Rsync {path}")),
        schedules=_schedules([row.get("schedule")]),
        run=run_of(row.get("job")) or NO_RUN,
        locked=row.get("locked") is True,
        path=path,
        # rsync takes a user before the host as well.
        host=host or (remote.rpartition("@")[2] if remote else None),
        remote_path=_text(row.get("remotepath")),
        remote_module=_text(row.get("remotemodule")) if row.get("mode") == "MODULE" else None,
        deletes=row.get("delete") is True,
        picks=bool(row.get("extra")),
        keeps_times=row.get("times") is not False,
    )


def cloud_sync(row: Mapping[str, Any]) -> CloudSync:
    """Return the task that a row of ``cloudsync.query`` tells of."""
    path = str(row.get("path") or "")
    return CloudSync(
        **_common(row, str(row.get("description") or f"Cloud sync {path}")),
        schedules=_schedules([row.get("schedule")]),
        run=run_of(row.get("job")) or NO_RUN,
        locked=row.get("locked") is True,
        path=path,
        place=_place(row),
        mode=str(row.get("transfer_mode") or "").lower(),
        picks=bool(row.get("include")) or bool(row.get("exclude")),
    )


def cloud_backup(row: Mapping[str, Any]) -> CloudBackup:
    """Return the task that a row of ``cloud_backup.query`` tells of."""
    path = str(row.get("path") or "")
    return CloudBackup(
        **_common(row, str(row.get("description") or f"Cloud backup {path}")),
        schedules=_schedules([row.get("schedule")]),
        run=run_of(row.get("job")) or NO_RUN,
        locked=row.get("locked") is True,
        path=path,
        place=_place(row),
        keep_last=_int(row.get("keep_last")),
    )


def _common(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    number = _int(row.get("id"))
    if number is None:
        raise BadAnswer("a task without a number")
    return {
        "id": number,
        "name": name,
        # Cloud backups know one direction only, and do not name it.
        "direction": _enum(Direction, row.get("direction") or "PUSH", Direction.OTHER),
        "enabled": row.get("enabled") is not False,
    }


def _place(row: Mapping[str, Any]) -> str:
    parts = [
        _text(_inner(row, "credentials", "name")),
        _text(_inner(row, "attributes", "bucket")),
        (_text(_inner(row, "attributes", "folder")) or "").strip("/"),
    ]
    return "/".join(part for part in parts if part)


def _schedules(written: Iterable[object]) -> tuple[Schedule, ...]:
    """Return what can be read of these schedules; one that cannot promises nothing."""
    found = []
    for one in written:
        if not isinstance(one, Mapping):
            continue
        try:
            found.append(schedules.parse(one))
        except ValueError:
            continue
    return tuple(found)


# --- Values -------------------------------------------------------------------------------------


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _inner(row: Mapping[str, Any], *keys: str) -> object:
    value: object = row
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


def _error(value: object) -> str | None:
    """Return the reason in one line, without credentials that an address may hold."""
    return HomeServerError(value).detail or None if isinstance(value, str) else None


def _enum[WordT: (Direction, Transport)](words: type[WordT], value: object, other: WordT) -> WordT:
    try:
        return words(str(value).lower())
    except ValueError:
        return other

"""The actions that remove snapshots: first they decide about each one, then they do it.

Every snapshot is removed by itself, so that nothing goes along with it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ....analysis import retention
from ...errors import Busy, NotFound, Refused, Rejected
from ...system import Call
from ..client import Ask, TrueNas
from ..zone import zone_of
from . import needed, reading
from .models import Details, Row, Snapshots


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is to become of the snapshots that were looked at; ``kept`` gives reasons by id."""

    removed: list[Row] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)


async def delete_snapshots(call: Call[TrueNas, Snapshots]) -> JsonObjectType | None:
    """Remove the snapshots that fit a pattern and are old enough, but none that is needed."""
    return await call.workshop.run(call.path, _delete(call))


async def _delete(call: Call[TrueNas, Snapshots]) -> JsonObjectType:
    now, oldest = dt_util.utcnow(), call.data["older_than"]
    rows = await _matching(call)
    details = await _look_into(call.client, rows)
    bases: dict[str, str] = {}
    if rows:
        tasks = await needed.replications(call.client)
        for shelf in _shelves(rows).values():
            bases |= needed.bases(shelf, tasks)
    plan = _Plan()
    for row in rows:
        reason = _reason(details.get(row.id)) or _young(details[row.id], now, oldest)
        if reason is None and row.id in bases:
            reason = f"replication {bases[row.id]} goes on from it"
        _decide(plan, row, reason)
    return await _carry_out(call, plan, details)


def _young(found: Details, now: datetime, oldest: timedelta) -> str | None:
    if found.created is not None and now - found.created >= oldest:
        return None
    return "younger than wanted"


async def apply_retention(call: Call[TrueNas, Snapshots]) -> JsonObjectType | None:
    """Remove what a policy does not keep, dataset by dataset, but none that is needed."""
    policy = retention.Policy(
        **{name: call.data[name] for name in ("hourly", "daily", "weekly", "monthly")}
    )
    if policy.keeps_nothing:
        raise Refused("keeps_nothing")
    return await call.workshop.run(call.path, _apply(call, policy))


async def _apply(call: Call[TrueNas, Snapshots], policy: retention.Policy) -> JsonObjectType:
    zone = await zone_of(call.latest)
    rows = await _matching(call)
    details = await _look_into(call.client, rows)
    tasks = await needed.replications(call.client) if rows else []
    plan = _Plan()
    for shelf in _shelves(rows).values():
        # Nothing is known of when these were taken, so nothing is decided by it.
        dated = [
            retention.Dated(name=row.id, created=found.created)
            for row in shelf
            if (found := details.get(row.id)) and found.created
        ]
        kept = retention.kept(dated, policy, zone)
        bases, unsent = needed.bases(shelf, tasks), needed.unsent(shelf, tasks)
        for row in shelf:
            reason = _reason(details.get(row.id))
            if row.id in kept:
                reason = ", ".join(kept[row.id])
            elif row.id in bases:
                reason = f"replication {bases[row.id]} goes on from it"
            elif row.id in unsent:
                reason = f"replication {unsent[row.id]} has not brought it over yet"
            _decide(plan, row, reason)
    return await _carry_out(call, plan, details)


# --- Deciding -----------------------------------------------------------------------------------


async def _matching(call: Call[TrueNas, Snapshots]) -> list[Row]:
    rows = await reading.rows_of(call.client, call.item.dataset, recursive=call.data["recursive"])
    return [row for row in rows if fnmatchcase(row.name, call.data["pattern"])]


async def _look_into(client: TrueNas, rows: Sequence[Row]) -> Mapping[str, Details]:
    return await reading.details(client, rows, ["creation", "used"], holds=True) if rows else {}


def _shelves(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    shelves: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        shelves[row.dataset].append(row)
    return shelves


def _reason(found: Details | None) -> str | None:
    """Return why a snapshot is kept whatever else is wanted."""
    if found is None:
        return "gone already"
    if found.held:
        return "held"
    return "its age is not known" if found.created is None else None


def _decide(plan: _Plan, row: Row, reason: str | None) -> None:
    if reason is None:
        plan.removed.append(row)
    else:
        plan.kept[row.id] = reason


# --- Doing --------------------------------------------------------------------------------------


async def _carry_out(
    call: Call[TrueNas, Snapshots], plan: _Plan, details: Mapping[str, Details]
) -> JsonObjectType:
    failed: dict[str, str] = {}
    removed = [row.id for row in plan.removed]
    if not call.data["dry_run"]:
        for name in list(removed):
            try:
                await _remove(call.client, name)
            except (Busy, Rejected) as err:
                failed[name] = err.detail
                removed.remove(name)
    return {
        "dry_run": call.data["dry_run"],
        "deleted": list(removed),
        "space": sum(details[name].used or 0 for name in removed),
        "kept": _told(plan.kept),
        "failed": _told(failed),
    }


def _told(reasons: Mapping[str, str]) -> list[Any]:
    return [{"name": name, "reason": reason} for name, reason in reasons.items()]


async def _remove(client: TrueNas, name: str) -> None:
    options = {"defer": False, "recursive": False}
    try:
        await client.first(
            Ask("pool.snapshot.delete", name, options), Ask("zfs.snapshot.delete", name, options)
        )
    except NotFound:
        # Somebody else was quicker, which comes to the same.
        return

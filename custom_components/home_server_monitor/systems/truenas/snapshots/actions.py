"""What can be done with the snapshots of a pool or dataset."""

from fnmatch import fnmatchcase
from typing import Any

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...errors import Refused
from ...system import Action, Call
from ..client import Ask, TrueNas
from ..zone import zone_of
from . import reading
from .models import Details, Row, Snapshots
from .removal import apply_retention, delete_snapshots

_NAMED = 5
_NAME = vol.All(cv.string, vol.Match(r"^[A-Za-z0-9_.:-][A-Za-z0-9_.:\- ]*$"), vol.Length(max=200))
_COUNT = vol.All(vol.Coerce(int), vol.Range(min=0, max=10000))


async def create_snapshot(call: Call[TrueNas, Snapshots]) -> JsonObjectType | None:
    """Take a snapshot, of all datasets below at the same moment if wanted."""
    name = call.data.get("name")
    if name is None:
        now = dt_util.utcnow().astimezone(await zone_of(call.latest))
        name = f"manual-{now:%Y-%m-%d_%H-%M-%S}"
    wanted = {"dataset": call.item.dataset, "name": name, "recursive": call.data["recursive"]}
    await call.client.first(Ask("pool.snapshot.create", wanted), Ask("zfs.snapshot.create", wanted))
    return {"snapshot": f"{call.item.dataset}@{name}", "recursive": call.data["recursive"]}


async def list_snapshots(call: Call[TrueNas, Snapshots]) -> JsonObjectType | None:
    """Return the newest snapshots that fit, and how many fit."""
    rows = await reading.rows_of(call.client, call.item.dataset, recursive=call.data["recursive"])
    fitting = [row for row in rows if fnmatchcase(row.name, call.data["pattern"])]
    shown = fitting[: call.data["limit"]]
    details: dict[str, Details] = {}
    if shown:
        properties = ["creation", "used", "referenced"]
        details = await reading.details(call.client, shown, properties, holds=True)
    return {
        "dataset": call.item.dataset,
        "total": len(fitting),
        "snapshots": [_told(row, details[row.id]) for row in shown if row.id in details],
    }


def _told(row: Row, found: Details) -> dict[str, Any]:
    return {
        "name": row.id,
        "created": found.created.isoformat() if found.created else None,
        "used": found.used,
        "referenced": found.referenced,
        "held": found.held,
    }


async def rollback_snapshot(call: Call[TrueNas, Snapshots]) -> JsonObjectType | None:
    """Make a dataset what it was at a snapshot; all that came later is lost."""
    if not call.data["confirm"]:
        raise Refused("not_confirmed", name=call.item.dataset)
    return await call.workshop.run(call.path, _roll_back(call))


async def _roll_back(call: Call[TrueNas, Snapshots]) -> JsonObjectType:
    dataset, name = call.item.dataset, call.data["snapshot"].rpartition("@")[2]
    rows = await reading.rows_of(call.client, dataset, recursive=False)
    wanted = next((row for row in rows if row.name == name), None)
    if wanted is None:
        raise Refused("no_such_snapshot", name=f"{dataset}@{name}")
    newer = [row for row in rows if row.txg > wanted.txg]
    if newer and not call.data["force"]:
        raise Refused("newer_snapshots", name=wanted.id, newer=_names(newer))
    details = await reading.details(call.client, newer, ["creation"], holds=True) if newer else {}
    held = [row for row in newer if row.id not in details or details[row.id].held]
    if held:
        raise Refused("newer_held", name=wanted.id, newer=_names(held))
    # Bookmarks that are newer stand in the way too, and go the same way.
    options = {"recursive": call.data["force"]}
    await call.client.first(
        Ask("pool.snapshot.rollback", wanted.id, options),
        Ask("zfs.snapshot.rollback", wanted.id, options),
    )
    return {"snapshot": wanted.id, "destroyed": [row.id for row in newer]}


def _names(rows: list[Row]) -> str:
    more = f" (+{len(rows) - _NAMED})" if len(rows) > _NAMED else ""
    return ", ".join(row.name for row in rows[:_NAMED]) + more


_RECURSIVE: dict[Any, Any] = {vol.Optional("recursive", default=False): cv.boolean}
_DRY_RUN: dict[Any, Any] = {vol.Optional("dry_run", default=False): cv.boolean}

ACTIONS: tuple[Action[Any, Any], ...] = (
    Action(
        name="create_snapshot",
        model=Snapshots,
        run=create_snapshot,
        schema={vol.Optional("name"): _NAME, **_RECURSIVE},
    ),
    Action(
        name="list_snapshots",
        model=Snapshots,
        run=list_snapshots,
        schema={
            vol.Optional("pattern", default="*"): cv.string,
            vol.Optional("limit", default=100): vol.All(
                vol.Coerce(int), vol.Range(min=1, max=1000)
            ),
            **_RECURSIVE,
        },
        control=False,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="delete_snapshots",
        model=Snapshots,
        run=delete_snapshots,
        schema={
            vol.Required("pattern"): vol.All(cv.string, vol.Length(min=1)),
            vol.Required("older_than"): cv.positive_time_period,
            **_RECURSIVE,
            **_DRY_RUN,
        },
        admin=True,
    ),
    Action(
        name="apply_retention",
        model=Snapshots,
        run=apply_retention,
        schema={
            vol.Optional("pattern", default="auto-*"): vol.All(cv.string, vol.Length(min=1)),
            **{
                vol.Optional(period, default=0): _COUNT
                for period in ("hourly", "daily", "weekly", "monthly")
            },
            **_RECURSIVE,
            **_DRY_RUN,
        },
        admin=True,
    ),
    Action(
        name="rollback_snapshot",
        model=Snapshots,
        run=rollback_snapshot,
        schema={
            vol.Required("snapshot"): vol.All(cv.string, vol.Length(min=1)),
            vol.Optional("confirm", default=False): cv.boolean,
            vol.Optional("force", default=False): cv.boolean,
        },
        admin=True,
    ),
)

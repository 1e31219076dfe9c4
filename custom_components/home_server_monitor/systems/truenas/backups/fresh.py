"""One task as it is now, and what time it is there."""

from datetime import UTC, datetime, tzinfo

from homeassistant.util import dt as dt_util

from ...errors import BadAnswer, MissingRight, NotFound
from ...memory import Memory
from ...paths import Path
from ..client import TrueNas
from ..wire import mapping, text
from .models import BackupTask
from .remembered import taken_up
from .tasks import list_of


async def fresh_task(
    nas: TrueNas, path: Path, memory: Memory, now: datetime, zone: tzinfo
) -> BackupTask:
    """Read a task anew. Raises ``NotFound`` where there is none any more."""
    one = list_of(path)
    number = int(path[-1].partition(":")[2])
    rows = await nas.call(one.query, [["id", "=", number]], {"select": list(one.fields)})
    if not isinstance(rows, list):
        raise BadAnswer(one.query)
    if not rows:
        raise NotFound(path[-1])
    try:
        task = one.read(rows[0])
    except (KeyError, TypeError, ValueError) as err:
        raise BadAnswer(f"{one.query}: {type(err).__name__}") from err
    # What it tells is remembered when the group is read: that is when what is new is told.
    return taken_up(task, memory.recall(path), now, zone)[0]


async def clock_of(nas: TrueNas) -> tuple[datetime, tzinfo]:
    """Return what time it is by the system's own clock, and its time zone.

    Home Assistant's clock and UTC stand in where the key may not ask for it.
    """
    try:
        told = mapping(await nas.call("system.info"))
    except MissingRight:
        return dt_util.utcnow(), UTC
    moment, name = told.get("datetime"), text(told.get("timezone"))
    zone = await dt_util.async_get_time_zone(name) if name else None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        moment = dt_util.utcnow()
    return moment, zone or UTC

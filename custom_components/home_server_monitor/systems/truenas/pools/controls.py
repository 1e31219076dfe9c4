"""What can be done to a pool: its scrub. Exists only where control is allowed."""

from collections.abc import Awaitable, Callable

from homeassistant.const import EntityCategory

from ...paths import Path
from ...system import Button, Description
from ..api.errors import MissingMethod
from ..client import TrueNas
from .models import Activity, Pool, PoolState

_SCRUBBABLE = (PoolState.ONLINE, PoolState.DEGRADED)


async def _start(client: TrueNas, _path: Path, pool: Pool) -> None:
    """Start a scrub, or let a paused one go on; the job lasts as long as the scrub does.

    Newer versions would rather have ``zpool.scrub.run`` called, which does nothing, and does not say
    so, where the last scrub is younger than its threshold.
    """
    try:
        await client.start_job("pool.scrub.scrub", pool.name, "START")
    except MissingMethod:
        await client.start_job("zpool.scrub.run", {"pool_name": pool.name, "threshold": 0})


def _end(action: str, newer: str) -> Callable[[TrueNas, Path, Pool], Awaitable[None]]:
    """Make a button that pauses or stops, with the word of the newer method."""

    async def act(client: TrueNas, _path: Path, pool: Pool) -> None:
        try:
            await client.job("pool.scrub.scrub", pool.name, action)
        except MissingMethod:
            await client.job("zpool.scrub.run", {"pool_name": pool.name, "action": newer})

    return act


def _may_start(pool: Pool) -> bool:
    return pool.state in _SCRUBBABLE and not pool.scan.is_active


def _is_scrubbing(pool: Pool) -> bool:
    return pool.scan.activity is Activity.SCRUBBING


def _may_stop(pool: Pool) -> bool:
    return pool.scan.activity in (Activity.SCRUBBING, Activity.PAUSED)


POOL: tuple[Description, ...] = (
    Button[TrueNas, Pool](key="pool_scrub_start", press=_start, available=_may_start),
    Button[TrueNas, Pool](
        key="pool_scrub_pause",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=_end("PAUSE", "PAUSE"),
        available=_is_scrubbing,
    ),
    Button[TrueNas, Pool](
        key="pool_scrub_stop",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=_end("STOP", "CANCEL"),
        available=_may_stop,
    ),
)

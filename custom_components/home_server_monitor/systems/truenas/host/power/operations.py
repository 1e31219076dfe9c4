"""How one restarts or shuts down a TrueNAS of any version."""

from typing import Literal

from ...api.errors import MissingMethod
from ...client import TrueNas

REASON = "Home Assistant"


async def go_down(
    client: TrueNas, how: Literal["reboot", "shutdown"], reason: str, delay: int | None
) -> None:
    """Let the NAS restart or shut down, after ``delay`` seconds where one is given.

    From 25.04 on a reason comes first. Those are the versions that can be asked why they want to be
    restarted, which is safe to ask; restarting to find out is not.
    """
    try:
        await client.call("system.reboot.info")
    except MissingMethod:
        await client.start_job(f"system.{how}", {} if delay is None else {"delay": delay})
    else:
        await client.start_job(f"system.{how}", reason, {"delay": delay})

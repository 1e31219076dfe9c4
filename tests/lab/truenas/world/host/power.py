"""Restarting and shutting down, which take other parameters from 25.04 on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ...errors import ValidationError
from ...events import Event
from ...methods import Handler, method
from ...version import V24_10, V25_04

if TYPE_CHECKING:
    from ...jobs import LabJob
    from ...server import TrueNas


class Power:
    """What was asked for, and how long it takes.

    * `asked`: ("reboot" or "shutdown", the reason; empty up to 24.10), in order.
    * `reasons`: why the machine wants to be restarted, by code. `down`: seconds that a restart takes.
    """

    def __init__(self) -> None:
        """Be on."""
        self.asked: list[tuple[str, str]] = []
        self.reasons: dict[str, str] = {}
        self.down = 0.3


async def _go(nas: TrueNas, how: str, reason: str, delay: int | None) -> None:
    """Go down once the answer is out."""
    nas.host.power.asked.append((how, reason))
    nas.emit(f"system.{how}", "added", fields={"reason": reason})

    async def go() -> None:
        await asyncio.sleep(delay or 0.05)
        nas.host.power.reasons.clear()
        if how == "reboot":
            await nas.reboot(down=nas.host.power.down)
        else:
            await nas.go_down()

    nas.spawn(go())


def _old_delay(options: Any) -> int | None:
    if options is None:
        return None
    if not isinstance(options, dict):
        raise ValidationError("system-reboot", "A dict was expected")
    if options.keys() - {"delay"}:
        raise ValidationError("system-reboot", "Field was not expected")
    return options.get("delay")


def _new_delay(reason: Any, options: Any) -> int | None:
    if not isinstance(reason, str) or not reason:
        raise ValidationError("reason", "Input should be a valid string")
    return (options or {}).get("delay")


@method("system.reboot", until=V24_10, job=True)
async def old_reboot(nas: TrueNas, options: Any = None, *, job: LabJob) -> None:
    """Restart."""
    await _go(nas, "reboot", "", _old_delay(options))


@method("system.shutdown", until=V24_10, job=True)
async def old_shutdown(nas: TrueNas, options: Any = None, *, job: LabJob) -> None:
    """Shut down."""
    await _go(nas, "shutdown", "", _old_delay(options))


@method("system.reboot", since=V25_04, job=True)
async def reboot(nas: TrueNas, reason: Any, options: Any = None, *, job: LabJob) -> None:
    """Restart, for a reason."""
    await _go(nas, "reboot", reason, _new_delay(reason, options))


@method("system.shutdown", since=V25_04, job=True)
async def shutdown(nas: TrueNas, reason: Any, options: Any = None, *, job: LabJob) -> None:
    """Shut down, for a reason."""
    await _go(nas, "shutdown", reason, _new_delay(reason, options))


@method("system.reboot.info", role="SYSTEM_GENERAL_READ", since=V25_04)
async def reboot_info(nas: TrueNas) -> dict[str, Any]:
    """Tell why the machine wants to be restarted."""
    return {
        "boot_id": nas.boot_id,
        "reboot_required_reasons": [
            {"code": code, "reason": reason} for code, reason in nas.host.power.reasons.items()
        ],
    }


METHODS: tuple[Handler, ...] = (old_reboot, old_shutdown, reboot, shutdown, reboot_info)

EVENTS: tuple[Event, ...] = ()

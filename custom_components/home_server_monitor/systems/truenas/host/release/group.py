"""When a newer version is looked for: rarely, for that asks a server on the internet."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ....paths import ROOT, Path
from ....system import Follow, Group, Kind, Reading, Refresh
from ...client import TrueNas
from ..system.group import SYSTEM
from ..system.models import Nas
from . import entities, parse
from .models import Release

RELEASE = "nas_release"

_CHECK = timedelta(hours=6)


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Ask each time whether a restart is due, and every few hours for what is new."""
    parts = refresh.client.round()
    reasons = parse.reasons(await parts.ask("system.reboot.info"))
    installed = _installed(refresh.latest(SYSTEM))
    known = refresh.previous.get(ROOT)
    before = known if isinstance(known, Release) else None
    if before is None or _is_due(before, installed, refresh):
        answer = await parts.ask_first(*parse.ASKS)
        before = parse.release(answer, installed=installed, before=before, now=refresh.now)
    return Reading(items={ROOT: replace(before, reasons=reasons)}, lacking=parts.lacking)


def _is_due(before: Release, installed: str | None, refresh: Refresh[TrueNas]) -> bool:
    """Whether to look: after hours, in another version, and when somebody just installed one."""
    return (
        refresh.now - before.checked >= _CHECK
        or before.installed != installed
        or (refresh.early and before.is_available and not before.waits)
    )


def _installed(system: Mapping[Path, Any]) -> str | None:
    nas = system.get(ROOT)
    return nas.version if isinstance(nas, Nas) else None


def _is_another(own: Mapping[Path, Any], system: Mapping[Path, Any], _changed: set[Path]) -> bool:
    """Whether the NAS came back in another version."""
    known = own.get(ROOT)
    return isinstance(known, Release) and known.installed != _installed(system)


GROUP: Group[TrueNas] = Group(
    key=RELEASE,
    interval=timedelta(minutes=5),
    fetch=_fetch,
    follow=Follow(group=SYSTEM, hurry=_is_another),
    optional=True,
    deferred=True,
    timeout=120.0,
)
KINDS = (Kind(model=Release, group=RELEASE, entities=entities.RELEASE),)

"""How alerts come in: TrueNAS says that something changed, and the list is read."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from ....paths import ROOT, Path
from ....system import Follow, Group, Happening, Kind, Reading, Refresh, Sink, Watch
from ...client import TrueNas
from ..system.group import SYSTEM
from . import entities, parse
from .models import Alert, Alerts

ALERTS = "nas_alerts"

_SEEN = "alerts_seen"
_MOST_SEEN = 500
_MOST_EVENTS = 20
_SHORT_TEXT = 1000
_STORM = 1.0
_ENTITIES_FIRST = timedelta(seconds=5)


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Read the list and find what is new in it.

    Which alerts were seen is remembered, so that one that was raised while nobody looked is told
    afterwards and no other is told twice. What there is at the very beginning is no news.
    """
    alerts = parse.alerts(await refresh.client.call("alert.list"))
    seen = refresh.memory.recall(ROOT).get(_SEEN)
    if not isinstance(seen, list):
        _remember(refresh, alerts, ())
        return Reading(items={ROOT: alerts})
    new = [alert for alert in alerts.active if alert.uuid not in seen]
    if new and not refresh.previous:
        # Nobody listens yet: the entities are made of this reading.
        return Reading(items={ROOT: alerts}, again=_ENTITIES_FIRST)
    _remember(refresh, alerts, seen)
    return Reading(
        items={ROOT: alerts}, events=tuple(_happening(alert) for alert in new[:_MOST_EVENTS])
    )


def _remember(refresh: Refresh[TrueNas], alerts: Alerts, seen: Collection[Any]) -> None:
    """Keep what is there, and of what was there before the latest."""
    present = sorted(alert.uuid for alert in alerts.all)
    before = [uuid for uuid in seen if uuid not in present]
    room = max(_MOST_SEEN - len(present), 0)
    refresh.memory.remember(ROOT, {_SEEN: [*before[len(before) - room :], *present]})


def _happening(alert: Alert) -> Happening:
    return Happening(
        path=ROOT,
        event_type=alert.level,
        attributes={
            "uuid": alert.uuid,
            "kind": alert.kind,
            "text": alert.text[:_SHORT_TEXT],
            "raised": alert.raised.isoformat() if alert.raised else None,
        },
    )


async def _follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    """Read the list anew when it changes; a storm of alerts is one reading a second."""
    async with client.subscribe("alert.list") as changes:
        sink.connected()
        async for _change in changes:
            sink.refresh_soon(_STORM)


def _scopes(_items: object) -> tuple[Path, ...]:
    return (ROOT,)


GROUP: Group[TrueNas] = Group(
    key=ALERTS,
    interval=timedelta(minutes=5),
    fetch=_fetch,
    watch=Watch(scopes=_scopes, run=_follow),
    follow=Follow(group=SYSTEM),
    optional=True,
)
KINDS = (Kind(model=Alerts, group=ALERTS, entities=entities.ALERTS),)

"""Alerts: raised, dismissed, fetched back, gone."""

from __future__ import annotations

from dataclasses import dataclass
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ...ejson import moment
from ...events import Event
from ...methods import Handler, method

if TYPE_CHECKING:
    from ...server import TrueNas

_LEVELS = ("INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


@dataclass(eq=False)
class LabAlert:
    """One alert; `formatted` is what people see, HTML and all."""

    uuid: str
    level: str
    klass: str
    formatted: str | None
    raised: float
    one_shot: bool
    dismissed: bool = False
    args: Any = "tank"

    def render(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "uuid": self.uuid,
            "source": "" if self.one_shot else self.klass,
            "klass": self.klass,
            "args": self.args,
            "node": "Controller A",
            "key": json.dumps(self.args),
            "datetime": moment(self.raised),
            "last_occurrence": moment(self.raised),
            "dismissed": self.dismissed,
            "mail": None,
            "text": "Something happened to %r.",
            "id": self.uuid,
            "level": self.level,
            "formatted": self.formatted,
            "one_shot": self.one_shot,
        }


class Alerts:
    """All alerts; those who listen are told of each change."""

    def __init__(self, nas: TrueNas) -> None:
        """Be calm."""
        self._nas = nas
        self.all: list[LabAlert] = []

    def add(
        self,
        level: str,
        formatted: str | None = "Pool tank state is DEGRADED.",
        *,
        klass: str = "VolumeStatus",
        one_shot: bool = False,
        args: Any = "tank",
    ) -> LabAlert:
        """Raise one, of a level as "WARNING"; a `one_shot` is deleted when it is dismissed."""
        now = self._nas.clock.now()
        alert = LabAlert(str(uuid4()), level, klass, formatted, now, one_shot, args=args)
        self.all.append(alert)
        self._nas.emit("alert.list", "added", alert.uuid, alert.render())
        return alert

    def remove(self, alert: LabAlert) -> None:
        """Let what it was about be over."""
        self.all.remove(alert)
        self._nas.emit("alert.list", "removed", alert.uuid)

    def find(self, uuid: str) -> LabAlert | None:
        """Return the alert with this id."""
        return next((alert for alert in self.all if alert.uuid == uuid), None)

    def set_aside(self, alert: LabAlert, *, dismissed: bool) -> None:
        """Dismiss one, or fetch it back."""
        if dismissed and alert.one_shot:
            self.remove(alert)
            return
        alert.dismissed = dismissed
        self._nas.emit("alert.list", "changed", alert.uuid, alert.render())


@method("alert.list", role="ALERT_LIST_READ")
async def alert_list(nas: TrueNas) -> list[dict[str, Any]]:
    """List them, the worst first."""

    def rank(alert: LabAlert) -> int:
        return -_LEVELS.index(alert.level) if alert.level in _LEVELS else 0

    return [alert.render() for alert in sorted(nas.host.alerts.all, key=rank)]


@method("alert.dismiss", role="ALERT_LIST_WRITE")
async def dismiss(nas: TrueNas, uuid: str) -> None:
    """Set one aside; one that is not there is no error."""
    if (alert := nas.host.alerts.find(uuid)) is not None:
        nas.host.alerts.set_aside(alert, dismissed=True)


@method("alert.restore", role="ALERT_LIST_WRITE")
async def restore(nas: TrueNas, uuid: str) -> None:
    """Fetch one back."""
    if (alert := nas.host.alerts.find(uuid)) is not None:
        nas.host.alerts.set_aside(alert, dismissed=False)


METHODS: tuple[Handler, ...] = (alert_list, dismiss, restore)

EVENTS: tuple[Event, ...] = (Event(name="alert.list", role="ALERT_LIST_READ"),)

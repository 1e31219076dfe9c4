"""The world of the system itself: alerts, services, interfaces, updates, power, UPS."""

from __future__ import annotations

from typing import TYPE_CHECKING, override

from ..part import Part
from . import alerts, certificates, interfaces, power, realtime, services, system, updates, ups
from .alerts import Alerts
from .certificates import Certificates
from .interfaces import Interfaces
from .power import Power
from .realtime import Vitals
from .services import Services
from .system import Machine
from .updates import Updates
from .ups import Ups

if TYPE_CHECKING:
    from ...server import TrueNas

_MODULES = (
    *(system, realtime, alerts, services, interfaces),
    *(certificates, updates, power, ups),
)

METHODS = tuple(method for module in _MODULES for method in module.METHODS)

EVENTS = tuple(event for module in _MODULES for event in module.EVENTS)


class Host(Part):
    """What the server has of the system itself.

    * `machine`: what it is made of, its name, its load, when it was booted.
    * `vitals`: what realtime reporting tells; `vitals.tick()` tells it now.
    * `alerts.add("critical", "…")`, `alerts.remove(uuid)`.
    * `services`, `interfaces`, `certificates`: lists that tests may change.
    * `updates.offer("25.10.6")`: a newer version; `power`: who asked for what; `ups.plug_in()`.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Have nothing but a machine."""
        super().__init__(nas)
        self.machine = Machine(nas)
        self.vitals = Vitals()
        self.alerts = Alerts(nas)
        self.services = Services(nas)
        self.interfaces = Interfaces()
        self.certificates = Certificates(nas)
        self.updates = Updates(nas)
        self.power = Power()
        self.ups = Ups(nas)

    @override
    def rebooted(self) -> None:
        """Start anew, in the version that was installed."""
        self.machine.booted = self.nas.clock.now()
        self.updates.rebooted()


def furnish(nas: TrueNas) -> None:
    """Add the typical box."""
    nas.host.services.furnish()
    nas.host.interfaces.furnish()
    nas.host.certificates.furnish()


__all__ = ["EVENTS", "METHODS", "Host", "furnish"]

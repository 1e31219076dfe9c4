"""A UPS at the NAS, and the graphs that show how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import CallError, ValidationError
from ...events import Event
from ...methods import Handler, method
from ...version import V25_04, V25_10

if TYPE_CHECKING:
    from ...server import TrueNas


class Ups:
    """What the UPS tells. Percent, seconds, volts, amperes, hertz, degrees; None: no such graph.

    `monitor_password` is a secret that the settings hold.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Have none."""
        self._nas = nas
        self.values: dict[str, float | None] = {}
        self.monitor_password = "hunter2-ups"

    def plug_in(self) -> None:
        """Attach a small UPS and start the service."""
        self._nas.host.services["ups"].running = True
        self.values = {
            "charge": 100.0,
            "runtime": 2460.0,
            "load": 18.0,
            "frequency": 50.0,
            "input": 231.0,
            "output": 230.0,
            "battery": 27.3,
        }

    def unplug(self) -> None:
        """Stop the service."""
        self._nas.host.services["ups"].running = False

    def fail(self, *, low: bool = False) -> None:
        """Let the mains fail."""
        klass = "UPSBatteryLow" if low else "UPSOnBattery"
        self.values |= {"input": 0.0, "charge": 12.0 if low else 95.0}
        self._nas.host.alerts.add(
            "ALERT", "UPS ups is on battery power.", klass=klass, one_shot=True
        )

    def value(self, graph: str, identifier: str | None) -> float | None:
        """Return what a graph shows at present; None where the UPS tells no such thing."""
        if not self._nas.host.services["ups"].running:
            return None
        return self.values.get(identifier or "" if graph == "upsvoltage" else graph[3:])


def _series(nas: TrueNas, graph: str, identifier: str | None, span: tuple[int, int]) -> Any:
    """Return one graph, with the zeros between two measurements that the real ones have."""
    value = nas.host.ups.value(graph, identifier)
    if value is None:
        return None
    start, end = span
    legend = identifier or graph.removeprefix("ups")
    data = [[second, 0 if second % 5 == 4 else value] for second in range(end - 30, end)]
    return {
        "name": graph,
        "identifier": identifier or graph,
        "data": [row for row in data if row[0] >= start and row[0] <= nas.clock.now() + 1],
        "aggregations": {name: {legend: value} for name in ("min", "mean", "max")},
        "start": start,
        "end": end,
        "legend": ["time", legend],
    }


@method("reporting.netdata_get_data", role="REPORTING_READ")
async def graphs(
    nas: TrueNas, wanted: list[dict[str, Any]], options: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return graphs; one that fails is left out."""
    if not wanted:
        raise ValidationError("graphs", "List should have at least 1 item after validation")
    chosen = options or {}
    if not chosen.get("aggregate", True) and V25_04.line <= nas.version.line <= V25_10.line:
        # The real ones answer, and note down that they broke their own promise.
        raise CallError("EFAULT", "aggregations: Input should be a valid dictionary")
    now = int(nas.clock.now())
    span = chosen.get("start") or now - 3600, chosen.get("end") or now
    if span[0] >= span[1]:
        raise ValidationError("query.start", "Start time must be before end time")
    shown = [
        _series(nas, str(one["name"]), one.get("identifier"), span)
        for one in wanted
        if str(one["name"]).startswith("ups")
    ]
    return [graph for graph in shown if graph is not None]


@method("ups.config", role="SYSTEM_GENERAL_READ")
async def config(nas: TrueNas) -> dict[str, Any]:
    """Tell the settings, the password among them."""
    return {
        "id": 1,
        "powerdown": False,
        "rmonitor": False,
        "nocommwarntime": None,
        "remoteport": 3493,
        "shutdowntimer": 30,
        "hostsync": 15,
        "description": "",
        "driver": "usbhid-ups",
        "extrausers": "",
        "identifier": "ups",
        "mode": "MASTER",
        "monpwd": nas.host.ups.monitor_password,
        "monuser": "upsmon",
        "options": "",
        "optionsupsd": "",
        "port": "auto",
        "remotehost": "",
        "shutdown": "BATT",
        "shutdowncmd": None,
        "complete_identifier": "ups@localhost:3493",
    }


METHODS: tuple[Handler, ...] = (graphs, config)

EVENTS: tuple[Event, ...] = ()

"""Services, and the methods that start and stop them, which differ from version to version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import CallError, InstanceNotFound, ValidationError
from ...events import Event
from ...methods import Handler, method
from ...query import query
from ...version import V24_10, V25_04, V25_10

if TYPE_CHECKING:
    from ...jobs import LabJob
    from ...server import TrueNas

_USUAL = ("cifs", "ftp", "iscsitarget", "nfs", "snmp", "ssh", "ups")
_RUNNING = ("cifs", "nfs", "ssh", "smartd")
_VERBS = ("START", "STOP", "RESTART", "RELOAD")


@dataclass(eq=False)
class LabService:
    """One service; a `stubborn` one neither comes up nor goes down."""

    id: int
    name: str
    running: bool
    enabled: bool
    stubborn: bool = False

    def render(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "id": self.id,
            "service": self.name,
            "enable": self.enabled,
            "state": "RUNNING" if self.running else "STOPPED",
            "pids": [1000 + self.id] if self.running else [],
        }


class Services:
    """All services."""

    def __init__(self, nas: TrueNas) -> None:
        """Have none yet."""
        self._nas = nas
        self.all: list[LabService] = []

    def furnish(self) -> None:
        """Add those that the version has."""
        old, new = self._nas.version.line <= V25_04.line, self._nas.version.line >= V25_10.line
        names = (*_USUAL, *(["smartd"] if old else []), *(["nvmet"] if new else []))
        for name in names:
            running = name in _RUNNING
            self.all.append(LabService(len(self.all) + 1, name, running, running))

    def __getitem__(self, name: str) -> LabService:
        """Return a service by TrueNAS' own name."""
        found = next((service for service in self.all if service.name == name), None)
        if found is None:
            raise InstanceNotFound(f"Service {name} does not exist")
        return found

    def operate(self, verb: str, name: str, options: dict[str, Any] | None) -> bool:
        """Start, stop, restart or reload; returns whether it worked, unless that is an error."""
        service = self[name]
        wanted = verb != "STOP"
        if not service.stubborn and (verb != "RELOAD" or service.running):
            service.running = wanted
            self._nas.emit("service.query", "changed", service.id, service.render())
        worked = service.running is wanted
        silent = (options or {}).get("silent", True)
        if worked or silent or (not wanted and self._nas.version.line <= V24_10.line):
            return worked
        raise CallError("EFAULT", f"Service {'not' if wanted else 'still'} running after {verb}")


@method("service.query", role="SERVICE_READ")
async def service_query(
    nas: TrueNas, filters: list[Any] | None = None, options: dict[str, Any] | None = None
) -> Any:
    """List them."""
    return query([service.render() for service in nas.host.services.all], filters, options)


@method("service.started", role="SERVICE_READ")
async def started(nas: TrueNas, name: str) -> bool:
    """Tell whether one runs."""
    return nas.host.services[name].running


@method("service.start", role="SERVICE_WRITE", until=V25_10)
async def start(nas: TrueNas, name: str, options: dict[str, Any] | None = None) -> bool:
    """Start one; returns whether it runs."""
    return nas.host.services.operate("START", name, options)


@method("service.stop", role="SERVICE_WRITE", until=V25_10)
async def stop(nas: TrueNas, name: str, options: dict[str, Any] | None = None) -> bool:
    """Stop one; returns whether it runs still, and from 25.04 on the opposite."""
    worked = nas.host.services.operate("STOP", name, options)
    return worked is (nas.version.line > V24_10.line)


@method("service.restart", role="SERVICE_WRITE", until=V25_10)
async def restart(nas: TrueNas, name: str, options: dict[str, Any] | None = None) -> bool:
    """Restart one; returns whether it runs, whatever was said of silence."""
    return nas.host.services.operate("RESTART", name, {**(options or {}), "silent": True})


@method("service.reload", role="SERVICE_WRITE", until=V25_10)
async def reload(nas: TrueNas, name: str, options: dict[str, Any] | None = None) -> bool:
    """Let one read its settings again; returns whether it runs."""
    return nas.host.services.operate("RELOAD", name, {**(options or {}), "silent": True})


@method("service.control", role="SERVICE_WRITE", since=V25_10, job=True)
async def control(
    nas: TrueNas, verb: str, name: str, options: dict[str, Any] | None = None, *, job: LabJob
) -> bool:
    """Do any of the four, as a job."""
    if verb not in _VERBS:
        raise ValidationError("verb", "Input should be 'START', 'STOP', 'RESTART' or 'RELOAD'")
    silent = verb in ("RESTART", "RELOAD") or (options or {}).get("silent", True)
    return nas.host.services.operate(verb, name, {"silent": silent})


METHODS: tuple[Handler, ...] = (service_query, started, start, stop, restart, reload, control)

EVENTS: tuple[Event, ...] = (Event(name="service.query", role="SERVICE_READ"),)

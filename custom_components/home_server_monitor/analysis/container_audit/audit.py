"""The audit of one container, and of all containers of a host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import environment, mounts, network, privileges, upkeep
from .report import AuditReport, Finding, host_score, report
from .surroundings import NOWHERE, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...systems.docker.settings.models import ContainerSettings

_CHECKS = (
    privileges.check,
    mounts.check,
    environment.check,
    network.check,
    upkeep.check,
)


@dataclass(frozen=True, slots=True)
class HostAudit:
    """The reports of all containers of a host; ``score`` is None when there are none."""

    reports: tuple[AuditReport, ...]

    @property
    def score(self) -> int | None:
        """Return the host's score, 0 to 100."""
        return host_score(self.reports)

    def as_dict(self) -> dict[str, Any]:
        """Return the audit as data for an action's response."""
        return {"score": self.score, "containers": [each.as_dict() for each in self.reports]}


def findings(
    settings: ContainerSettings, surroundings: Surroundings = NOWHERE
) -> Iterator[Finding]:
    """Yield what is risky about a container, at most one finding for each rule."""
    for check in _CHECKS:
        yield from check(settings, surroundings)


def audit(settings: ContainerSettings, surroundings: Surroundings = NOWHERE) -> AuditReport:
    """Judge one container by how it is set up. The same settings always give the same report."""
    return report(settings.name, settings.image, findings(settings, surroundings))


def audit_host(
    containers: Iterable[ContainerSettings], surroundings: Surroundings = NOWHERE
) -> HostAudit:
    """Judge all containers of a host, each with the others as its neighbours."""
    every = tuple(containers)
    around = replace(surroundings, neighbours=(*surroundings.neighbours, *every))
    return HostAudit(tuple(audit(settings, around) for settings in every))

"""The audit of an engine's containers: read, judged, and what of it people have to see to."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import EntityCategory, UnitOfRatio

from ...analysis import container_audit
from ...analysis.container_audit import AuditReport, Finding, Severity, Surroundings
from ..errors import HomeServerError, MissingRight
from ..issue import Issue
from ..neighbours import Neighbour, Storage, storage_of
from ..paths import Path
from ..system import Description, Kind, Reading, Refresh, Sensor
from . import operations, parse, tree
from .client import Engine
from .models import Container, Limits
from .options import POOL_ROOTS, outside_ports
from .settings import ContainerSettings

INTERVAL = timedelta(hours=12)

# These keep growing logs unless they are told otherwise, and nothing shows whether they were.
_ENDLESS_LOGS = frozenset({"", "json-file", "k8s-file"})

type _Neighbours = Callable[[], Sequence[Neighbour]]


@dataclass(frozen=True, kw_only=True)
class ContainerAudit:
    """What is risky about a container, the worst first. ``score`` is 100 for nothing, down to 0.

    ``container_id``, ``name`` and ``limits`` are those of the container that was judged.
    """

    container_id: str
    name: str
    limits: Limits
    score: int
    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        """Return how many findings are of this severity."""
        return sum(finding.severity is severity for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class HostAudit:
    """How the containers of a host are set up, all in all.

    ``score`` is 0 to 100, None without containers; ``findings`` are counted by severity.
    """

    score: int | None
    findings: Mapping[str, int]


# --- Reading ------------------------------------------------------------------------------------


async def machine_of(engine: Engine, neighbours: _Neighbours) -> Storage | None:
    """Return the client of the machine that the engine runs on, told by the machine's name."""
    others = neighbours()
    if not any(isinstance(other.client, Storage) for other in others):
        return None
    _, hostname = await engine.identity()
    return storage_of(hostname, others)


async def surroundings(
    engine: Engine, options: Mapping[str, Any], neighbours: _Neighbours
) -> Surroundings:
    """Return what is around all containers: told by the options, the machine and the engine."""
    roots = [str(root) for root in options.get(POOL_ROOTS) or ()]
    with suppress(HomeServerError):
        if machine := await machine_of(engine, neighbours):
            roots += await machine.pool_roots()
    return replace(
        await _by_engine(engine), pool_roots=tuple(roots), outside_ports=outside_ports(options)
    )


async def _by_engine(engine: Engine) -> Surroundings:
    """Return what the engine sees to for all of its containers; nothing where it may not be asked."""
    try:
        info = parse.mapping(await engine.get("INFO", "info"))
    except MissingRight:
        return Surroundings()
    options = info.get("SecurityOptions")
    names = {str(option).partition(",")[0] for option in options} if options else set()
    return Surroundings(
        rootless=bool(names & {"name=rootless", "name=userns"}),
        no_new_privileges="name=no-new-privileges" in names,
        logs_rotate=info.get("LoggingDriver") not in _ENDLESS_LOGS,
    )


async def settings_of(
    engine: Engine, containers: Collection[Container], changed: Collection[str]
) -> dict[str, ContainerSettings | HomeServerError]:
    """Return the containers' settings by id; those that ``changed`` are inspected again."""

    async def inspect(container_id: str) -> object:
        return await operations.inspect(engine, container_id)

    return await engine.inspected.read(inspect, [each.id for each in containers], changed)


async def read_audit(engine: Engine, refresh: Refresh[Any]) -> Reading:
    """Judge all containers; early on only those are inspected of which something is new."""
    containers = tree.containers_of(refresh.latest("containers"), engine.path)
    changed = [
        item.id
        for path, item in containers.items()
        if not refresh.early or is_outdated(refresh.previous.get(path), item)
    ]
    found = await settings_of(engine, containers.values(), changed)
    read = {path: found[item.id] for path, item in containers.items() if item.id in found}
    settings = {path: one for path, one in read.items() if isinstance(one, ContainerSettings)}
    around = await surroundings(engine, refresh.options, refresh.neighbours)
    house = container_audit.audit_host(settings.values(), around)
    audits: dict[Path, Any] = {
        path: _judged(containers[path], report)
        for path, report in zip(settings, house.reports, strict=True)
    }
    return Reading(
        items={**audits, engine.path: _summed_up(house.score, audits.values())},
        failed={path: one for path, one in read.items() if isinstance(one, HomeServerError)},
    )


def is_outdated(audit: object, container: Container) -> bool:
    """Whether the container is not the one that was judged, or was changed since."""
    return not isinstance(audit, ContainerAudit) or (
        audit.container_id != container.id
        or audit.name != container.name
        or audit.limits != container.limits
    )


def is_awaited(
    audits: Mapping[Path, Any], containers: Mapping[Path, Any], changed: set[Path]
) -> bool:
    """Whether a container is new, changed or gone, which the others are judged by too."""
    return any(
        isinstance(item := containers[path], Container) and is_outdated(audits.get(path), item)
        for path in changed
    ) or any(
        isinstance(audit, ContainerAudit) and path not in containers
        for path, audit in audits.items()
    )


def _judged(container: Container, report: AuditReport) -> ContainerAudit:
    return ContainerAudit(
        container_id=container.id,
        name=container.name,
        limits=container.limits,
        score=report.score,
        findings=report.findings,
    )


def _summed_up(score: int | None, audits: Collection[ContainerAudit]) -> HostAudit:
    return HostAudit(
        score=score,
        findings={
            severity.value: sum(audit.count(severity) for audit in audits) for severity in Severity
        },
    )


# --- Showing ------------------------------------------------------------------------------------


def _critical(_path: Path, audit: ContainerAudit) -> Iterator[Issue]:
    for finding in audit.findings:
        if finding.severity is Severity.CRITICAL:
            yield Issue(
                key="audit_critical",
                identity=finding.identity,
                placeholders={
                    "name": audit.name,
                    "finding": finding.text,
                    "why": finding.why,
                    "fix": finding.fix,
                },
                urgent=True,
            )


_CONTAINER: tuple[Description, ...] = (
    Sensor[ContainerAudit](
        key="container_audit_score",
        value=lambda item: item.score,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)
_HOST: tuple[Description, ...] = (
    Sensor[HostAudit](
        key="host_audit_score",
        value=lambda item: item.score,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)

AUDIT_KINDS = (
    Kind(model=ContainerAudit, group="audit", entities=_CONTAINER, issues=_critical),
    Kind(model=HostAudit, group="audit", entities=_HOST),
)

"""What is read from an engine or Portainer, in Docker's own terms.

Sizes are bytes, rates bytes per second, times aware datetimes in UTC. None means unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from ...analysis.bandwidth import Alarm
from ...analysis.quotas import Peak


class _Word(StrEnum):
    """An enumeration that takes words it does not know for ``other``, never for an error."""

    @classmethod
    def of(cls, word: str) -> Self:
        """Return the member for a word of the engine."""
        try:
            return cls(word.lower())
        except ValueError:
            return cls("other")


class ContainerState(_Word):
    """``State.Status`` of a container; Podman's own words are mapped when parsing."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"
    OTHER = "other"

    @property
    def is_active(self) -> bool:
        """Whether there are, or are about to be, processes in the container."""
        return self in (self.RUNNING, self.PAUSED, self.RESTARTING)


class HealthState(_Word):
    """``State.Health.Status``; ``none`` where there is no health check."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    OTHER = "other"


class StackState(StrEnum):
    """How much of a stack runs; one-shot containers that ended well do not count against it."""

    RUNNING = "running"
    PARTIAL = "partial"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A container as the list shows it: enough to see whether anything happened to it.

    ``key`` is what it is called across recreations; ``is_young`` tells of a start within the
    last minutes.
    """

    id: str
    names: tuple[str, ...]
    key: str
    state: ContainerState
    health: HealthState
    is_young: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """``cpus`` in CPUs, ``memory`` and ``memory_swap`` in bytes, ``pids`` in processes."""

    cpus: float | None = None
    memory: int | None = None
    memory_swap: int | None = None
    pids: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """A container as ``/containers/{id}/json`` shows it.

    ``labels`` are those that are meant for this integration. ``restarts`` are the times of the
    restarts it did not ask for, newest last; ``restart_loop`` says that they came too often.
    """

    id: str
    name: str
    image: str
    created: datetime | None = None
    version: str | None = None
    state: ContainerState = ContainerState.OTHER
    health: HealthState = HealthState.NONE
    started_at: datetime | None = None
    exit_code: int | None = None
    error: str | None = None
    oom_killed: bool = False
    restart_count: int = 0
    restart_policy: str = "no"
    project: str | None = None
    service: str | None = None
    ports: tuple[str, ...] = ()
    limits: Limits = Limits()
    labels: Mapping[str, str] = field(default_factory=dict)
    restarts: tuple[datetime, ...] = ()
    restart_loop: bool = False

    @property
    def is_running(self) -> bool:
        """Whether its processes use the machine at present."""
        return self.state in (ContainerState.RUNNING, ContainerState.PAUSED)

    @property
    def has_completed(self) -> bool:
        """Whether it was meant to run once and ended well."""
        return (
            self.state is ContainerState.EXITED
            and self.exit_code == 0
            and self.restart_policy == "no"
        )

    @property
    def has_problem(self) -> bool:
        """Whether somebody should look at it: sick, looping, dead or failed to start."""
        return (
            self.restart_loop
            or self.health is HealthState.UNHEALTHY
            or self.state is ContainerState.DEAD
            or bool(self.error)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """The raw counters of one ``/stats`` answer, from which the next answer makes rates."""

    read_at: datetime
    cpu: int
    system: int
    received: int | None
    sent: int | None
    read: int
    written: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerUsage:
    """What a container uses; all None while it does not run.

    ``cpu`` is percent of the whole host (0-100), ``cpu_cores`` percent of one core (100 per
    core), ``memory`` without the page cache as ``docker stats`` counts it. ``container_id`` is whose
    counters they are. ``peak`` outlives a restart; ``alarm`` is about bandwidth.
    """

    container_id: str = ""
    peak: Peak | None = None
    over_quota: bool | None = None
    alarm: Alarm | None = None
    counters: Counters | None = None
    cpu: float | None = None
    cpu_cores: float | None = None
    memory: int | None = None
    memory_percent: float | None = None
    network_received: int | None = None
    network_sent: int | None = None
    network_receive_rate: float | None = None
    network_send_rate: float | None = None
    block_read: int | None = None
    block_written: int | None = None
    block_read_rate: float | None = None
    block_write_rate: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A Docker host seen through its containers."""

    name: str
    engine: str
    version: str
    running: int
    stopped: int
    unhealthy: int
    looping: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HostUsage:
    """What all running containers of a host use together; ``cpu`` is percent of the host.

    Rates leave out containers in the host's own network, which have no counters. ``alarm`` is
    about bandwidth.
    """

    cpu: float | None = None
    memory: int | None = None
    network_receive_rate: float | None = None
    network_send_rate: float | None = None
    alarm: Alarm | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineInfo:
    """``/version`` and ``/info`` of an engine; ``link_speed`` in bytes per second."""

    version: str
    api_version: str
    operating_system: str | None
    kernel: str | None
    architecture: str | None
    cpus: int | None
    memory: int | None
    images: int | None
    link_speed: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskUsage:
    """``/system/df``: bytes by kind, and what pruning would free."""

    images: int
    images_reclaimable: int
    containers: int
    volumes: int
    volumes_reclaimable: int
    build_cache: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """The containers of one compose project, or of one stack that Portainer knows."""

    name: str
    state: StackState
    running: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PortainerServer:
    """Portainer itself."""

    url: str
    version: str
    instance_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A Docker environment that Portainer looks after."""

    id: int
    name: str
    engine: str
    is_up: bool

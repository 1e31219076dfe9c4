"""What a simulated Docker host consists of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
import hashlib
from typing import Any

from .usage import Usage

COMPOSE_PROJECT = "com.docker.compose.project"
COMPOSE_SERVICE = "com.docker.compose.service"


def digest(text: str) -> str:
    """Return 64 hexadecimal digits that belong to a text."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(eq=False)
class Image:
    """An image: `id` with its "sha256:", `tags` as written, `digests` as "repository@sha256:…".

    `registry_digest` is what the registry has under the image's tag now; None means that the
    registry does not know it. `healthcheck` is the Test list of its HEALTHCHECK.
    """

    id: str
    tags: list[str]
    digests: list[str]
    created: int
    size: int = 187_654_321
    labels: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=lambda: ["/init"])
    healthcheck: list[str] | None = None
    tag_time: int = 0


@dataclass(frozen=True)
class Port:
    """A port: `public` None when it is exposed but not published."""

    private: int
    public: int | None = None
    protocol: str = "tcp"
    ip: str = "0.0.0.0"

    @property
    def key(self) -> str:
        """Docker's name for it, such as `80/tcp`."""
        return f"{self.private}/{self.protocol}"


@dataclass(frozen=True)
class Mount:
    """A mount: `kind` "bind" or "volume"; for a volume `source` is its name."""

    kind: str
    source: str
    destination: str
    writable: bool = True


@dataclass(frozen=True)
class LogLine:
    """A line (with its line end) that a container wrote: `stream` 1 stdout, 2 stderr."""

    stamp: int
    stream: int
    data: bytes


@dataclass
class Probe:
    """One run of a health check; times in nanoseconds since the epoch."""

    start: int
    end: int
    exit_code: int
    output: str


@dataclass
class Health:
    """A health check's state: "starting", "healthy" or "unhealthy"."""

    status: str = "starting"
    failing_streak: int = 0
    probes: list[Probe] = field(default_factory=list)


@dataclass(eq=False)
class Network:
    """A network; `containers` maps the ids of those attached to their address ("" for none/host)."""

    name: str
    id: str
    driver: str
    created: int
    subnet: str = ""
    gateway: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    containers: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Container:
    """A container; times in nanoseconds since the epoch (0: never), sizes in bytes.

    `status` is Docker's own word: created, running, paused, restarting, exited, dead. A restarting
    one counts as running, as it does for the engine. `networks` are the names it belongs to,
    whether it runs or not; `networks[0]` is its network mode.
    """

    id: str
    name: str
    image: Image
    image_ref: str
    created: int
    command: list[str]
    entrypoint: list[str] = field(default_factory=list)
    env: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    networks: list[str] = field(default_factory=lambda: ["bridge"])
    ports: list[Port] = field(default_factory=list)
    mounts: list[Mount] = field(default_factory=list)
    tty: bool = False
    restart_policy: str = "no"
    maximum_retries: int = 0
    memory_limit: int = 0
    memory_swap: int = 0
    nano_cpus: int = 0
    cpu_shares: int = 0
    healthcheck: dict[str, Any] | None = None
    status: str = "created"
    pid: int = 0
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    started: int = 0
    finished: int = 0
    restart_count: int = 0
    health: Health | None = None
    stopped_by_hand: bool = False
    # How it behaves: ends by itself with this code soon after a start; takes no notice of SIGTERM;
    # cannot be started (the engine's message); what its health check comes to find.
    crash_code: int | None = None
    ignores_term: bool = False
    start_error: str = ""
    health_goal: str = "healthy"
    says: list[tuple[int, str]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    log: list[LogLine] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    # What the container was created with, for those that ask for its configuration again.
    host_config: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> str | None:
        """The compose project, if any."""
        return self.labels.get(COMPOSE_PROJECT)

    @property
    def service(self) -> str | None:
        """The compose service, if any."""
        return self.labels.get(COMPOSE_SERVICE)

    @property
    def running(self) -> bool:
        """Whether the engine says Running: true (paused and restarting included)."""
        return self.status in ("running", "paused", "restarting")

    @property
    def alive(self) -> bool:
        """Whether there is a process."""
        return self.status in ("running", "paused")

    @property
    def full_command(self) -> list[str]:
        """Entrypoint and command together."""
        return [*self.entrypoint, *self.command]

    def notify(self) -> None:
        """Wake everyone who waits for a change of state or a new log line."""
        self.changed.set()
        self.changed = asyncio.Event()


class EngineError(Exception):
    """What the engine refuses, with the HTTP status that it would answer."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status beside the message."""
        super().__init__(message)
        self.status = status
        self.message = message

"""The models of how a container is set up, in Docker's own terms. None and empty mean not set."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..models import Limits

__all__ = ["ContainerSettings", "Limits", "MountPoint", "PublishedPort", "capability"]

LABEL_PROJECT = "com.docker.compose.project"
LABEL_SERVICE = "com.docker.compose.service"
LABEL_ONE_OFF = "com.docker.compose.oneoff"

# Other labels may hold anything, secrets too, and nobody needs them here.
LABELS_THAT_MATTER = ("com.docker.compose.", "home_server_monitor.", "org.opencontainers.image.")


@dataclass(frozen=True, kw_only=True, slots=True)
class MountPoint:
    """What is mounted where. ``source`` is a path of the host, or a volume's name, or empty."""

    kind: str
    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedPort:
    """A port of the host that leads into the container.

    ``address`` is empty where all of the host's addresses lead in. ``port`` is None where the
    engine chooses one, or where it is not known before deploying; ``span`` ports follow one another.
    """

    address: str
    port: int | None
    target: int | None
    protocol: str = "tcp"
    span: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerSettings:
    """How one container is set up.

    ``user`` is None where it is not known, because the image decides. Capabilities are in capitals
    and without ``CAP_``. ``healthcheck`` is None where only the image could tell. ``exposed`` are
    (port, protocol). ``unknown`` names the fields that are set to what only deploying will tell;
    ``templated`` says that compose's variables (``${NAME:-default}``) still stand in the texts.
    Values of the environment and words of the command may be secret: ``repr`` leaves them out.
    """

    name: str
    id: str = ""
    image: str = ""
    user: str | None = ""
    privileged: bool = False
    mounts: tuple[MountPoint, ...] = ()
    devices: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    network_mode: str = ""
    pid_mode: str = ""
    ipc_mode: str = ""
    userns_mode: str = ""
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    security_options: tuple[str, ...] = ()
    read_only_root: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)
    ports: tuple[PublishedPort, ...] = ()
    exposed: tuple[tuple[int, str], ...] = ()
    healthcheck: bool | None = False
    limits: Limits = field(default_factory=Limits)
    restart_policy: str = "no"
    auto_remove: bool = False
    log_driver: str = ""
    log_options: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    templated: bool = False

    @property
    def service(self) -> str:
        """What it is called in a compose file."""
        return self.labels.get(LABEL_SERVICE) or self.name

    @property
    def is_job(self) -> bool:
        """Whether it is meant to run once and be gone."""
        return self.auto_remove or self.labels.get(LABEL_ONE_OFF, "").lower() == "true"


def capability(name: str) -> str:
    """Return a capability's name as the models hold it."""
    return name.strip().upper().removeprefix("CAP_")

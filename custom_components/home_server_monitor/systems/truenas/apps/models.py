"""What is read of apps: Docker apps (24.10 and later) and charts (24.04). None means not told."""

from dataclasses import dataclass
from enum import StrEnum


class AppState(StrEnum):
    """What an app does; ``other`` is a word that a newer version uses."""

    RUNNING = "running"
    STOPPED = "stopped"
    DEPLOYING = "deploying"
    STOPPING = "stopping"
    CRASHED = "crashed"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """One app. ``version`` is the catalogue's, ``human_version`` the app's own joined with it.

    ``chart`` apps are those of 24.04. ``custom`` ones stem from no catalogue: an update is a newer
    image of the same tag. ``summary_of`` names the newest version of which the people's name was
    asked for, ``""`` where the server names none, and None as long as nobody asked.
    """

    name: str
    state: AppState
    chart: bool = False
    custom: bool = False
    version: str | None = None
    human_version: str | None = None
    latest_version: str | None = None
    latest_human_version: str | None = None
    upgrade_available: bool = False
    image_updates_available: bool = False
    portal: str | None = None
    containers: int | None = None
    summary_of: str | None = None

    @property
    def has_newer_version(self) -> bool:
        """Whether the catalogue has a newer version of it."""
        return self.upgrade_available and not self.custom and self.latest_version != self.version

    @property
    def has_newer_images(self) -> bool:
        """Whether the same version would run with newer images."""
        return self.image_updates_available or (
            self.upgrade_available and not self.has_newer_version
        )

    @property
    def installed(self) -> str | None:
        """What is installed, for people."""
        return self.human_version or self.version

    @property
    def latest(self) -> str | None:
        """What could be installed, for people; None where only the server knows."""
        if self.has_newer_version:
            return self.latest_human_version or self.latest_version
        if self.has_newer_images and self.installed:
            return f"{self.installed} (newer images)"
        return self.installed

    @property
    def lacks_summary(self) -> bool:
        """Whether people's name of the newest version is still to be asked for."""
        return (
            self.has_newer_version
            and self.latest_human_version is None
            and self.summary_of != (self.latest_version or "")
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What one message told of an app: what the block counters need for a rate.

    ``at`` is in seconds on the event loop's clock, the counters are bytes.
    """

    at: float
    read: int
    written: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AppUsage:
    """What an app uses: CPU in percent of all cores, memory in bytes, rates in bytes per second.

    ``sample`` is None as long as no message told of the app, or the last one is old.
    """

    chart: bool
    sample: Sample | None = None
    cpu: float | None = None
    memory: int | None = None
    network_receive_rate: float | None = None
    network_send_rate: float | None = None
    block_read_rate: float | None = None
    block_write_rate: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Versions:
    """Versions of an app, with the names that people know them by, the newest first."""

    back: tuple[tuple[str, str], ...]
    forward: tuple[tuple[str, str], ...] = ()

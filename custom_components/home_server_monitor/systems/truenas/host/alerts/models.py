"""The alerts as TrueNAS lists them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """How bad it is, the mildest first; a word that nobody knows is ``other``."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"
    ALERT = "alert"
    EMERGENCY = "emergency"
    OTHER = "other"

    @property
    def rank(self) -> int:
        """Return a number that grows with the harm."""
        return list(Level).index(self)


_URGENT = (Level.CRITICAL, Level.ALERT, Level.EMERGENCY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One alert; ``text`` is plain, ``kind`` the class that TrueNAS gives it, as ``UPSOnBattery``."""

    uuid: str
    kind: str
    level: Level
    text: str
    raised: datetime | None
    last_seen: datetime | None
    dismissed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Alerts:
    """All alerts, those that somebody dismissed among them; the worst first."""

    all: tuple[Alert, ...]

    @property
    def active(self) -> tuple[Alert, ...]:
        """Return those that nobody dismissed."""
        return tuple(alert for alert in self.all if not alert.dismissed)

    @property
    def is_urgent(self) -> bool:
        """Whether something is critical or worse."""
        return any(alert.level in _URGENT for alert in self.active)

    def count(self, level: Level) -> int:
        """Return how many of this level nobody dismissed."""
        return Counter(alert.level for alert in self.active)[level]

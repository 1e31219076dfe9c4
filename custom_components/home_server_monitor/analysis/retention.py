"""Which snapshots to keep: so many hours, days, weeks and months, the last of each.

Nothing here removes anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How many hours, days, weeks and months to keep one snapshot of; empty ones do not count."""

    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0

    @property
    def keeps_nothing(self) -> bool:
        """Whether it would only leave the newest."""
        return not (self.hourly or self.daily or self.weekly or self.monthly)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dated:
    """A snapshot by its name and when it was taken."""

    name: str
    created: datetime


_PERIODS: Mapping[str, Callable[[datetime], tuple[int, ...]]] = {
    "hourly": lambda wall: (wall.year, wall.month, wall.day, wall.hour, wall.fold),
    "daily": lambda wall: (wall.year, wall.month, wall.day),
    "weekly": lambda wall: wall.isocalendar()[:2],
    "monthly": lambda wall: (wall.year, wall.month),
}


def kept(snapshots: Iterable[Dated], policy: Policy, zone: tzinfo) -> dict[str, tuple[str, ...]]:
    """Return the names of those to keep, each with what it is kept as.

    Periods are those on the wall in ``zone``. The newest of all is always kept: what is
    written next is compared with it, and a replication goes on from it.
    """
    newest_first = sorted(snapshots, key=lambda one: (one.created, one.name), reverse=True)
    reasons: dict[str, list[str]] = {one.name: ["newest"] for one in newest_first[:1]}
    for kind, period in _PERIODS.items():
        left: int = getattr(policy, kind)
        seen: set[tuple[int, ...]] = set()
        for one in newest_first:
            if len(seen) == left:
                break
            place = period(one.created.astimezone(zone))
            if place not in seen:
                seen.add(place)
                reasons.setdefault(one.name, []).append(kind)
    return {name: tuple(found) for name, found in reasons.items()}

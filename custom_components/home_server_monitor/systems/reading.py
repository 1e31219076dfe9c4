"""What a system reads, and how often: groups, what a refresh of one finds, what is pushed between.

Part of the contract in ``system.py``.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from .archive import Archive
from .errors import HomeServerError, MissingRight
from .memory import Memory
from .paths import Path


def _never(_own: object, _other: object, _changed: object) -> bool:
    return False


def _nothing(_own: object, _other: object, _changed: object) -> dict[Path, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that a refresh found to have happened to the item at ``path``."""

    path: Path
    event_type: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one refresh of a group found.

    ``items`` are models by path. ``failed`` names scopes that could not be read, with the reason:
    they and everything below keep their last data for a grace period and are never pruned.
    Whatever is in neither is gone. ``again`` asks for an early next refresh. ``events`` are passed
    to the event entities once the items are taken over. ``lacking`` are rights without which a
    part was left out; the rest of the reading is whole.
    """

    items: Mapping[Path, Any]
    failed: Mapping[Path, HomeServerError] = field(default_factory=dict)
    again: timedelta | None = None
    events: tuple[Happening, ...] = ()
    lacking: tuple[MissingRight, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refresh[ClientT]:
    """What a fetch may use: the client, the time, and what is known already.

    ``previous`` is this group's last data, ``latest`` gives another group's. ``wanted`` are the
    paths for which an entity is enabled, or None before there are entities. ``early`` says that
    the interval is not over yet: what was read lately need not be read again. ``options`` are
    those of the entry. ``memory`` is what it remembers of its items, ``archive`` what is kept of
    disks, whoever told of them.
    """

    client: ClientT
    now: datetime
    previous: Mapping[Path, Any]
    latest: Callable[[str], Mapping[Path, Any]]
    wanted: Collection[Path] | None
    memory: Memory
    archive: Archive
    early: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


class Sink(Protocol):
    """Where a watch delivers what the system pushes."""

    @property
    def items(self) -> Mapping[Path, Any]:
        """The group's present data."""

    def push(self, items: Mapping[Path, Any]) -> None:
        """Put these models in place of the old ones; others stay."""

    def fire(self, path: Path, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Pass an event to the event entities of this path."""

    def refresh_soon(self, delay: float = 0.0) -> None:
        """Read the group again after so many seconds; several wishes become one."""

    def connected(self) -> None:
        """Say that the stream stands: what happened before is read again."""


@dataclass(frozen=True, kw_only=True)
class Watch[ClientT]:
    """A stream that the system pushes changes through.

    ``scopes`` names the paths that have a stream of their own, from the group's present data;
    ``run`` follows one until it breaks, and is started again with growing pauses.
    """

    scopes: Callable[[Mapping[Path, Any]], Iterable[Path]]
    run: Callable[[ClientT, Path, Sink], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Follow:
    """How a group keeps step with another that knows sooner: what is stale there is stale here.

    ``adjust`` gets this group's items, the other's, and the paths that changed there; what it
    returns is pushed. ``hurry`` gets the same, and says whether to read before the interval is
    over.
    """

    group: str
    adjust: Callable[[Mapping[Path, Any], Mapping[Path, Any], set[Path]], Mapping[Path, Any]] = (
        _nothing
    )
    hurry: Callable[[Mapping[Path, Any], Mapping[Path, Any], set[Path]], bool] = _never


@dataclass(frozen=True, kw_only=True)
class Group[ClientT]:
    """Models that are read together because they cost the same: one coordinator.

    The first group of a system is its heart: without it the entry does not load. An ``optional``
    group can be left out in the options. A ``deferred`` one starts after Home Assistant has
    started. ``paced`` groups follow the polling interval that the user chose.
    """

    key: str
    interval: timedelta
    fetch: Callable[[Refresh[ClientT]], Awaitable[Reading]]
    watch: Watch[ClientT] | None = None
    follow: Follow | None = None
    grace: timedelta = timedelta(seconds=30)
    timeout: float = 30.0
    optional: bool = False
    deferred: bool = False
    paced: bool = False

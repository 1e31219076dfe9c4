"""What the server tells by itself: declared events, and sources that run while someone listens.

EVENTS = (Event("pool.query", role="POOL_READ"), app_stats)

@event_source("app.stats", role="APPS_READ", since=V24_10)
async def app_stats(nas: TrueNas, argument: Any) -> AsyncGenerator[Told]:
while True:
yield "changed", nas.apps.stats()
await asyncio.sleep((argument or {}).get("interval", 2))
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
import json
from typing import Any

from .version import V24_04, Version

type Told = tuple[str, Any]
"""What a source yields: "added", "changed" or "removed", and the fields."""

type Source = Callable[..., AsyncGenerator[Told]]


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event that can be subscribed to.

    `since` and `until` name the first and last release that has it. A `source` is called with the
    server and the argument that came after the colon (None without), once for each subscription.
    """

    name: str
    role: str
    since: Version = V24_04
    until: Version | None = None
    source: Source | None = None

    def offered_by(self, version: Version) -> bool:
        """Tell whether a version has it."""
        first = version.line >= self.since.line
        return first and (self.until is None or version.line <= self.until.line)


def event_source(
    name: str, *, role: str, since: Version = V24_04, until: Version | None = None
) -> Callable[[Source], Event]:
    """Declare a generator as the source of an event."""
    return lambda source: Event(name=name, role=role, since=since, until=until, source=source)


def split(name: str) -> tuple[str, Any]:
    """Return an event's own name and its argument: `app.stats:{"interval": 30}`."""
    short, _, argument = name.partition(":")
    return short, json.loads(argument) if argument else None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One message of an event; `identity` and `fields` may be missing, as in the real thing."""

    event: str
    kind: str
    identity: Any = None
    fields: Any = None
    extra: dict[str, Any] | None = None

    def message(self) -> dict[str, Any]:
        """Return it as it goes out; what was removed has no fields."""
        shown: dict[str, Any] = {"msg": self.kind, "collection": self.event}
        if self.identity is not None:
            shown["id"] = self.identity
        if self.fields is not None and self.kind != "removed":
            shown["fields"] = self.fields
        if self.extra:
            shown["extra"] = self.extra
        return shown

"""The engine's event bus: a ring buffer for replays, and live subscribers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..clock import SECOND, Clock

# As many as the real engine keeps.
BUFFER = 256
Filters = dict[str, list[str]]


class EventBus:
    """Keeps the last events and hands each new one to all subscribers."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self.recent: deque[dict[str, Any]] = deque(maxlen=BUFFER)
        self._clock = clock
        self._subscribers: set[asyncio.Queue[dict[str, Any]]] = set()
        self._silent = False

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._subscribers)

    def publish(
        self, kind: str, action: str, actor: str, attributes: dict[str, str]
    ) -> dict[str, Any]:
        """Send an event of the engine: `kind` container, network, image or volume."""
        stamp = self._clock.stamp()
        event: dict[str, Any] = {}
        if kind in ("container", "image"):
            event = {"status": action, "id": actor}
            if kind == "container":
                event["from"] = attributes.get("image", "")
        event |= {
            "Type": kind,
            "Action": action,
            "Actor": {"ID": actor, "Attributes": dict(sorted(attributes.items()))},
            "scope": "local",
            "time": stamp // SECOND,
            "timeNano": stamp,
        }
        if self._silent:
            return event
        self.recent.append(event)
        for queue in self._subscribers:
            queue.put_nowait(event)
        return event

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Tell nobody of what happens in the block."""
        self._silent, before = True, self._silent
        try:
            yield
        finally:
            self._silent = before

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        """Receive events for as long as the block lasts."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._subscribers.add(queue)
        try:
            yield queue
        finally:
            self._subscribers.discard(queue)

    def replay(self, since: int) -> list[dict[str, Any]]:
        """Return the kept events from a time (nanoseconds since the epoch) on."""
        return [event for event in self.recent if event["timeNano"] >= since]


def matches(filters: Filters, event: dict[str, Any]) -> bool:
    """Tell whether an event passes: values of one filter are alternatives, filters add up.

    Filters that the engine does not know are passed by all, as in the real one.
    """
    return all(not values or _passes(event, name, values) for name, values in filters.items())


def _passes(event: dict[str, Any], name: str, values: list[str]) -> bool:
    attributes: dict[str, str] = event["Actor"]["Attributes"]
    action: str = event["Action"]
    match name:
        case "type":
            return event["Type"] in values
        case "event":
            # "health_status: healthy" is found by "health_status" too.
            return action in values or action.split(":", maxsplit=1)[0] in values
        case "label":
            return all(_labelled(attributes, value) for value in values)
        case "scope":
            return event["scope"] in values
        case "image":
            return attributes.get("image", attributes.get("name", "")) in values
    if name not in ("container", "daemon", "network", "plugin", "volume"):
        return True
    if event["Type"] != name:
        return attributes.get(name) in values
    actor: str = event["Actor"]["ID"]
    return any(actor.startswith(value) or attributes.get("name") == value for value in values)


def _labelled(attributes: dict[str, str], wanted: str) -> bool:
    key, separator, value = wanted.partition("=")
    return key in attributes and (not separator or attributes[key] == value)

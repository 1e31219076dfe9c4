"""What the two protocols have in common: calls, answers to them, and events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ...errors import HomeServerError
from .models import Change

type Message = dict[str, Any]
type Kind = Literal["added", "changed", "removed"]
KINDS: tuple[Kind, ...] = ("added", "changed", "removed")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to the call with this number."""

    number: int
    result: Any = None
    error: Mapping[str, Any] | None = None
    code: int = 0


@dataclass(frozen=True, kw_only=True)
class Event:
    """What the server tells of a subscription; ``collection`` is the event's full name."""

    collection: str
    change: Change


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The server ended a subscription, with a reason or without."""

    collection: str
    error: HomeServerError | None


type Frame = Answer | Event | Ended | None
"""What a message means; None where it tells nothing that is of use."""


class Codec(Protocol):
    """One protocol: how messages are written, and what they mean.

    ``path`` is where its websocket is; ``name`` is what people call it. ``answers_unsubscribe`` tells
    whether the end of a subscription is a call like others.
    """

    name: str
    path: str
    answers_unsubscribe: bool

    def greeting(self) -> Message | None:
        """Return what has to be said first and is answered as number 0, if anything."""

    def call(self, number: int, method: str, params: Sequence[Any]) -> Message:
        """Write a call."""

    def subscribe(self, number: int, event: str) -> Message:
        """Write a subscription; the answer's result is what ``unsubscribe`` takes as its handle."""

    def unsubscribe(self, number: int, handle: Any) -> Message:
        """Write the end of a subscription."""

    def read(self, message: Mapping[str, Any]) -> Frame:
        """Say what a message means; never raises."""


def change(told: Mapping[str, Any]) -> Event | None:
    """Read what both protocols tell of an event in the same words."""
    kind, collection = told.get("msg"), told.get("collection")
    known = next((word for word in KINDS if word == kind), None)
    if known is None or not isinstance(collection, str):
        return None
    number, extra = told.get("id"), told.get("extra")
    return Event(
        collection=collection,
        change=Change(
            kind=known,
            id=number if isinstance(number, int | str) else None,
            fields=told.get("fields") or {},
            extra=extra if isinstance(extra, Mapping) else {},
        ),
    )

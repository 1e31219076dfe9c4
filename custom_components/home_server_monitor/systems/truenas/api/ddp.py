"""The protocol of 24.04 and 24.10: DDP at ``/websocket``."""

from collections.abc import Mapping, Sequence
from typing import Any

from .codec import Answer, Codec, Ended, Frame, Message, change
from .failures import call_error


class Ddp(Codec):
    """Meteor's protocol, as far as TrueNAS speaks it."""

    name = "DDP"
    path = "/websocket"
    answers_unsubscribe = False

    def greeting(self) -> Message:
        """Return the handshake."""
        return {"msg": "connect", "version": "1", "support": ["1"]}

    def call(self, number: int, method: str, params: Sequence[Any]) -> Message:
        """Write a call."""
        return {"id": str(number), "msg": "method", "method": method, "params": list(params)}

    def subscribe(self, number: int, event: str) -> Message:
        """Write a subscription, which the client names itself."""
        return {"id": str(number), "msg": "sub", "name": event}

    def unsubscribe(self, number: int, handle: Any) -> Message:
        """Write the end of a subscription; the answer names the subscription again."""
        return {"id": str(handle), "msg": "unsub"}

    def read(self, message: Mapping[str, Any]) -> Frame:
        """Say what a message means."""
        match message.get("msg"):
            case "connected":
                return Answer(number=0, result=message.get("session"))
            case "failed":
                return Answer(number=0, error={"reason": "another version of the protocol"})
            case "result":
                return _answer(message)
            case "ready":
                subs = message.get("subs")
                number = _number(subs[0]) if isinstance(subs, list) and subs else -1
                return Answer(number=number, result=str(number))
            case "nosub":
                return _ended(message)
        return change(message)


def _answer(message: Mapping[str, Any]) -> Answer:
    error = message.get("error")
    return Answer(
        number=_number(message.get("id")),
        result=message.get("result"),
        error=error if isinstance(error, Mapping) else {"reason": str(error)} if error else None,
    )


def _ended(message: Mapping[str, Any]) -> Frame:
    """A subscription that was refused has a number; one that ended later has its collection."""
    error = message.get("error")
    told = error if isinstance(error, Mapping) else {}
    collection = message.get("collection")
    if isinstance(collection, str):
        return Ended(collection=collection, error=call_error(collection, told) if told else None)
    return Answer(number=_number(message.get("id")), error=told or {"reason": "no subscription"})


def _number(value: Any) -> int:
    try:
        return int(value)
    except ValueError, TypeError:
        return -1

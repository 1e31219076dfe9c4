"""The protocol from 25.04 on: JSON-RPC 2.0 at ``/api/current``."""

from collections.abc import Mapping, Sequence
from typing import Any

from .codec import Answer, Codec, Ended, Frame, Message, change
from .failures import call_error


class JsonRpc(Codec):
    """JSON-RPC with notifications for events; parameters are always a list."""

    name = "JSON-RPC"
    path = "/api/current"
    answers_unsubscribe = True

    def greeting(self) -> None:
        """Say nothing: the first call opens the conversation."""

    def call(self, number: int, method: str, params: Sequence[Any]) -> Message:
        """Write a call."""
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}

    def subscribe(self, number: int, event: str) -> Message:
        """Write a subscription, which the server names."""
        return self.call(number, "core.subscribe", [event])

    def unsubscribe(self, number: int, handle: Any) -> Message:
        """Write the end of a subscription."""
        return self.call(number, "core.unsubscribe", [handle])

    def read(self, message: Mapping[str, Any]) -> Frame:
        """Say what a message means."""
        params = message.get("params")
        if "method" not in message:
            return _answer(message)
        if not isinstance(params, Mapping):
            return None
        if message["method"] == "notify_unsubscribed":
            return _ended(params)
        return change(params) if message["method"] == "collection_update" else None


def _answer(message: Mapping[str, Any]) -> Answer | None:
    number, error = message.get("id"), message.get("error")
    if not isinstance(number, int) or ("result" not in message and error is None):
        return None
    if not isinstance(error, Mapping):
        return Answer(number=number, result=message.get("result"))
    code, data = error.get("code"), error.get("data")
    return Answer(
        number=number,
        error={"message": error.get("message"), **(data if isinstance(data, Mapping) else {})},
        code=code if isinstance(code, int) else 0,
    )


def _ended(params: Mapping[str, Any]) -> Ended:
    collection, error = str(params.get("collection")), params.get("error")
    told = error if isinstance(error, Mapping) else {}
    return Ended(collection=collection, error=call_error(collection, told) if told else None)

"""JSON-RPC 2.0 on `/api/current`, from 25.04 on."""

from __future__ import annotations

from typing import Any, override

from .calls import Unanswered, call
from .errors import CallError, InstanceNotFound, TooManyCalls, UnknownMethod, ValidationError
from .events import Change
from .jobs import LabJob
from .limits import AT_ONCE
from .session import Session

_MISSING = object()


class JsonRpcSession(Session):
    """A connection that speaks JSON-RPC."""

    @override
    async def not_json(self, reason: str) -> bool:
        await self._error(None, -32700, reason)
        return True

    @override
    async def take(self, message: dict[str, Any]) -> None:
        identity = message.get("id", _MISSING)
        if problem := _problem(message):
            if identity is not _MISSING:
                await self._error(identity, -32600, problem)
            return
        self.spawn(self._call(identity, message["method"], message.get("params", [])))

    async def _call(self, identity: Any, name: str, params: list[Any]) -> None:
        message_id = identity if identity is not _MISSING else None
        try:
            result = await call(self, name, params, message_id)
            if isinstance(result, LabJob):
                result = await self._job(result)
        except Unanswered:
            return
        except UnknownMethod:
            await self._error(identity, -32601, "Method does not exist")
        except TooManyCalls:
            text = f"Maximum number of concurrent calls ({AT_ONCE}) has exceeded"
            await self._error(identity, -32000, text)
        except (ValidationError, InstanceNotFound) as error:
            await self._error(identity, -32602, "Invalid params", self._data(error, number=22))
        except CallError as error:
            await self._error(identity, -32001, "Method call error", self._data(error))
        else:
            if identity is not _MISSING:
                await self.send({"jsonrpc": "2.0", "result": result, "id": identity})

    async def _job(self, job: LabJob) -> Any:
        """Return a job's number, or what it ends with, as the connection wants it."""
        if self.legacy_jobs:
            return job.id
        await job.ended.wait()
        if isinstance(job.failure, CallError):
            raise job.failure
        if job.failure is not None:
            raise CallError("EFAULT", job.error or "")
        return job.result

    async def _error(
        self, identity: Any, code: int, message: str, data: dict[str, Any] | None = None
    ) -> None:
        if identity is _MISSING:
            return
        error: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        await self.send({"jsonrpc": "2.0", "error": error, "id": identity})

    def _data(self, error: CallError, number: int | None = None) -> dict[str, Any]:
        trace: dict[str, Any] = {
            "class": type(error).__name__,
            "formatted": f"Traceback (most recent call last):\n{error.said}\n",
            "repr": repr(error),
        }
        if self.nas.version.line <= (25, 10):
            trace["frames"] = []
        return {
            "error": error.errno if number is None else number,
            "errname": error.errname if number is None else "EINVAL",
            "reason": error.said,
            "trace": trace,
            "extra": error.extra,
        }

    @override
    def tell(self, change: Change) -> None:
        self._notify("collection_update", change.message())

    @override
    def tell_unsubscribed(self, name: str, error: CallError | None) -> None:
        shown = self._data(error) | {"trace": None} if error is not None else None
        self._notify("notify_unsubscribed", {"collection": name, "error": shown})

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        self.send_soon({"jsonrpc": "2.0", "method": method, "params": params})


def _problem(message: dict[str, Any]) -> str | None:
    """Return what is wrong with a request, in the server's words."""
    if "jsonrpc" not in message:
        return "Missing 'jsonrpc' member"
    if message["jsonrpc"] != "2.0":
        return "'jsonrpc' member must be of type string and must be exactly '2.0'"
    if not isinstance(message.get("id"), int | str | None):
        return "'id' member must be of type null, string or number"
    if "method" not in message:
        return "Missing 'method' member"
    if not isinstance(message["method"], str) or not message["method"]:
        return "'method' member must be of type string"
    if not isinstance(message.get("params", []), list):
        return "'params' member must be of type array"
    return None

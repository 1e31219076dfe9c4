"""DDP on `/websocket`: the only protocol of 24.04 and 24.10, and still there later."""

from __future__ import annotations

from typing import Any, override

from .calls import Unanswered, call
from .errors import CallError, InstanceNotFound, TooManyCalls, UnknownMethod, ValidationError
from .events import Change
from .jobs import LabJob
from .limits import AT_ONCE
from .session import Session


class DdpSession(Session):
    """A connection that speaks DDP."""

    greeted = False

    @override
    async def not_json(self, reason: str) -> bool:
        await self.close(1007, reason)
        return False

    @override
    async def take(self, message: dict[str, Any]) -> None:
        kind = message.get("msg")
        if kind == "connect":
            await self._connect(message)
            return
        if not self.greeted:
            await self.send({"msg": "failed", "version": "1"})
            return
        match kind:
            case "method":
                self.spawn(self._call(message))
            case "ping" if self.nas.version.line <= (24, 10):
                own = {"id": message["id"]} if "id" in message else {}
                await self.send({"msg": "pong", **own})
            case "sub":
                await self._subscribe(message)
            case "unsub":
                self.unsubscribe(message["id"])

    async def _connect(self, message: dict[str, Any]) -> None:
        if message.get("version") != "1":
            await self.send({"msg": "failed", "version": "1"})
            return
        self.greeted = True
        await self.send({"msg": "connected", "session": self.id})

    async def _call(self, message: dict[str, Any]) -> None:
        identity = message.get("id")
        if "method" not in message:
            await self._error(identity, 22, "EINVAL", "Message is malformed: 'method' is absent.")
            return
        try:
            result = await call(self, message["method"], message.get("params") or [], None)
        except Unanswered:
            return
        except UnknownMethod:
            service, _, name = message["method"].rpartition(".")
            reason = f"[ENOMETHOD] Method '{name}' not found in '{service}'"
            await self._error(identity, 201, "ENOMETHOD", reason, trace="CallError")
        except TooManyCalls:
            reason = f"Maximum number of concurrent calls ({AT_ONCE}) has exceeded."
            await self._error(identity, 109, "ETOOMANYREFS", reason)
        except CallError as error:
            await self._raised(identity, error)
        else:
            shown = result.id if isinstance(result, LabJob) else result
            await self.send({"id": identity, "msg": "result", "result": shown})

    async def _raised(self, identity: Any, error: CallError) -> None:
        number, errname, kind = error.errno, error.errname, None
        if isinstance(error, InstanceNotFound):
            kind = "VALIDATION"
        elif isinstance(error, ValidationError):
            number, errname, kind = 11, "EAGAIN", "VALIDATION"
        reason, trace = error.said, type(error).__name__
        if self.nas.version.line <= (24, 10) and error.reason in (
            "Not authenticated",
            "Not authorized",
        ):
            # Found before the method is called, and then said without a name and a trace.
            reason, trace = error.reason, ""
        await self._error(identity, number, errname, reason, trace, kind=kind, extra=error.extra)

    async def _error(
        self,
        identity: Any,
        number: int,
        errname: str,
        reason: str,
        trace: str = "",
        *,
        kind: str | None = None,
        extra: Any = None,
    ) -> None:
        error = _error_dict(number, errname, reason, kind, extra)
        if trace:
            error["trace"] = {
                "class": trace,
                "frames": [],
                "formatted": f"Traceback (most recent call last):\n{reason}\n",
                "repr": f"{trace}({reason!r})",
            }
        await self.send({"id": identity, "msg": "result", "error": error})

    async def _subscribe(self, message: dict[str, Any]) -> None:
        identity, name = message["id"], message["name"]
        if not self.may_subscribe(name):
            await self._error(identity, 13, "EACCES", "Not authorized")
            return
        self.subscribe(identity, name)
        await self.send({"msg": "ready", "subs": [identity]})

    @override
    def tell(self, change: Change) -> None:
        self.send_soon(change.message())

    @override
    def tell_unsubscribed(self, name: str, error: CallError | None) -> None:
        message: dict[str, Any] = {"msg": "nosub", "collection": name}
        if error is not None:
            message["error"] = _error_dict(
                error.errno, error.errname, error.said, None, error.extra
            )
        self.send_soon(message)


def _error_dict(
    number: int, errname: str, reason: str, kind: str | None, extra: Any
) -> dict[str, Any]:
    return {
        "error": number,
        "errname": errname,
        "type": kind,
        "reason": reason,
        "trace": None,
        "extra": extra,
    }

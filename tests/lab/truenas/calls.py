"""The way of one call: faults, the right to make it, its place in the queue, its work."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from ..faults import Fault, Kind
from .errors import CallError, UnknownMethod, ValidationError
from .faults import MethodFault, error_of
from .jobs import LabJob
from .methods import ANYONE, Method

if TYPE_CHECKING:
    from .session import Session

GARBAGE = '<html>{"not": json,,, \u00c3('


class Unanswered(Exception):
    """The call gets no answer."""


async def call(session: Session, name: str, params: list[Any], message_id: Any) -> Any:
    """Return the result of a method, or the `LabJob` that it started."""
    nas = session.nas
    nas.calls[name] += 1
    fault = nas.faults.take("CALL", name)
    async with session.gate.enter():
        if fault is not None:
            await _misbehave(session, fault)
        method = find(session, name)
        await authorize(session, method)
        result = await run(session, method, params, message_id)
    if isinstance(fault, MethodFault) and fault.change is not None:
        return fault.change(result)
    return result


def find(session: Session, name: str) -> Method:
    """Return the method; private ones are known to full admins only, and to nobody from 26 on."""
    method = session.nas.methods.get(name)
    if method is None:
        raise UnknownMethod(name)
    if method.private and session.nas.version.line >= (26, 0):
        raise UnknownMethod(name)
    return method


async def authorize(session: Session, method: Method) -> None:
    """Raise unless the session may call the method."""
    key = session.key
    if method.role == ANYONE:
        if not method.unlimited:
            await session.nas.rate_limit.count(method.name, logged_in=key is not None)
        return
    if key is None:
        raise CallError("ENOTAUTHENTICATED", "Not authenticated")
    if session.expired:
        raise CallError("EACCES", "Session is expired")
    if not key.may(method.role) or (method.private and not key.full):
        raise CallError("EACCES", "Not authorized")


async def run(session: Session, method: Method, params: list[Any], message_id: Any) -> Any:
    """Do what the method does, or start it as a job."""
    signature = inspect.signature(method.function)
    wanted: dict[str, Any] = {}
    if "session" in signature.parameters:
        wanted["session"] = session
    try:
        signature.bind(session.nas, *params, **wanted, **({"job": None} if method.job else {}))
    except TypeError:
        raise ValidationError(method.name, "Too many or too few arguments") from None
    if method.job:
        return session.nas.jobs.start(method, params, session.key, message_id)
    result = method.function(session.nas, *params, **wanted)
    return await result if inspect.isawaitable(result) else result


async def _misbehave(session: Session, fault: Fault) -> None:
    """Do what a fault does before the call is made."""
    match fault.kind:
        case Kind.SLOW:
            await asyncio.sleep(fault.seconds)
        case Kind.STATUS:
            raise error_of(fault)
        case Kind.HANG:
            await fault.gone.wait()
            raise Unanswered
        case Kind.GARBAGE:
            await session.say(GARBAGE)
            raise Unanswered
        case Kind.HALF:
            session.say_half()
            raise Unanswered
        case Kind.RESET:
            session.reset()
            raise Unanswered


__all__ = ["LabJob", "Unanswered", "authorize", "call", "find"]

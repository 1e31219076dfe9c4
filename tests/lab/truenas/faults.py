r"""Faults of single methods, beside those that every simulated system has.

    nas.faults.hang(r"^pool\.query$")            # the shared ones match the method's name
    nas.faults.denied(r"^disk\.")                # EACCES "Not authorized"
    nas.faults.missing(r"^app\.query$")          # this version has no such method
    nas.faults.error("EBUSY", r"^pool\.scrub", reason="…")
    nas.faults.changed(r"^pool\.query$", lambda pools: [{**pools[0], "size": "?"}, *pools[1:]])

A status of the shared ones becomes the error that stands for it; `garbage` is a frame that is no
JSON, `half_body` a frame that breaks off with the connection, `reset` a cut connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import re
from typing import Any

from ..faults import Fault, Faults, Kind
from .errors import CallError, UnknownMethod


@dataclass(eq=False)
class MethodFault(Fault):
    """A fault with an `error` to answer with, or a `change` made to the right answer."""

    error: Exception | None = None
    change: Callable[[Any], Any] | None = None


_STATUSES = {
    401: ("ENOTAUTHENTICATED", "Not authenticated"),
    403: ("EACCES", "Not authorized"),
    404: ("ENOENT", "Object does not exist"),
    429: ("EBUSY", "Rate Limit Exceeded"),
}


def error_of(fault: Fault) -> Exception:
    """Return what to answer with for a fault with a status."""
    if isinstance(fault, MethodFault) and fault.error is not None:
        return fault.error
    errname, reason = _STATUSES.get(fault.status, ("EFAULT", "simulated fault"))
    return CallError(errname, reason)


class MethodFaults(Faults):
    """The faults of a TrueNAS."""

    def error(
        self,
        errname: str,
        pattern: str,
        *,
        reason: str = "simulated fault",
        count: int | None = None,
    ) -> Fault:
        """Answer with an error, as `CallError(errname, reason)` would."""
        return self._answer(pattern, count, CallError(errname, reason))

    def denied(self, pattern: str, *, count: int | None = None) -> Fault:
        """Say that the key has not the right."""
        return self.error("EACCES", pattern, reason="Not authorized", count=count)

    def missing(self, pattern: str, *, count: int | None = None) -> Fault:
        """Know no such method."""
        return self._answer(pattern, count, UnknownMethod())

    def changed(
        self, pattern: str, change: Callable[[Any], Any], *, count: int | None = None
    ) -> Fault:
        """Answer with what `change` makes of the right result."""
        fault = MethodFault(Kind.SLOW, self, re.compile(pattern), None, count, change=change)
        self.active.append(fault)
        return fault

    def _answer(self, pattern: str, count: int | None, error: Exception) -> Fault:
        fault = MethodFault(Kind.STATUS, self, re.compile(pattern), None, count, error=error)
        self.active.append(fault)
        return fault

"""What a method of TrueNAS can answer instead of a result."""

from __future__ import annotations

import errno
from typing import Any

OWN = {
    "ENOMETHOD": 201,
    "ESERVICESTARTFAILURE": 202,
    "EALERTCHECKERUNAVAILABLE": 203,
    "EREMOTENODEERROR": 204,
    "EDATASETISLOCKED": 205,
    "ENOTAUTHENTICATED": 207,
    "ESSLCERTVERIFICATIONERROR": 208,
    "EREBOOTREQUIRED": 209,
    "EHAUNAVAILABLE": 210,
}
"""Numbers that only TrueNAS knows."""


class CallError(Exception):
    """A method declined: `errname` as "EBUSY", `reason` in TrueNAS' words, `extra` as it sends it.

    `said` is the whole sentence that goes out.
    """

    def __init__(self, errname: str, reason: str, extra: Any = None) -> None:
        """Keep the three."""
        super().__init__(errname, reason)
        self.errname = errname
        self.reason = reason
        self.extra = extra

    @property
    def errno(self) -> int:
        """The number of the name."""
        known = OWN.get(self.errname)
        return known if known is not None else int(getattr(errno, self.errname))

    @property
    def said(self) -> str:
        """The reason with the name before it."""
        return f"[{self.errname}] {self.reason}"


class ValidationError(CallError):
    """A parameter is not right: which one, why, and a number (EINVAL unless given)."""

    def __init__(self, attribute: str, message: str, number: int = errno.EINVAL) -> None:
        """Take the attribute's name as "options.dataset"."""
        name = errno.errorcode[number]
        super().__init__(name, f"{attribute}: {message}", [[attribute, message, number]])

    @property
    def said(self) -> str:
        """One line for each attribute."""
        return f"{super().said}\n"


class InstanceNotFound(CallError):
    """There is no such object; a kind of validation error without an attribute."""

    def __init__(self, message: str) -> None:
        """Take the sentence, as "Pool 5 does not exist"."""
        super().__init__("ENOENT", f"None: {message}", [[None, message, errno.ENOENT]])


class UnknownMethod(Exception):
    """This version, or this key, does not know the method."""


class TooManyCalls(Exception):
    """More calls at once than a connection may have."""

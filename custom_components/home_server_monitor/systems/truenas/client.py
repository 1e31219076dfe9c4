"""The client that everything about TrueNAS uses: calls, jobs, subscriptions, rounds."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

from ..errors import MissingRight
from .api.models import Ask, Change, Progress
from .api.version import Version

__all__ = ["Ask", "Change", "Progress", "Round", "TrueNas", "Version"]


class Round:
    """One refresh of a group whose parts are optional.

    A part whose method this version lacks, or for which the key lacks the right, is None; it is not
    asked for again until the next connection, a right not for 15 minutes. ``lacking`` are the
    rights that the parts of this round lacked, for ``Reading.lacking``.
    """

    lacking: tuple[MissingRight, ...]

    async def ask(self, method: str, *params: Any) -> Any:
        """Return the answer, None where it is not to be had; raises every other error."""
        raise NotImplementedError

    async def ask_first(self, *asks: Ask) -> Any:
        """Return the answer to the first of ``asks`` that this server has, else None."""
        raise NotImplementedError


class TrueNas:
    """One TrueNAS, over one connection that comes back by itself.

    ``version``, ``hostname`` and ``host_id`` are those of the newest connection; ``host_id`` is empty where
    the key may not ask for it. ``url`` is the address that people open in a browser.
    """

    version: Version
    host_id: str
    hostname: str
    url: str

    async def call(self, method: str, *params: Any) -> Any:
        """Call a method and return its decoded answer.

        Dates are aware ``datetime``, ``$time`` is ``time``, ``$set`` a list. Raises
        ``CannotConnect`` and its kinds, ``InvalidAuth``, ``MissingRight`` (named by the method),
        ``NotFound``, ``MissingMethod``, ``Rejected`` (mostly ``Declined``), ``Busy`` and
        ``BadAnswer``.
        """
        raise NotImplementedError

    async def first(self, *asks: Ask) -> Any:
        """Return the answer to the first of ``asks`` whose method this server has.

        Which one that is, is remembered until the next connection. Where the same method comes more than once,
        one that does not take the parameters gives way to the next. Raises ``MissingMethod``
        where there is none, else what ``call`` raises.
        """
        raise NotImplementedError

    async def job(self, method: str, *params: Any, progress: Progress | None = None) -> Any:
        """Start a job, wait for its end and return its result.

        Raises ``Declined`` with the job's error when it failed or was aborted. A method that is no job in this
        version is done at once.
        """
        raise NotImplementedError

    async def start_job(self, method: str, *params: Any) -> int:
        """Start a job and return its id; 0 where the method is no job in this version."""
        raise NotImplementedError

    async def wait_job(self, job_id: int, progress: Progress | None = None) -> Any:
        """Wait for the end of a job; see ``job``."""
        raise NotImplementedError

    def subscribe(self, event: str) -> AbstractAsyncContextManager[AsyncIterator[Change]]:
        """Follow an event, such as ``alert.list`` or ``reporting.realtime:{"interval": 10}``.

        Entering raises what ``call`` raises. The iterator raises ``CannotConnect`` when the
        connection is lost, and ends when the server ends the subscription.
        """
        raise NotImplementedError

    def round(self) -> Round:
        """Begin a refresh of a group whose parts are optional."""
        raise NotImplementedError

    async def close(self) -> None:
        """Hang up; the client is not used any more."""
        raise NotImplementedError

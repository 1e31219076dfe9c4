"""Proving that a container does what it should.

It runs, stays up, its health check passes, and the system that runs in it answers for itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..systems.docker import operations, parse
from ..systems.docker.client import Engine
from ..systems.errors import BadAnswer, CannotConnect, HomeServerError, NotFound

_PAUSE = 0.25
_PAUSE_OF_WITNESSES = 1.0
_LONGEST_ANSWER = 10.0
_LONGEST_OUTAGE = 120.0

type Document = Mapping[str, Any]


class Unproven(Exception):
    """The container is sick; the text says how, for people."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds: ``timeout`` until all must be well, ``settle`` for which it must stay so."""

    timeout: float = 60.0
    settle: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Witness:
    """A system that runs in the container; ``ask`` raises ``HomeServerError`` unless it is well."""

    name: str
    ask: Callable[[], Awaitable[None]]

    async def complaint(self) -> str:
        """Return what is wrong; empty where all is well."""
        try:
            async with asyncio.timeout(_LONGEST_ANSWER):
                await self.ask()
        except TimeoutError:
            return f"{self.name} gives no answer"
        except HomeServerError as err:
            return f"{self.name} does not answer as it should: {err}"
        return ""


async def prove(
    engine: Engine,
    container_id: str,
    patience: Patience,
    *,
    health: bool = True,
    witnesses: Sequence[Witness] = (),
) -> None:
    """Watch a container that was started. Raises ``Unproven``, or what the engine suffers from.

    While the engine does not answer the clock stands still: it may just be restarting. ``health``
    false asks only that it runs. ``witnesses`` are asked once it is as well as the engine can tell.
    """
    proof = _Proof(patience, health=health)
    outage = 0.0
    pause = _PAUSE_OF_WITNESSES if witnesses else _PAUSE
    while True:
        try:
            document = await operations.inspect(engine, container_id)
        except NotFound:
            raise Unproven("the container was removed") from None
        except CannotConnect, BadAnswer:
            outage += _PAUSE
            if outage > _LONGEST_OUTAGE:
                raise
            proof.interrupt()
        else:
            outage = 0.0
            complaint = proof.complaint(document) or await _first_complaint(witnesses)
            if proof.is_complete(document, complaint):
                return
        await asyncio.sleep(pause)


async def _first_complaint(witnesses: Sequence[Witness]) -> str:
    for witness in witnesses:
        if complaint := await witness.complaint():
            return complaint
    return ""


class _Proof:
    def __init__(self, patience: Patience, *, health: bool) -> None:
        self._patience = patience
        self._health = health
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._well_since: float | None = None
        self._start: tuple[object, object] | None = None

    def interrupt(self) -> None:
        """Begin anew: the engine was away, and may have started the container again."""
        self._began = self._loop.time()
        self._well_since = self._start = None

    def complaint(self, document: Document) -> str:
        """Return what the engine has against it. Raises ``Unproven`` where it does not stay up."""
        state = parse.mapping(document.get("State"))
        self._check_up(state, document)
        if not self._health or self._is_healthy(state):
            return ""
        return f"its health check says {parse.mapping(state.get('Health')).get('Status')}"

    def is_complete(self, document: Document, complaint: str) -> bool:
        """Take one look. Raises ``Unproven`` once there is no hope."""
        now = self._loop.time()
        if not complaint:
            self._well_since = now if self._well_since is None else self._well_since
            return now - self._well_since >= self._patience.settle
        if self._well_since is not None:
            raise Unproven(f"{complaint}, after all was well")
        if now - self._began > max(self._patience.timeout, _latest_probe(document)):
            raise Unproven(f"in time it did not become well: {complaint}")
        return False

    def _check_up(self, state: Document, document: Document) -> None:
        if state.get("Restarting") or not state.get("Running"):
            code, error = state.get("ExitCode"), state.get("Error")
            raise Unproven(f"it ended with exit code {code}" + (f": {error}" if error else ""))
        start = (document.get("RestartCount"), state.get("StartedAt"))
        if self._start is not None and start != self._start:
            raise Unproven("it ended and was started again")
        self._start = start

    @staticmethod
    def _is_healthy(state: Document) -> bool:
        return parse.mapping(state.get("Health")).get("Status") in (None, "", "none", "healthy")


def _latest_probe(document: Document) -> float:
    """Return the seconds within which the health check may keep everybody waiting, as set up."""
    check = parse.mapping(parse.mapping(document.get("Config")).get("Healthcheck"))
    interval = parse.whole(check.get("Interval")) or 30 * 10**9
    others = (parse.whole(check.get(key)) or 0 for key in ("StartPeriod", "Timeout"))
    return sum(others, interval) / 10**9 + 1.0

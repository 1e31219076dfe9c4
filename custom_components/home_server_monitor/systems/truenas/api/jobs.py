"""Waiting for the end of a job: the server tells of it, and is asked now and then as well."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from ...errors import CannotConnect, MissingRight, NotFound, Rejected
from .errors import MissingMethod
from .failures import job_error
from .models import Change, Progress

_EVENT = "core.get_jobs"
_BACKSTOP = 30.0
_POLL = 5.0
_OUTAGE = 120.0
_ENDED = ("SUCCESS", "FAILED", "ABORTED")

type Call = Callable[..., Awaitable[Any]]
type Subscribe = Callable[[str], AbstractAsyncContextManager[AsyncIterator[Change]]]
type Job = Mapping[str, Any]


class JobWatch:
    """Follows one job.

    An outage of up to two minutes is waited out, for the job goes on meanwhile.
    """

    def __init__(
        self, job_id: int, call: Call, subscribe: Subscribe, progress: Progress | None
    ) -> None:
        """Take how the server is asked, and whom to tell of the progress."""
        self._id = job_id
        self._call = call
        self._subscribe = subscribe
        self._progress = progress
        self._told: tuple[float | None, str] | None = None
        self._mark: tuple[Any, Any] | None = None

    async def result(self) -> Any:
        """Return the job's result.

        Raises ``Declined`` when it failed or was aborted, ``NotFound`` when the server does not know of it any
        more, as after a restart.
        """
        job = await self._end()
        if job.get("state") != "SUCCESS":
            raise job_error(job)
        return job.get("result")

    async def _end(self) -> Job:
        lost_at: float | None = None
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await self._follow()
            except CannotConnect:
                lost_at = loop.time() if lost_at is None else lost_at
                if loop.time() - lost_at >= _OUTAGE:
                    raise
            await asyncio.sleep(_POLL)
            lost_at = None if await self._is_back() else lost_at

    async def _is_back(self) -> bool:
        try:
            await self._look()
        except CannotConnect:
            return False
        return True

    async def _follow(self) -> Job:
        try:
            async with self._subscribe(_EVENT) as changes:
                return await self._listen(changes)
        except MissingRight, MissingMethod, Rejected:
            return await self._poll()

    async def _listen(self, changes: AsyncIterator[Change]) -> Job:
        """Look once the subscription stands, so that nothing is missed, and then now and then."""
        while True:
            job = await self._look()
            if job.get("state") in _ENDED:
                return job
            try:
                async with asyncio.timeout(_BACKSTOP):
                    await self._hear_the_end(changes)
            except TimeoutError:
                continue

    async def _hear_the_end(self, changes: AsyncIterator[Change]) -> None:
        async for change in changes:
            if change.id != self._id or not isinstance(change.fields, Mapping):
                continue
            if self._tell(change.fields) in _ENDED:
                # What it resulted in is not always told with the event.
                return
        raise CannotConnect("the subscription ended")

    async def _poll(self) -> Job:
        while True:
            job = await self._look()
            if job.get("state") in _ENDED:
                return job
            await asyncio.sleep(_POLL)

    async def _look(self) -> Job:
        found = await self._call(_EVENT, [["id", "=", self._id]])
        job = found[0] if isinstance(found, list) and found else None
        if not isinstance(job, Mapping) or not self._is_the_same(job):
            raise NotFound(f"job {self._id}")
        self._tell(job)
        return job

    def _is_the_same(self, job: Job) -> bool:
        """After a restart the server gives the same numbers to other jobs."""
        mark = (job.get("method"), job.get("time_started"))
        if self._mark is None or self._mark == (mark[0], None):
            self._mark = mark
        return self._mark == mark

    def _tell(self, job: Job) -> Any:
        """Pass on how far it is; return the state."""
        progress = job.get("progress")
        if self._progress and isinstance(progress, Mapping):
            percent = progress.get("percent")
            told = (
                float(percent) if isinstance(percent, int | float) else None,
                str(progress.get("description") or ""),
            )
            if told != self._told:
                self._told = told
                self._progress(*told)
        return job.get("state")

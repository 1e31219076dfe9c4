"""Jobs: methods that take their time, are watched by events and may fail on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
import inspect
import re
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .ejson import moment
from .errors import CallError, InstanceNotFound, ValidationError
from .events import Change
from .methods import Method

if TYPE_CHECKING:
    from .keys import Key
    from .server import TrueNas


class State(StrEnum):
    """Where a job stands."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


ENDED = (State.SUCCESS, State.FAILED, State.ABORTED)


@dataclass(eq=False)
class LabJob:
    """One job.

    The method that runs as it calls `await job.progress(40, "Downloading")`; tests look at
    `state`, `result`, `error`, and wait with `await job.ended.wait()`.
    """

    id: int
    method: Method
    arguments: list[Any]
    owner: Key | None
    nas: TrueNas
    message_ids: list[Any]
    state: State = State.WAITING
    percent: float = 0
    description: str = ""
    extra: Any = None
    result: Any = None
    failure: Exception | None = None
    logs_path: str | None = None
    logs_excerpt: str | None = None
    started: float = 0.0
    finished: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def progress(self, percent: float, description: str = "", extra: Any = None) -> None:
        """Tell how far it is, in percent, and what it does."""
        self.percent, self.description, self.extra = percent, description, extra
        self._tell("changed")
        await asyncio.sleep(0)

    @property
    def error(self) -> str | None:
        """What it says when it went wrong."""
        if isinstance(self.failure, CallError):
            return self.failure.said
        return str(self.failure) if self.failure is not None else None

    def render(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        shown = {
            "id": self.id,
            "method": self.method.name,
            "arguments": self.arguments,
            "transient": False,
            "description": None,
            "abortable": self.method.abortable,
            "logs_path": self.logs_path,
            "logs_excerpt": self.logs_excerpt,
            "progress": {
                "percent": int(self.percent),
                "description": self.description,
                "extra": self.extra,
            },
            "result": self.result if self.state is State.SUCCESS else None,
            "result_encoding_error": None,
            "error": self.error,
            "exception": f"Traceback …\n{self.error}\n" if self.error else None,
            "exc_info": self._exc_info(),
            "state": self.state,
            "time_started": moment(self.started),
            "time_finished": moment(self.finished) if self.finished is not None else None,
            "credentials": self._credentials(),
        }
        if self.nas.version.line >= (25, 10):
            shown["message_ids"] = self.message_ids
        return shown

    def _credentials(self) -> dict[str, Any] | None:
        if self.owner is None:
            return None
        data = {"username": self.owner.username, "api_key": {"id": self.owner.number, "name": "ha"}}
        return {"type": "API_KEY", "data": data}

    def _exc_info(self) -> dict[str, Any] | None:
        if self.failure is None:
            return None
        error = self.failure if isinstance(self.failure, CallError) else None
        invalid = isinstance(error, (ValidationError, InstanceNotFound))
        shown = {
            "repr": repr(self.failure),
            "type": "VALIDATION" if invalid else type(self.failure).__name__,
            "extra": error.extra if error else None,
        }
        if self.nas.version.line >= (25, 10):
            shown["errno"] = error.errno if error else None
        return shown

    async def run(self) -> None:
        """Do it, as a task of the server."""
        self.state = State.RUNNING
        self._tell("changed")
        try:
            await self.nas.jobs.disturb(self)
            outcome = self.method.function(self.nas, *self.arguments, job=self)
            self.result = await outcome if inspect.isawaitable(outcome) else outcome
            self.percent, self.state = 100, State.SUCCESS
        except asyncio.CancelledError:
            # It has neither a result nor an error then.
            self.state = State.ABORTED
        except Exception as error:  # noqa: BLE001 - whatever it was, the job is what failed
            self.failure, self.state = error, State.FAILED
        self.finished = self.nas.clock.now()
        self.ended.set()
        self._tell("changed")

    def _tell(self, kind: str) -> None:
        change = Change(event="core.get_jobs", kind=kind, identity=self.id, fields=self.render())
        self.nas.broadcast(change, lambda key: self.nas.jobs.visible(self, key))


class Hold:
    """Keeps jobs from going on until it is released, or until the end of a `with` block."""

    def __init__(self, pattern: str) -> None:
        """Hold the jobs of the methods that match."""
        self.pattern = re.compile(pattern)
        self.released = asyncio.Event()

    def release(self) -> None:
        """Let them go on."""
        self.released.set()

    def __enter__(self) -> Self:
        """Hold for the block."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go."""
        self.release()


@dataclass
class _Failure:
    pattern: re.Pattern[str]
    error: Exception
    left: int | None


class Jobs:
    r"""All jobs since the boot.

    nas.jobs.fail(r"^app\.upgrade$", CallError("EFAULT", "image not found"), count=1)
    with nas.jobs.hold(r"^pool\.dataset\.lock$"): ...
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start without any."""
        self._nas = nas
        self._next = 1
        self._failures: list[_Failure] = []
        self._holds: list[Hold] = []
        self.all: dict[int, LabJob] = {}

    def fail(self, pattern: str, error: Exception | None = None, count: int | None = None) -> None:
        """Let the jobs of matching methods fail before they do anything (count None: all)."""
        failure = error or CallError("EFAULT", "simulated failure")
        self._failures.append(_Failure(re.compile(pattern), failure, count))

    def hold(self, pattern: str) -> Hold:
        """Let the jobs of matching methods wait, RUNNING, until released."""
        hold = Hold(pattern)
        self._holds.append(hold)
        return hold

    def start(
        self, method: Method, arguments: list[Any], owner: Key | None, message_id: Any = None
    ) -> LabJob:
        """Start a job; it runs on when its caller has gone."""
        ids = [message_id] if message_id is not None else []
        job = LabJob(self._next, method, arguments, owner, self._nas, ids)
        job.started = self._nas.clock.now()
        self._next += 1
        self.all[job.id] = job
        change = Change(event="core.get_jobs", kind="added", identity=job.id, fields=job.render())
        self._nas.broadcast(change, lambda key: self.visible(job, key))
        job.task = self._nas.spawn(job.run())
        return job

    async def disturb(self, job: LabJob) -> None:
        """Do to a job what tests asked for."""
        for hold in self._holds:
            if hold.pattern.search(job.method.name):
                await hold.released.wait()
        for failure in self._failures:
            if failure.left != 0 and failure.pattern.search(job.method.name):
                failure.left = failure.left - 1 if failure.left is not None else None
                raise failure.error

    def visible(self, job: LabJob, key: Key | None) -> bool:
        """Tell whether a key may see a job: a full admin all, others their own."""
        if key is None:
            return False
        own = job.owner is not None and job.owner.username == key.username
        read = job.method.read_role
        return key.full or own or (read is not None and key.may(read))

    def abort(self, job: LabJob) -> None:
        """End a job."""
        if job.task is not None and job.state not in ENDED:
            job.task.cancel()

    def find(self, wanted: Callable[[LabJob], bool]) -> list[LabJob]:
        """Return the jobs that fit, the oldest first."""
        return [job for job in self.all.values() if wanted(job)]

    def named(self, name: str) -> list[LabJob]:
        """Return all jobs of one method."""
        return self.find(lambda job: job.method.name == name)

    def rebooted(self) -> None:
        """Forget all jobs; numbers start anew, as after a boot."""
        for job in self.all.values():
            if job.task is not None and job.task is not asyncio.current_task():
                job.task.cancel()
        self.all.clear()
        self._next = 1

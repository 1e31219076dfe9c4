"""The methods about the API itself: jobs, subscriptions, options, the state of the system."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .errors import CallError, InstanceNotFound
from .events import Event
from .methods import ANYONE, FULL_ADMIN, LOGGED_IN, method
from .query import query
from .version import V24_04, V24_10, V25_04, V25_10

if TYPE_CHECKING:
    from .jobs import LabJob
    from .keys import Key
    from .methods import Method
    from .server import TrueNas
    from .session import Session


@method("core.ping", role=FULL_ADMIN, until=V24_04)
@method("core.ping", role=LOGGED_IN, since=V24_10, until=V25_04)
@method("core.ping", role=ANYONE, since=V25_10)
async def ping(_nas: TrueNas) -> str:
    """Answer."""
    return "pong"


@method("core.set_options", role=ANYONE, since=V25_04, unlimited=True)
async def set_options(
    nas: TrueNas, options: dict[str, Any], *, session: Session
) -> dict[str, Any] | None:
    """Change how the connection answers; 25.04 has nothing that could be changed."""
    if nas.version.line < V25_10.line:
        return None
    session.legacy_jobs = options.get("legacy_jobs", session.legacy_jobs)
    return {
        "legacy_jobs": session.legacy_jobs,
        "private_methods": options.get("private_methods", False),
        "py_exceptions": False,
    }


@method("core.subscribe", role=LOGGED_IN, since=V25_04)
async def subscribe(_nas: TrueNas, event: str, *, session: Session) -> str:
    """Listen to an event; returns the number of the subscription."""
    if not session.may_subscribe(event):
        raise CallError("EACCES", "Not authorized")
    identity = str(uuid4())
    session.subscribe(identity, event)
    return identity


@method("core.unsubscribe", role=LOGGED_IN, since=V25_04)
async def unsubscribe(_nas: TrueNas, identity: str, *, session: Session) -> None:
    """Listen no more."""
    session.unsubscribe(identity)


@method("core.get_jobs", role=LOGGED_IN)
async def get_jobs(
    nas: TrueNas,
    filters: list[Any] | None = None,
    options: dict[str, Any] | None = None,
    *,
    session: Session,
) -> Any:
    """List the jobs that the key may see."""
    seen = nas.jobs.find(lambda job: nas.jobs.visible(job, session.key))
    return query([job.render() for job in seen], filters, options)


def _job(nas: TrueNas, number: int, session: Session) -> LabJob:
    job = nas.jobs.all.get(number)
    if job is None:
        raise InstanceNotFound(f"Job with id {number} does not exist")
    if not nas.jobs.visible(job, session.key):
        raise CallError("EPERM", "Job is not owned by current session")
    return job


@method("core.job_abort", role=LOGGED_IN)
async def job_abort(nas: TrueNas, number: int, *, session: Session) -> None:
    """End a job, whether it calls itself abortable or not."""
    nas.jobs.abort(_job(nas, number, session))


@method("core.job_wait", role=LOGGED_IN, job=True)
async def job_wait(nas: TrueNas, number: int, *, job: LabJob) -> Any:
    """Wait for another job, as a job: its result is the other's."""
    other = nas.jobs.all.get(number)
    if other is None or not nas.jobs.visible(other, job.owner):
        raise InstanceNotFound(f"Job with id {number} does not exist")
    await other.ended.wait()
    if other.failure is not None:
        raise other.failure
    return other.result


@method("core.bulk", role=LOGGED_IN, job=True)
async def bulk(
    nas: TrueNas,
    name: str,
    calls: list[list[Any]],
    _description: str | None = None,
    *,
    job: LabJob,
) -> list[dict[str, Any]]:
    """Call a method once for each list of parameters, as one job that never fails itself."""
    wanted = nas.methods.get(name)
    if wanted is None or wanted.private or job.owner is None or not job.owner.may(wanted.role):
        raise CallError("EPERM", "Not authorized")
    outcomes = []
    for number, params in enumerate(calls):
        outcomes.append(await _one(nas, wanted, params, job.owner))
        await job.progress(100 * number / len(calls), f"{number + 1} of {len(calls)}")
    return outcomes


async def _one(nas: TrueNas, wanted: Method, params: list[Any], owner: Key) -> dict[str, Any]:
    if wanted.job:
        started = nas.jobs.start(wanted, params, owner)
        await started.ended.wait()
        return {"job_id": started.id, "error": started.error, "result": started.result}
    try:
        result = wanted.function(nas, *params)
        result = await result if inspect.isawaitable(result) else result
    except CallError as error:
        return {"job_id": None, "error": error.said, "result": None}
    return {"job_id": None, "error": None, "result": result}


@method("core.get_methods", role=FULL_ADMIN, until=V25_04, private=True)
@method("core.get_methods", role=LOGGED_IN, since=V25_10)
async def get_methods(
    nas: TrueNas, service: str | None = None, _target: str = "WS"
) -> dict[str, Any]:
    """List the public methods, with the roles that they need."""
    return {
        name: {
            "description": one.function.__doc__,
            "job": one.job,
            "roles": [] if one.role in (FULL_ADMIN, LOGGED_IN, ANYONE) else [one.role],
            "no_auth_required": one.role == ANYONE,
        }
        for name, one in nas.methods.items()
        if not one.private and service in (None, name.rpartition(".")[0])
    }


@method("system.host_id", role="READONLY_ADMIN")
async def host_id(nas: TrueNas) -> str:
    """Tell the machine's own number, which survives updates."""
    return nas.host_id


@method("system.boot_id", role=ANYONE)
async def boot_id(nas: TrueNas) -> str:
    """Tell the number of this boot."""
    return nas.boot_id


@method("system.state", role="SYSTEM_GENERAL_READ")
async def state(nas: TrueNas) -> str:
    """Tell whether it boots, runs or goes down."""
    return nas.state


@method("system.ready", role="SYSTEM_GENERAL_READ")
async def ready(nas: TrueNas) -> bool:
    """Tell whether it has booted; it stays so while it goes down."""
    return nas.state != "BOOTING"


METHODS = (
    ping,
    set_options,
    subscribe,
    unsubscribe,
    get_jobs,
    job_abort,
    job_wait,
    bulk,
    get_methods,
    host_id,
    boot_id,
    state,
    ready,
)

EVENTS = (
    Event(name="core.get_jobs", role=LOGGED_IN),
    Event(name="system.ready", role="SYSTEM_GENERAL_READ"),
    Event(name="system.reboot", role="SYSTEM_GENERAL_READ"),
    Event(name="system.shutdown", role="SYSTEM_GENERAL_READ"),
    Event(name="system.health", role="SYSTEM_GENERAL_READ", until=V24_10),
)

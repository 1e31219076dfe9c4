"""Jobs: progress, results, failures, and what becomes of them when the connection is lost."""

import asyncio
from typing import Any

import pytest

from custom_components.home_server_monitor.systems.errors import CannotConnect, NotFound
from custom_components.home_server_monitor.systems.truenas.api import jobs
from custom_components.home_server_monitor.systems.truenas.api.errors import Declined
from tests.harness import until
from tests.lab.truenas import V24_10, V25_10, CallError, LabJob, TrueNas, ValidationError, moment
from tests.systems.truenas.conftest import every_version

from .conftest import Reach, Time, offer

both_protocols = pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
WORK = "lab.work"


@pytest.fixture(autouse=True)
def work(nas: TrueNas) -> None:
    """Let the server have a job of its own."""

    async def run(_nas: TrueNas, *steps: float, job: LabJob) -> dict[str, Any]:
        for step in steps:
            await job.progress(step, f"step {step:g}")
            await asyncio.sleep(0)
        return {"at": moment(0), "steps": list(steps)}

    offer(nas, WORK, run, job=True, abortable=True)


@every_version
async def test_progress_and_result(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    told: list[tuple[float | None, str]] = []
    held = nas.jobs.hold("^lab")
    job = asyncio.create_task(
        client.job(WORK, 10, 55, 90, progress=lambda *step: told.append(step))
    )
    await until(lambda: any(session.subscriptions for session in nas.sessions))
    await until(lambda: told)
    held.release()
    result = await job
    assert result["steps"] == [10, 55, 90]
    assert result["at"].year == 1970
    assert [step for step in told if step[1]] == [
        (10.0, "step 10"),
        (55.0, "step 55"),
        (90.0, "step 90"),
        (100.0, "step 90"),
    ]
    # Events told it all: asked for when the subscription stood, and for the result.
    assert nas.calls["core.get_jobs"] <= 3
    await until(lambda: not any(session.subscriptions for session in nas.sessions))


@every_version
async def test_a_job_that_ends_before_anyone_looks(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    job_id = await client.start_job(WORK, 50)
    await nas.jobs.all[job_id].ended.wait()
    assert (await client.wait_job(job_id))["steps"] == [50]


@every_version
async def test_a_job_that_fails(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.jobs.fail("^lab", CallError("EREBOOTREQUIRED", "reboot first"))
    with pytest.raises(Declined) as raised:
        await client.job(WORK)
    assert raised.value.detail == "reboot first"
    assert raised.value.errname == "EREBOOTREQUIRED"


@both_protocols
@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (ValidationError("options.name", "Too long"), "options.name: Too long"),
        (RuntimeError("it broke"), "it broke"),
    ],
    ids=["validation", "crash"],
)
async def test_other_failures(nas: TrueNas, reach: Reach, error: Exception, detail: str) -> None:
    client = await reach(nas)
    nas.jobs.fail("^lab", error)
    with pytest.raises(Declined) as raised:
        await client.job(WORK)
    assert raised.value.detail == detail


@both_protocols
async def test_a_job_that_is_aborted(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    with nas.jobs.hold("^lab"):
        job_id = await client.start_job(WORK)
        waiting = asyncio.create_task(client.wait_job(job_id))
        await until(lambda: nas.calls["core.get_jobs"])
        await client.call("core.job_abort", job_id)
        with pytest.raises(Declined) as raised:
            await waiting
    assert raised.value.errname == "EABORTED"


@both_protocols
async def test_many_jobs_share_one_subscription(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    held = nas.jobs.hold("^lab")
    waiting = [asyncio.create_task(client.job(WORK, step)) for step in range(10)]
    await until(lambda: nas.calls["core.get_jobs"] >= 10)
    (session,) = nas.sessions
    assert list(session.subscriptions.values()) == ["core.get_jobs"]
    held.release()
    assert [(await job)["steps"] for job in waiting] == [[step] for step in range(10)]


@both_protocols
async def test_what_is_no_job_in_this_version(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    for answer in (None, True, {"id": 1}):
        offer(nas, "lab.direct", lambda _nas, answer=answer: answer)
        assert await client.job("lab.direct") == answer
        assert await client.start_job("lab.direct") == 0
    assert nas.calls["core.get_jobs"] == 0


@both_protocols
async def test_an_unknown_job(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    with pytest.raises(NotFound):
        await client.wait_job(99)


# --- Without events -----------------------------------------------------------------------------


@both_protocols
async def test_events_that_do_not_come(
    nas: TrueNas, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BACKSTOP", 0.05)
    monkeypatch.setattr(nas, "broadcast", lambda *_: None)
    client = await reach(nas)
    held = nas.jobs.hold("^lab")
    waiting = asyncio.create_task(client.job(WORK, 5))
    await until(lambda: nas.calls["core.get_jobs"] >= 2)
    held.release()
    assert (await waiting)["steps"] == [5]


@pytest.mark.parametrize("nas", [V25_10], indirect=True, ids=str)
async def test_a_key_that_may_not_subscribe(
    nas: TrueNas, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_POLL", 0.02)
    nas.faults.denied(r"^core\.subscribe$")
    client = await reach(nas)
    held = nas.jobs.hold("^lab")
    told: list[float | None] = []
    waiting = asyncio.create_task(
        client.job(WORK, 5, progress=lambda percent, _: told.append(percent))
    )
    await until(lambda: nas.calls["core.get_jobs"] >= 3)
    held.release()
    assert (await waiting)["steps"] == [5]
    assert told == [0.0, 100.0]


# --- Across outages -----------------------------------------------------------------------------


@both_protocols
async def test_the_connection_is_lost_in_the_middle_of_a_job(
    nas: TrueNas, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job goes on without anyone listening."""
    monkeypatch.setattr(jobs, "_POLL", 0.02)
    client = await reach(nas)
    held = nas.jobs.hold("^lab")
    waiting = asyncio.create_task(client.job(WORK, 5))
    await until(lambda: nas.calls["core.get_jobs"])
    nas.cut()
    await until(lambda: nas.connected == 2)
    held.release()
    assert (await waiting)["steps"] == [5]


@both_protocols
async def test_the_server_goes_in_the_middle_of_a_job(
    nas: TrueNas, reach: Reach, time: Time
) -> None:
    """Two minutes are waited out; then it is given up, and nobody knows what became of it."""
    client = await reach(nas)
    with nas.jobs.hold("^lab"):
        waiting = asyncio.create_task(client.job(WORK))
        await until(lambda: nas.calls["core.get_jobs"])
        await nas.refuse()
        for _ in range(20):
            await time.forward(5)
        assert not waiting.done()
        for _ in range(8):
            await time.forward(5)
        with pytest.raises(CannotConnect):
            await waiting
        await nas.accept()


@both_protocols
async def test_a_restart_forgets_the_job(nas: TrueNas, reach: Reach, time: Time) -> None:
    """Its number belongs to another job then."""
    client = await reach(nas)
    with nas.jobs.hold("^lab"):
        waiting = asyncio.create_task(client.job(WORK))
        await until(lambda: nas.calls["core.get_jobs"])
        await time.forward(100)
        await nas.go_down()
        await time.forward(1)
        await nas.come_up()
        nas.jobs.start(nas.methods[WORK], [], nas.admin)
        await time.forward(5)
        with pytest.raises(NotFound):
            await asyncio.wait_for(waiting, 30)

"""Jobs of the simulated TrueNAS."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness import until
from tests.lab.truenas import (
    ALL_VERSIONS,
    V24_04,
    V25_04,
    V25_10,
    V26,
    CallError,
    LabJob,
    TrueNas,
    ValidationError,
    method,
)
from tests.lab.truenas.methods import methods_of

from .talk import talk

every_version = pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)


@method("bake.cake", role="POOL_WRITE", job=True, read_role="POOL_READ")
async def bake(_nas: TrueNas, name: str, *, job: LabJob) -> str:
    """Bake."""
    if not name:
        raise ValidationError("name", "Field is required")
    await job.progress(50, "In the oven")
    return f"{name} cake"


@pytest.fixture(autouse=True)
def kitchen(nas: TrueNas) -> None:
    """Add a method to the server."""
    nas.methods |= methods_of(nas.version, [bake])


@every_version
async def test_life_of_a_job(nas: TrueNas) -> None:
    async with talk(nas) as api:
        await api.subscribe("core.get_jobs")
        number = await api.result("bake.cake", "apple")
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["fields"]["state"] != "SUCCESS":
            seen.append(await api.change())
        assert [(one["msg"], one["fields"]["state"]) for one in seen] == [
            ("added", "WAITING"),
            ("changed", "RUNNING"),
            ("changed", "RUNNING"),
            ("changed", "SUCCESS"),
        ]
        assert {one["id"] for one in seen} == {number}
        assert seen[2]["fields"]["progress"] == {
            "percent": 50,
            "description": "In the oven",
            "extra": None,
        }
        (listed,) = await api.result("core.get_jobs", [["id", "=", number]])
        assert listed == seen[-1]["fields"]
        assert (listed["result"], listed["error"], listed["exc_info"]) == ("apple cake", None, None)
        assert listed["time_finished"].keys() == {"$date"}
        assert ("message_ids" in listed) is (nas.version >= V25_10)


@every_version
async def test_jobs_that_fail(nas: TrueNas) -> None:
    nas.jobs.fail("^bake", CallError("ENOSPC", "No room in the oven"), count=1)
    async with talk(nas) as api:
        number = await api.result("bake.cake", "apple")
        await nas.jobs.all[number].ended.wait()
        (listed,) = await api.result("core.get_jobs", [["id", "=", number]])
        assert (listed["state"], listed["error"]) == ("FAILED", "[ENOSPC] No room in the oven")
        assert listed["exc_info"]["type"] == "CallError"
        number = await api.result("bake.cake", "")
        await nas.jobs.all[number].ended.wait()
        (listed,) = await api.result("core.get_jobs", [["id", "=", number]])
        assert listed["exc_info"]["extra"] == [["name", "Field is required", 22]]
        assert [job.state for job in nas.jobs.named("bake.cake")] == ["FAILED", "FAILED"]


@every_version
async def test_jobs_that_wait_and_are_ended(nas: TrueNas) -> None:
    async with talk(nas) as api:
        with nas.jobs.hold("^bake"):
            first = await api.result("bake.cake", "apple")
            second = await api.result("bake.cake", "cherry")
            assert await api.result("core.job_abort", first) is None
            await nas.jobs.all[first].ended.wait()
        await nas.jobs.all[second].ended.wait()
        listed = await api.result("core.get_jobs", [["method", "=", "bake.cake"]])
        assert [job["state"] for job in listed] == ["ABORTED", "SUCCESS"]
        assert (listed[0]["error"], listed[0]["result"]) == (None, None)


@every_version
async def test_whose_jobs_can_be_seen(nas: TrueNas) -> None:
    with nas.jobs.hold("^bake"):
        async with talk(nas) as api:
            number = await api.result("bake.cake", "apple")
        for roles, sees in (({"POOL_READ"}, 1), ({"ALERT_LIST_READ"}, 0)):
            async with talk(nas, log_in=False) as api:
                await api.log_in(nas, nas.keys.add("ha", roles).text)
                assert len(await api.result("core.get_jobs")) == sees
                if not sees:
                    assert await api.errname("core.job_abort", number) == "EPERM"
                assert await api.errname("bake.cake", "apple") == "EACCES"
    assert len(nas.jobs.all) == 1


@pytest.mark.parametrize("nas", [V25_10, V26], indirect=True, ids=str)
async def test_answers_that_wait_for_the_end(nas: TrueNas) -> None:
    nas.jobs.fail("^bake", count=1)
    async with talk(nas) as api:
        options = await api.result("core.set_options", {"legacy_jobs": False})
        assert options == {"legacy_jobs": False, "private_methods": False, "py_exceptions": False}
        error = (await api.call("bake.cake", "apple"))["error"]
        assert (error["code"], error["data"]["reason"]) == (-32001, "[EFAULT] simulated failure")
        assert (await api.call("bake.cake", ""))["error"]["code"] == -32602
        with nas.jobs.hold("^bake"):
            number = await api.send("bake.cake", "cherry")
            await until(lambda: len(nas.jobs.all) == 3)
            assert nas.jobs.all[3].message_ids == [number]
            assert await api.result("system.state") == "READY"
        assert (await api.answer(number))["result"] == "cherry cake"


@pytest.mark.parametrize("nas", [V25_04], indirect=True, ids=str)
async def test_25_04_has_no_such_option(nas: TrueNas) -> None:
    async with talk(nas) as api:
        assert await api.result("core.set_options", {"legacy_jobs": False}) is None
        assert await api.result("bake.cake", "apple") == 1


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_waiting_is_a_job_itself(nas: TrueNas) -> None:
    async with talk(nas) as api:
        assert await api.result("core.job_wait", await api.result("bake.cake", "apple")) == 2
        await nas.jobs.all[2].ended.wait()
        assert nas.jobs.all[2].result == "apple cake"


@every_version
async def test_many_at_once(nas: TrueNas) -> None:
    async with talk(nas) as api:
        number = await api.result("core.bulk", "bake.cake", [["apple"], [""]])
        await nas.jobs.all[number].ended.wait()
        good, bad = nas.jobs.all[number].result
        assert (good["result"], good["error"]) == ("apple cake", None)
        assert (bad["result"], "Field is required" in bad["error"]) == (None, True)
        number = await api.result("core.bulk", "system.host_id", [[]])
        await nas.jobs.all[number].ended.wait()
        assert nas.jobs.all[number].result == [
            {"job_id": None, "error": None, "result": nas.host_id}
        ]


async def test_jobs_outlive_their_caller(nas: TrueNas) -> None:
    with nas.jobs.hold("^bake"):
        async with talk(nas) as api:
            await api.result("bake.cake", "apple")
        await until(lambda: not nas.sessions)
    async with asyncio.timeout(1):
        await nas.jobs.all[1].ended.wait()
    assert nas.jobs.all[1].result == "apple cake"

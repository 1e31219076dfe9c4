"""Limits on the real engine: read back from it, and from the control group inside the container."""

import asyncio

from homeassistant.core import HomeAssistant
import pytest

from tests.conftest import SetUp
from tests.harness import container, until, value
from tests.lab.real import RealEngine
from tests.systems.docker.test_limits import GIB, MIB, call, refusal

pytestmark = pytest.mark.real

_HIERARCHY = (
    "for f in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max"
    " /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max; do"
    " [ -e $f ] && cat $f; done; true"
)


async def inside(engine: RealEngine, name: str) -> str:
    """Return what the control group of a container says, read inside it."""
    made = await asyncio.to_thread(
        engine.call,
        "POST",
        f"/containers/{name}/exec",
        {"AttachStdout": True, "Tty": True, "Cmd": ["sh", "-c", _HIERARCHY]},
    )
    reply = await asyncio.to_thread(
        engine.request, "POST", f"/exec/{made['Id']}/start", {"Detach": False, "Tty": True}
    )
    return str(reply.body.decode())


async def test_real_engine_and_its_control_group(
    hass: HomeAssistant, set_up: SetUp, real_docker: RealEngine, all_entities_enabled: None
) -> None:
    await asyncio.to_thread(real_docker.run, "web")
    entry = await set_up("docker", url=real_docker.tcp_url)
    answer = await call(
        hass, entry, "apply_quota", "web", cpus=0.25, memory="96m", io_read={"/dev/sda": "1m"}
    )
    assert answer["after"]["cpus"] == 0.25
    assert answer["after"]["memory"] == 96 * MIB
    assert answer["after"]["memory_swap"] in (192 * MIB, None)  # None: no swap accounting
    assert [one["limit"] for one in answer["not_applied"]] == ["io_read"]
    host = (await asyncio.to_thread(real_docker.inspect, "web"))["HostConfig"]
    assert host["NanoCpus"] == 250_000_000
    assert host["Memory"] == 96 * MIB
    told = await inside(real_docker, "web")
    assert "100663296" in told
    assert "25000" in told
    await until(lambda: value(hass, entry, container("web"), "container_memory_limit") == "96.0")


async def test_real_engine_refuses_in_words(
    hass: HomeAssistant, set_up: SetUp, real_docker: RealEngine
) -> None:
    await asyncio.to_thread(real_docker.run, "web", memory=64 * MIB)
    entry = await set_up("docker", url=real_docker.tcp_url)
    key, _ = await refusal(hass, entry, "web", memory="5m", force=True)
    assert key == "refused_memory_too_small"
    key, _ = await refusal(hass, entry, "web", memory="1g")
    assert key == "refused_memory_above_swap"
    key, _ = await refusal(hass, entry, "web", cpus=4000)
    assert key == "refused_too_many_cpus"
    table = await call(hass, entry, "apply_quota", "web")
    assert table["after"]["memory"] == 2 * GIB
    assert table["after"]["memory_swap"] == 4 * GIB
    assert table["not_applied"] == []


async def test_real_engine_with_quota_and_period(
    hass: HomeAssistant, set_up: SetUp, real_docker: RealEngine
) -> None:
    more = {"HostConfig": {"NetworkMode": "none", "CpuQuota": 50_000, "CpuPeriod": 50_000}}
    await asyncio.to_thread(real_docker.run, "web", more=more)
    entry = await set_up("docker", url=real_docker.tcp_url)
    answer = await call(hass, entry, "apply_quota", "web", cpus=0.5, pids=64)
    assert answer["before"]["cpus"] == 1
    assert answer["after"]["cpus"] == 0.5
    assert answer["after"]["pids"] == 64
    host = (await asyncio.to_thread(real_docker.inspect, "web"))["HostConfig"]
    assert (host["CpuQuota"], host["NanoCpus"]) == (25_000, 0)
    endless = await call(hass, entry, "apply_quota", "web", pids=-1)
    assert endless["after"]["pids"] is None


async def test_real_engine_ignores_block_io_in_an_update(real_docker: RealEngine) -> None:
    """Which is why it is told under ``not_applied``."""
    await asyncio.to_thread(real_docker.run, "web")
    body = {"BlkioDeviceWriteBps": [{"Path": "/dev/sda", "Rate": MIB}]}
    reply = await asyncio.to_thread(real_docker.request, "POST", "/containers/web/update", body)
    assert reply.status == 200
    host = (await asyncio.to_thread(real_docker.inspect, "web"))["HostConfig"]
    assert not host["BlkioDeviceWriteBps"]


async def test_real_engine_keeps_endless_swap(
    hass: HomeAssistant, set_up: SetUp, real_docker: RealEngine
) -> None:
    more = {"HostConfig": {"NetworkMode": "none", "Memory": 64 * MIB, "MemorySwap": -1}}
    await asyncio.to_thread(real_docker.run, "web", more=more)
    entry = await set_up("docker", url=real_docker.tcp_url)
    answer = await call(hass, entry, "apply_quota", "web", memory="96m")
    assert answer["after"]["memory"] == 96 * MIB
    host = (await asyncio.to_thread(real_docker.inspect, "web"))["HostConfig"]
    assert host["MemorySwap"] == -1


async def test_real_old_engine(
    hass: HomeAssistant, set_up: SetUp, real_docker_old: RealEngine
) -> None:
    await asyncio.to_thread(real_docker_old.run, "web")
    entry = await set_up("docker", url=real_docker_old.tcp_url)
    answer = await call(hass, entry, "apply_quota", "web", cpus=0.5, memory="96m")
    assert (answer["after"]["cpus"], answer["after"]["memory"]) == (0.5, 96 * MIB)

"""``scripts/demo`` as a program: its one line, its errors, and what it leaves behind (nothing)."""

import asyncio
from contextlib import suppress
import os
from pathlib import Path
import signal
import socket

import aiohttp
import pytest

from tests.lab.real import RealEngine
from tests.lab.real.engine import STAY
from tests.lab.real.process import free_port

from .demo import DOMAIN, Demo, demo, launch

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("socket_enabled")]


def _children(process_id: int) -> set[int]:
    """Return the process ids of all descendants."""
    tasks = Path(f"/proc/{process_id}/task")
    if not tasks.is_dir():
        return set()
    found: set[int] = set()
    for children in tasks.glob("*/children"):
        for child in map(int, children.read_text().split()):
            found |= {child} | _children(child)
    return found


def _alive(process_ids: set[int]) -> set[int]:
    return {number for number in process_ids if Path(f"/proc/{number}").exists()}


async def _until_gone(process_ids: set[int]) -> None:
    for _ in range(300):
        if not _alive(process_ids):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"still there: {_alive(process_ids)}")


def _running(module: str, process_ids: set[int]) -> int:
    """Return the process that runs a module."""
    for number in process_ids:
        command = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        if module.encode() in command:
            return number
    raise AssertionError(f"{module} does not run")


def _is_python(process_id: int) -> bool:
    """Say whether the shell of scripts/demo has made way for the demo itself."""
    return b"scripts.demo_house" in Path(f"/proc/{process_id}/cmdline").read_bytes()


async def test_everything_is_loaded_when_the_line_is_printed(tmp_path: Path) -> None:
    async with demo(tmp_path) as house:
        entries = await house.get(f"config/config_entries/entry?domain={DOMAIN}")
        states = [state["entity_id"] for state in await house.get("states")]
        complaints = await house.complaints()
    assert len(entries) >= 3
    assert {entry["state"] for entry in entries} == {"loaded"}
    assert len(states) > 50
    assert complaints == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_all_that_was_started(tmp_path: Path, number: signal.Signals) -> None:
    async with demo(tmp_path, "--empty") as house:
        started = _children(house.process.pid)
        assert len(started) >= 2
        house.process.send_signal(number)
        assert await house.process.wait() == 0
    assert _alive(started) == set()


async def test_a_killed_demo_takes_its_children_with_it(tmp_path: Path) -> None:
    async with demo(tmp_path, "--empty") as house:
        started = _children(house.process.pid)
        house.process.kill()
        await house.process.wait()
        await _until_gone(started)


@pytest.mark.parametrize(
    ("module", "name"), [("tests.lab", "The lab"), ("homeassistant", "Home Assistant")]
)
async def test_a_part_that_dies_ends_all_with_its_last_words(
    tmp_path: Path, module: str, name: str
) -> None:
    async with demo(tmp_path, "--empty") as house:
        started = _children(house.process.pid)
        os.kill(_running(module, started), signal.SIGKILL)
        assert await asyncio.wait_for(house.process.wait(), 60) == 1
    assert f"{name} ended by itself with status -9" in (tmp_path / "demo.log").read_text()
    assert _alive(started) == set()


async def test_a_signal_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    process = await launch("--port", str(free_port()), errors=tmp_path / "demo.log")
    started: set[int] = set()
    for _ in range(200):
        started = _children(process.pid)
        if len(started) >= 2 and _is_python(process.pid):
            break
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 60) == 0
    assert _alive(started) == set()


async def _refused(folder: Path, *options: str) -> str:
    """Run a demo that must fail; return what it says."""
    errors = folder / "demo.log"
    process = await launch(*options, errors=errors)
    assert await asyncio.wait_for(process.wait(), 60) == 1
    return errors.read_text()


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = await _refused(tmp_path, "--port", str(port))
    assert f"Port {port} on 127.0.0.1 cannot be had" in said


async def test_an_absent_engine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    said = await _refused(tmp_path, "--real-docker", "--port", str(free_port()))
    assert f"There is no Docker Engine at {tmp_path}/none.sock" in said


@pytest.mark.real
async def test_the_real_engine_can_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_docker: RealEngine
) -> None:
    await asyncio.to_thread(real_docker.reset)
    await asyncio.to_thread(real_docker.run, "kettle", STAY)
    monkeypatch.setenv("DOCKER_HOST", real_docker.socket_url)
    async with demo(tmp_path, "--real-docker") as house:
        assert (await house.get("states/sensor.kettle_state"))["state"] == "running"
        await house.act("button", "press", "button.kettle_restart")
        assert await house.complaints() == []


async def test_home_assistant_restarted_from_its_page_comes_back(tmp_path: Path) -> None:
    async with demo(tmp_path) as house:
        before = _running("homeassistant", _children(house.process.pid))
        await house.act("homeassistant", "restart")
        await _until_gone({before})
        states = await _states_once_it_answers(house)
        assert "loaded" in states
        assert house.process.returncode is None


async def _states_once_it_answers(house: Demo) -> set[str]:
    for _ in range(300):
        await asyncio.sleep(0.1)
        with suppress(aiohttp.ClientError):
            entries = await house.get(f"config/config_entries/entry?domain={DOMAIN}")
            states = {entry["state"] for entry in entries}
            if states == {"loaded"}:
                return states
    raise AssertionError("Home Assistant did not come back")

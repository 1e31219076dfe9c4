"""`python -m tests.lab` prints its one line, runs, and ends cleanly."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
import signal
import sys
from typing import Any

import aiohttp
import pytest

from tests.lab.lab import Lab
from tests.lab.real.process import free_port

ROOT = Path(__file__).resolve().parents[2]


async def start(*arguments: str) -> asyncio.subprocess.Process:
    """Start the lab as a program."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.lab", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_one_line_until_a_signal(number: signal.Signals, socket_enabled: None) -> None:
    port = free_port()
    process = await start("--port", f"docker={port}")
    assert process.stdout is not None
    async with asyncio.timeout(20):
        doors: dict[str, Any] = json.loads(await process.stdout.readline())
    assert doors["docker"] == {"url": f"http://127.0.0.1:{port}"}
    assert doors["nut"].keys() == {"host", "port", "username", "password"}
    headers = {"X-API-Key": doors["portainer"]["token"]}
    async with aiohttp.ClientSession(headers=headers) as session:
        path = "/api/endpoints/1/docker/containers/json?all=1"
        async with session.get(doors["portainer"]["url"] + path) as answer:
            assert len(await answer.json()) >= 4
        async with session.get(doors["docker"]["url"] + "/events") as stream:
            process.send_signal(number)
            async with asyncio.timeout(5):
                output, errors = await process.communicate()
                with pytest.raises(aiohttp.ClientError):
                    await stream.content.read()
    assert (process.returncode, output, errors) == (0, b"", b"")


async def test_wrong_name() -> None:
    process = await start("teapot")
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"teapot" in errors


async def test_another_engine_behind_portainer(socket_enabled: None) -> None:
    async with Lab(["docker"]) as other:
        other.engine.add("special")
        async with Lab(["portainer"], docker_url=other.engine.url) as lab:
            assert list(lab.doors) == ["portainer"]
            headers = {"X-API-Key": lab.portainer.api_key}
            async with aiohttp.ClientSession(headers=headers) as session:
                path = "/api/endpoints/1/docker/containers/special/json"
                async with session.get(lab.portainer.url + path) as answer:
                    assert answer.status == 200

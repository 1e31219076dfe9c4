"""Starts ``scripts/demo`` as a user does, and reads its one line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import json
from pathlib import Path
import signal
from typing import Any

import aiohttp

from tests.lab.real.process import free_port

PROJECT = Path(__file__).resolve().parents[2]
DOMAIN = "home_server_monitor"
# Longer than the demo itself waits for its parts: it says which one hangs.
_SECONDS = 150.0
# Home Assistant says this of every custom integration.
_ALWAYS_SAID = {"homeassistant.loader"}

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: what its line says, its process, and a folder for what tells of failures."""

    url: str
    token: str
    username: str
    password: str
    process: asyncio.subprocess.Process
    folder: Path

    async def get(self, path: str) -> Any:
        """Read from Home Assistant's REST API."""
        async with self._session() as session, session.get(f"{self.url}/api/{path}") as response:
            response.raise_for_status()
            return await response.json()

    async def act(self, domain: str, action: str, entity_id: str | None = None) -> None:
        """Perform one of Home Assistant's actions, on an entity or as such."""
        target = {} if entity_id is None else {"entity_id": entity_id}
        address = f"{self.url}/api/services/{domain}/{action}"
        async with self._session() as session, session.post(address, json=target) as response:
            response.raise_for_status()

    async def command(self, kind: str, **words: Any) -> Any:
        """Send one command over Home Assistant's websocket and return its result."""
        address = f"{self.url}/api/websocket"
        async with self._session() as session, session.ws_connect(address, max_msg_size=0) as ws:
            await ws.receive_json()
            await ws.send_json({"type": "auth", "access_token": self.token})
            await ws.receive_json()
            await ws.send_json({"id": 1, "type": kind, **words})
            answer = await ws.receive_json()
        assert answer["success"], answer
        return answer["result"]

    async def complaints(self) -> list[str]:
        """Return the warnings and errors in Home Assistant's log that name this integration."""
        entries: list[Json] = await self.command("system_log/list")
        return [
            f"{entry['level']} {entry['name']}: {entry['message']} {entry['exception']}"
            for entry in entries
            if DOMAIN in json.dumps(entry) and entry["name"] not in _ALWAYS_SAID
        ]

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.token}"})


async def launch(*options: str, errors: Path) -> asyncio.subprocess.Process:
    """Run ``scripts/demo`` with options; what it says beside its line goes to a file."""
    with errors.open("wb") as sink:
        return await asyncio.create_subprocess_exec(
            str(PROJECT / "scripts" / "demo"),
            *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=sink,
        )


@asynccontextmanager
async def demo(folder: Path, *options: str) -> AsyncIterator[Demo]:
    """Give a demo that stands; stop it afterwards the way Ctrl-C does."""
    errors = folder / "demo.log"
    process = await launch("--json", "--port", str(free_port()), *options, errors=errors)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _SECONDS)
        assert line, errors.read_text()
        yield Demo(**json.loads(line), process=process, folder=folder)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), _SECONDS)

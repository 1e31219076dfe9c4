"""A client that says to the simulated TrueNAS what it is told to, and shows the answers as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.lab.truenas import V25_04, TrueNas

Message = dict[str, Any]


class Talk:
    """One websocket: `call()` waits for its answer, all other messages gather in `told`."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, *, ddp: bool) -> None:
        """Take over a connection."""
        self.ws = ws
        self.ddp = ddp
        self.told: list[Message] = []
        self._number = 0

    async def send(self, method: str, *params: Any) -> int:
        """Send a call and return its number."""
        self._number += 1
        message: Message = {"id": self._number, "method": method, "params": list(params)}
        await self.ws.send_json(message | ({"msg": "method"} if self.ddp else {"jsonrpc": "2.0"}))
        return self._number

    async def answer(self, number: int) -> Message:
        """Wait for the answer to a call."""
        async with asyncio.timeout(5):
            while True:
                message: Message = await self.ws.receive_json()
                if message.get("id") == number and "collection" not in message:
                    return message
                self.told.append(message)

    async def call(self, method: str, *params: Any) -> Message:
        """Make a call and return the whole answer."""
        return await self.answer(await self.send(method, *params))

    async def result(self, method: str, *params: Any) -> Any:
        """Make a call and return its result."""
        return (await self.call(method, *params))["result"]

    async def errname(self, method: str, *params: Any) -> str:
        """Make a call and return the name of its error; "" when there is none."""
        error = (await self.call(method, *params)).get("error", {})
        return str(error.get("data", error).get("errname", error.get("code", "")))

    async def next(self) -> Message:
        """Return what was told, or wait for it."""
        if self.told:
            return self.told.pop(0)
        async with asyncio.timeout(5):
            message: Message = await self.ws.receive_json()
            return message

    async def change(self) -> Message:
        """Return the next change of something that is subscribed to, as both protocols say it."""
        message = await self.next()
        return message if self.ddp else message["params"]

    async def subscribe(self, name: str) -> Any:
        """Subscribe to an event; returns the subscription's id."""
        if not self.ddp:
            return await self.result("core.subscribe", name)
        await self.ws.send_json({"id": "s1", "msg": "sub", "name": name})
        assert await self.next() == {"msg": "ready", "subs": ["s1"]}
        return "s1"

    async def closed(self) -> int | None:
        """Wait for the end of the connection and return its close code, None without one."""
        async with asyncio.timeout(5):
            while not (await self.ws.receive()).type.name.startswith(("CLOS", "ERR")):
                pass
        return (
            None
            if self.ws.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
            else self.ws.close_code
        )

    async def log_in(self, nas: TrueNas, key: str | None = None) -> None:
        """Log in, as a full admin unless another key is given."""
        assert await self.result("auth.login_with_api_key", key or nas.api_key) is True


@asynccontextmanager
async def talk(
    nas: TrueNas, *, log_in: bool = True, ddp: bool | None = None, url: str | None = None
) -> AsyncGenerator[Talk]:
    """Connect in the protocol that a client of this version would use, and log in."""
    old = nas.version < V25_04 if ddp is None else ddp
    address = f"{url or nas.url}/{'websocket' if old else 'api/current'}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, ssl=False, max_msg_size=0) as ws,
    ):
        one = Talk(ws, ddp=old)
        if old:
            await ws.send_json({"msg": "connect", "version": "1", "support": ["1"]})
            assert (await ws.receive_json())["msg"] == "connected"
        if log_in:
            await one.log_in(nas)
        yield one

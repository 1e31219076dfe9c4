"""The simulated upsd: its port, its connections and their faults."""

from __future__ import annotations

import asyncio
from collections import Counter
import re
from types import TracebackType
from typing import Self, override

from ..clock import Clock
from ..faults import GARBAGE, Fault, Faults, Kind
from ..wire import LOOPBACK, Listener, reset
from .commands import Commands, Session
from .ups import Ups


class NutServer(Commands):
    """A simulated upsd on 127.0.0.1.

    async with NutServer() as nut:
        ups = nut.add("ups")
        ups.set(ups_status="OB DISCHRG", battery_charge=80)

    * `upses`, `users`: by name; the user of the lab is `username` / `password` and may do all.
    * `requests`: every line received; `counts` by first two words; `bytes_sent`.
    * `faults`: hang, slow, garbage and reset, matched against the whole line (`method`: its first
      word); `refuse()` and `accept()` close and reopen the port; `cut()` drops connections.
    """

    def __init__(self, *, port: int = 0, clock: Clock | None = None) -> None:
        """Prepare a upsd without UPSes."""
        super().__init__()
        self.clock = clock or Clock()
        self.faults = Faults(self.clock)
        self.requests: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener = Listener(lambda: _Connection(self), port=port)

    @property
    def host(self) -> str:
        """The address."""
        return LOOPBACK

    @property
    def port(self) -> int:
        """The port, once open."""
        return self._listener.port

    @property
    def bytes_sent(self) -> int:
        """Bytes written since the last `reset_counts()`."""
        return self._listener.bytes_sent

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._listener.connections)

    @property
    def counts(self) -> Counter[str]:
        """How often each command (its first two words) was given."""
        return Counter(" ".join(line.split()[:2]) for line in self.requests)

    def reset_counts(self) -> None:
        """Start counting anew."""
        self.requests.clear()
        self._listener.bytes_sent = 0

    def add(self, name: str, *, description: str = "Description unavailable") -> Ups:
        """Add a UPS on the mains, fully charged."""
        ups = self.upses[name] = Ups(name, description)
        return ups

    async def open(self) -> None:
        """Start listening."""
        await self._listener.open()

    async def close(self) -> None:
        """Stop and cut all connections."""
        self.faults.clear()
        await self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def refuse(self) -> None:
        """Close the port and cut all connections."""
        await self._listener.close(keep_port=True)

    async def accept(self) -> None:
        """Open the same port again."""
        await self._listener.open()

    def cut(self) -> None:
        """Cut all open connections; new ones are welcome."""
        self._listener.cut()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.close()

    def spawn(self, connection: _Connection) -> asyncio.Task[None]:
        """Serve a connection."""
        task = asyncio.get_running_loop().create_task(connection.serve())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Connection(asyncio.Protocol):
    """One client's connection: lines are answered one after the other."""

    def __init__(self, server: NutServer) -> None:
        self._server = server
        self._session = Session()
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.sessions.add(self._session)
        self._task = self._server.spawn(self)

    @override
    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._lines.put_nowait(line.decode("utf-8", "replace").strip())

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._server.sessions.discard(self._session)
        if self._task is not None:
            self._task.cancel()

    async def serve(self) -> None:
        """Answer until the connection ends."""
        transport = self._transport
        assert transport is not None
        while not transport.is_closing():
            line = await self._lines.get()
            self._server.requests.append(re.sub(r"^(PASSWORD) .*", r"\1 ***", line))
            method = line.split(" ", 1)[0]
            fault = self._server.faults.take(method, line)
            if fault is not None and not await self._misbehave(fault, transport):
                continue
            transport.write(self._server.answer(self._session, line).encode())
            if method.upper() == "LOGOUT":
                transport.close()

    async def _misbehave(self, fault: Fault, transport: asyncio.Transport) -> bool:
        """Do what the fault says; True when the line is to be answered all the same."""
        match fault.kind:
            case Kind.SLOW:
                await asyncio.sleep(fault.seconds)
                return True
            case Kind.GARBAGE:
                transport.write(GARBAGE + b"\n")
            case Kind.STATUS:
                # The protocol has no numbers; the body names the error, e.g. b"DATA-STALE".
                transport.write(b"ERR " + (fault.body or b"ACCESS-DENIED") + b"\n")
            case Kind.HANG:
                await fault.gone.wait()
                transport.abort()
            case Kind.HALF:
                transport.write(b"BEGIN LIST VAR ups\nVAR ups battery.cha")
                transport.close()
            case Kind.RESET:
                reset(transport)
        return False

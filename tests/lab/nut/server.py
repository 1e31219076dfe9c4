"""upsd's text protocol, as NUT 2.8 speaks it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
import re
import shlex
from types import TracebackType
from typing import Self, override

from ..clock import Clock
from ..faults import GARBAGE, Fault, Faults, Kind
from ..wire import LOOPBACK, Listener, reset
from .ups import Ups, User

VERSION = "Network UPS Tools upsd 2.8.0 - http://www.networkupstools.org/"
_UNITS = {
    "battery.charge": "Battery charge (percent of full)",
    "battery.runtime": "Battery runtime (seconds)",
    "input.voltage": "Input voltage (V)",
    "ups.load": "Load on UPS (percent of full)",
    "ups.status": "UPS status",
}


class NutError(Exception):
    """An ERR answer."""


@dataclass(eq=False)
class _Session:
    """What one connection has said of itself."""

    username: str | None = None
    password: str | None = None
    logged_in: Ups | None = None
    address: str = LOOPBACK


class NutServer:
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
        self.clock = clock or Clock()
        self.faults = Faults(self.clock)
        self.upses: dict[str, Ups] = {}
        self.username, self.password = "lab", "lab-password"
        self.users = {self.username: User(self.password, True, True, True, True)}
        self.requests: list[str] = []
        self.sessions: set[_Session] = set()
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

    # -- the protocol -----------------------------------------------------------------------------

    def answer(self, session: _Session, line: str) -> str:
        """Return the answer to a line, with its line ends."""
        try:
            words = shlex.split(line)
            return self._handler(words)(session, words[1:])
        except NutError as error:
            return f"ERR {error}\n"
        except ValueError:
            return "ERR INVALID-ARGUMENT\n"

    def _handler(self, words: list[str]) -> Callable[[_Session, list[str]], str]:
        name = words[0].lower() if words else ""
        handler: Callable[[_Session, list[str]], str] | None = getattr(self, f"_do_{name}", None)
        if handler is None:
            raise NutError("UNKNOWN-COMMAND")
        return handler

    def _ups(self, name: str, *, alive: bool = True) -> Ups:
        ups = self.upses.get(name)
        if ups is None:
            raise NutError("UNKNOWN-UPS")
        if alive and not ups.connected:
            raise NutError("DRIVER-NOT-CONNECTED")
        if alive and ups.stale:
            raise NutError("DATA-STALE")
        return ups

    def _user(self, session: _Session) -> User:
        if session.username is None:
            raise NutError("USERNAME-REQUIRED")
        if session.password is None:
            raise NutError("PASSWORD-REQUIRED")
        user = self.users.get(session.username)
        # upsd finds a wrong password only when a right is asked for.
        if user is None or user.password != session.password:
            raise NutError("ACCESS-DENIED")
        return user

    def _do_ver(self, session: _Session, words: list[str]) -> str:
        return f"{VERSION}\n"

    def _do_netver(self, session: _Session, words: list[str]) -> str:
        return "1.3\n"

    _do_protver = _do_netver

    def _do_help(self, session: _Session, words: list[str]) -> str:
        return "Commands: HELP VER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS\n"

    def _do_starttls(self, session: _Session, words: list[str]) -> str:
        raise NutError("FEATURE-NOT-CONFIGURED")

    def _do_username(self, session: _Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        if session.username is not None:
            raise NutError("ALREADY-SET-USERNAME")
        session.username = words[0]
        return "OK\n"

    def _do_password(self, session: _Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        if session.password is not None:
            raise NutError("ALREADY-SET-PASSWORD")
        session.password = words[0]
        return "OK\n"

    def _do_login(self, session: _Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        if session.logged_in is not None:
            raise NutError("ALREADY-LOGGED-IN")
        user = self._user(session)
        ups = self._ups(words[0], alive=False)
        if not user.monitor:
            raise NutError("ACCESS-DENIED")
        session.logged_in = ups
        return "OK\n"

    def _do_logout(self, session: _Session, words: list[str]) -> str:
        return "OK Goodbye\n"

    def _do_list(self, session: _Session, words: list[str]) -> str:
        if not words:
            raise NutError("INVALID-ARGUMENT")
        what = words[0].upper()
        if what == "UPS":
            body = [f'UPS {ups.name} "{ups.description}"' for ups in self.upses.values()]
            return _block("UPS", body)
        if what not in ("VAR", "RW", "CMD", "CLIENT", "ENUM", "RANGE"):
            raise NutError("INVALID-ARGUMENT")
        if len(words) < 2:
            raise NutError("INVALID-ARGUMENT")
        # upsd knows its clients without asking the driver.
        ups = self._ups(words[1], alive=what != "CLIENT")
        return _block(" ".join([what, *words[1:]]), self._lines(what, ups, words[2:]))

    def _lines(self, what: str, ups: Ups, rest: list[str]) -> list[str]:
        name = ups.name
        match what:
            case "VAR":
                return [f'VAR {name} {key} "{ups.get(key)}"' for key in sorted(ups.variables)]
            case "RW":
                keys = sorted(ups.writable & ups.variables.keys())
                return [f'RW {name} {key} "{ups.get(key)}"' for key in keys]
            case "CMD":
                return [f"CMD {name} {command}" for command in sorted(ups.commands)]
            case "CLIENT":
                users = [s for s in self.sessions if s.logged_in is ups]
                return [f"CLIENT {name} {session.address}" for session in users]
        # ENUM and RANGE of a variable: the lab's variables are free text.
        if not rest or rest[0] not in ups.variables:
            raise NutError("VAR-NOT-SUPPORTED")
        return []

    def _do_get(self, session: _Session, words: list[str]) -> str:
        if len(words) < 2:
            raise NutError("INVALID-ARGUMENT")
        what = words[0].upper()
        ups = self._ups(words[1], alive=what != "UPSDESC")
        if what == "NUMLOGINS":
            count = sum(1 for s in self.sessions if s.logged_in is ups)
            return f"NUMLOGINS {ups.name} {count}\n"
        if what == "UPSDESC":
            return f'UPSDESC {ups.name} "{ups.description}"\n'
        if len(words) < 3:
            raise NutError("INVALID-ARGUMENT")
        name = words[2]
        if what == "CMDDESC":
            text = ups.commands.get(name, "Description unavailable")
            return f'CMDDESC {ups.name} {name} "{text}"\n'
        if what == "DESC":
            return f'DESC {ups.name} {name} "{_UNITS.get(name, "Description unavailable")}"\n'
        value = ups.get(name)
        if value is None:
            raise NutError("VAR-NOT-SUPPORTED")
        if what == "TYPE":
            kind = "RW STRING:32" if name in ups.writable else "NUMBER"
            return f"TYPE {ups.name} {name} {kind}\n"
        if what != "VAR":
            raise NutError("INVALID-ARGUMENT")
        return f'VAR {ups.name} {name} "{value}"\n'

    def _do_set(self, session: _Session, words: list[str]) -> str:
        if len(words) != 4 or words[0].upper() != "VAR":
            raise NutError("INVALID-ARGUMENT")
        user, ups = self._user(session), self._ups(words[1])
        if not user.set:
            raise NutError("ACCESS-DENIED")
        if words[2] not in ups.variables:
            raise NutError("VAR-NOT-SUPPORTED")
        if words[2] not in ups.writable:
            raise NutError("READONLY")
        ups.variables[words[2]] = words[3]
        return "OK\n"

    def _do_instcmd(self, session: _Session, words: list[str]) -> str:
        if len(words) not in (2, 3):
            raise NutError("INVALID-ARGUMENT")
        user, ups = self._user(session), self._ups(words[0])
        if words[1] not in ups.commands:
            raise NutError("CMD-NOT-SUPPORTED")
        if not user.commands:
            raise NutError("ACCESS-DENIED")
        ups.done.append((words[1], words[2] if len(words) > 2 else None))
        self._obey(ups, words[1])
        return "OK\n"

    def _obey(self, ups: Ups, command: str) -> None:
        match command:
            case "beeper.enable":
                ups.variables["ups.beeper.status"] = "enabled"
            case "beeper.disable":
                ups.variables["ups.beeper.status"] = "disabled"
            case "beeper.mute":
                ups.variables["ups.beeper.status"] = "muted"
            case "test.battery.start.quick":
                ups.variables["ups.test.result"] = "Done and passed"
            case "load.off":
                ups.variables["ups.status"] = "OFF"

    def _do_fsd(self, session: _Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        user, ups = self._user(session), self._ups(words[0])
        if not user.fsd:
            raise NutError("ACCESS-DENIED")
        ups.forced = True
        return "OK FSD-SET\n"


def _block(title: str, lines: list[str]) -> str:
    body = "".join(f"{line}\n" for line in lines)
    return f"BEGIN LIST {title}\n{body}END LIST {title}\n"


class _Connection(asyncio.Protocol):
    """One client's connection: lines are answered one after the other."""

    def __init__(self, server: NutServer) -> None:
        self._server = server
        self._session = _Session()
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

"""One connection to ``upsd``: aionut's, with what it leaves to be wished for.

aionut logs every line that it sends, the password included; it takes its lines apart at spaces
without quoting them; it leaves the socket open when its greeting fails; and it refuses answers
that are not ASCII, for which one umlaut in a description is enough. Here the greeting is said after
aionut counts itself as connected, so that it closes the connection when that fails.
"""

import asyncio
import re
from typing import override

from aionut import (
    AIONUTClient,
    NUTConnectionClosedError,
    NUTLoginError,
    NUTProtocolError,
)
from aionut.client import connected_operation

from ..errors import InvalidAuth

_TIMEOUT = 5.0
_UNQUOTED = re.compile(r"[\w.@%+:,/!?*-]+", re.ASCII)


class Connection(AIONUTClient):
    """A connection that stays open, comes back by itself, and keeps its credentials to itself.

    Raises aionut's errors.
    """

    def __init__(self, host: str, port: int, username: str | None, password: str | None) -> None:
        """Prepare; the first question connects. Raises ``InvalidAuth`` for impossible words."""
        super().__init__(host, port, timeout=_TIMEOUT)
        self._greeting: tuple[str, ...] = ()
        self._version: str | None = None
        if username and password:
            self._greeting = (f"USERNAME {_word(username)}", f"PASSWORD {_word(password)}")

    @override
    async def _connect(self) -> None:
        await super()._connect()
        self._version = None
        for line in self._greeting:
            await self._say(line)

    async def _say(self, line: str) -> None:
        """Send a line of the greeting; neither it nor the answer reaches a log or an error."""
        if self._writer is None or self._reader is None:
            raise NUTConnectionClosedError("Not connected")
        self._writer.write(f"{line}\n".encode())
        async with asyncio.timeout(self.timeout):
            answer = await self._reader.readline()
        if not answer:
            raise NUTConnectionClosedError("Connection closed by server")
        if answer.startswith(b"ERR"):
            raise NUTLoginError("The credentials were rejected")
        if not answer.startswith(b"OK"):
            raise NUTProtocolError("Unexpected response to the credentials")

    @override
    async def _read_util(self, data: str) -> str:
        if self._reader is None:
            raise NUTConnectionClosedError("Not connected")
        async with asyncio.timeout(self.timeout):
            answer = await self._reader.readuntil(data.encode())
        return answer.decode(errors="replace")

    @connected_operation
    async def ask(self, line: str) -> str:
        """Send one line and return the one line that answers it."""
        return (await self._write_command_or_raise(f"{line}\n")).strip()

    async def version(self) -> str:
        """Return the answer to VER, asked once for each connection: it changes with none."""
        if self._version is None:
            answer = await self.ask("VER")
            self._version = answer
        return self._version


def _word(text: str) -> str:
    """Return ``text`` as one word of the protocol."""
    if any(ord(letter) < 32 for letter in text):
        raise InvalidAuth
    if _UNQUOTED.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

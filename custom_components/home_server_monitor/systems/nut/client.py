"""Talks to a NUT server. Nothing but ``HomeServerError`` leaves here."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
import errno
import re
import socket

from aionut import (
    NUTCommandError,
    NUTConnectionClosedError,
    NUTError,
    NUTLoginError,
    NUTOSError,
    NUTShutdownError,
    NUTTimeoutError,
    NUTValueError,
)

from ..errors import (
    BadAnswer,
    CannotConnect,
    CannotResolve,
    ConnectionRefused,
    ConnectTimeout,
    HomeServerError,
    InvalidAddress,
    InvalidAuth,
    NotFound,
    Rejected,
    WrongServer,
)
from . import parse
from .connection import Connection
from .models import NutServer, Ups

# No driver has this variable, so that nothing can be changed by setting it.
_NO_VARIABLE = "home-server-monitor.no-such-variable"
# What upsd itself puts there while it waits for a driver that has just come.
_NOT_YET = "WAIT"
_REFUSED = f"[Errno {errno.ECONNREFUSED}]"
_MEANINGS = {
    "DATA-STALE": "the driver does not hear from the UPS",
    "DRIVER-NOT-CONNECTED": "the driver does not run",
}


class NutClient:
    """One ``upsd`` and its UPSes, over one connection that stays open."""

    def __init__(
        self, host: str, port: int, username: str | None = None, password: str | None = None
    ) -> None:
        """Prepare; nothing is sent yet. Credentials are both given or both left out.

        Raises ``InvalidAddress`` for a host that cannot be one, ``InvalidAuth`` for credentials
        that cannot be any.
        """
        self.host = _host(host)
        self.port = port
        self._credentials = (username, password) if username else (None, None)
        if username and not password:
            raise InvalidAuth
        self._connection = Connection(self.host, port, *self._credentials)

    async def prove(self) -> None:
        """Make sure that a ``upsd`` answers, and that it accepts the credentials if there are any.

        Raises ``WrongServer`` for whatever does not speak the protocol.
        """
        try:
            upses = await self.upses()
        except BadAnswer as err:
            raise WrongServer(err.detail) from err
        if any(self._credentials):
            await self._check_credentials(upses)

    async def upses(self) -> Mapping[str, str]:
        """Return the UPSes of the server: names and descriptions."""
        with _errors(self._connection):
            return await self._connection.list_ups()

    async def check_health(self) -> None:
        """Raise what keeps the server from telling its UPSes."""
        await self.upses()

    async def server(self) -> NutServer:
        """Return what the server says of itself."""
        try:
            with _errors(self._connection):
                return NutServer(version=parse.version(await self._connection.version()))
        except Rejected:
            # Devices that only imitate upsd do not all know VER.
            return NutServer(version=None)

    async def ups(self, name: str, description: str) -> Ups:
        """Read one UPS.

        Raises ``NotFound`` where it has left, ``Rejected`` where its driver tells nothing now.
        """
        with _errors(self._connection):
            variables = await self._connection.list_vars(name)
            if variables.get("ups.status") == _NOT_YET:
                raise Rejected(f"{_NOT_YET}: the driver has not told its data yet")
            return parse.ups(name, description, variables)

    async def _check_credentials(self, upses: Iterable[str]) -> None:
        """Find out whether upsd accepts the credentials, without leaving a trace.

        upsd answers OK to any PASSWORD and looks at it only when a right is used. Setting a
        variable that does not exist needs the right SET and changes nothing. A user of upsmon
        lacks it but may LOGIN, which counts as a computer fed by the UPS until LOGOUT: hence only
        where SET was denied, and on a connection of its own that ends at once.
        """
        probe = Connection(self.host, self.port, *self._credentials)
        try:
            for ups in upses:
                accepted = await _accepts(probe, ups)
                if accepted is False:
                    raise InvalidAuth
                if accepted:
                    return
        finally:
            probe.shutdown()

    async def close(self) -> None:
        """Close the connection for good."""
        self._connection.shutdown()


async def _accepts(probe: Connection, ups: str) -> bool | None:
    """Whether a right was granted or denied; None where a missing driver hides it."""
    on_set = await _word_of_answer(probe, f'SET VAR {ups} {_NO_VARIABLE} "0"')
    if on_set == "VAR-NOT-SUPPORTED":
        return True
    on_login = await _word_of_answer(probe, f"LOGIN {ups}")
    if on_login == "OK":
        # Whoever leaves without a word is counted until upsd notices.
        with suppress(CannotConnect):
            await _word_of_answer(probe, "LOGOUT")
        return True
    return False if on_set == on_login == "ACCESS-DENIED" else None


async def _word_of_answer(probe: Connection, line: str) -> str:
    try:
        with _errors(probe):
            answer = await probe.ask(line)
    except InvalidAuth:
        return "ACCESS-DENIED"
    except (Rejected, NotFound) as err:
        return err.detail.partition(":")[0]
    return answer.partition(" ")[0]


def _host(host: str) -> str:
    """Return the host without what people type around it; ``InvalidAddress`` if it is none."""
    cleaned = host.strip().removeprefix("[").removesuffix("]")
    try:
        cleaned.encode("idna")
    except UnicodeError as err:
        raise InvalidAddress(host) from err
    if not cleaned or re.search(r"[\s/@\x00-\x1f]", cleaned):
        raise InvalidAddress(host)
    return cleaned


@contextmanager
def _errors(connection: Connection) -> Iterator[None]:
    """Turn what may come out of aionut into our own errors, and keep question and answer in step.

    After anything that leaves an answer half read, the connection is closed: the next question
    would get the rest of it.
    """
    try:
        yield
    except NUTError as err:
        raise _translated(err) from err
    except (EOFError, LookupError, ValueError, asyncio.LimitOverrunError) as err:
        connection.disconnect()
        raise BadAnswer(str(err)) from err
    except asyncio.CancelledError:
        connection.disconnect()
        raise


def _translated(error: NUTError) -> HomeServerError:
    if isinstance(error, NUTLoginError):
        return InvalidAuth()
    if isinstance(error, NUTCommandError):
        return _declined(str(error))
    if isinstance(error, NUTTimeoutError):
        return ConnectTimeout()
    if isinstance(error, NUTOSError):
        return _unreachable(error.__cause__ or error)
    if isinstance(error, (NUTConnectionClosedError, NUTShutdownError)):
        return CannotConnect(str(error))
    if isinstance(error, NUTValueError):
        return BadAnswer("not a line of the NUT protocol")
    return BadAnswer(str(error))


def _declined(answer: str) -> HomeServerError:
    """Read upsd's ERR line; its word stands first in the detail."""
    found = re.search(r"ERR ([A-Z-]+)", answer)
    word = found[1] if found else answer
    if word == "UNKNOWN-UPS":
        return NotFound(word)
    meaning = _MEANINGS.get(word)
    return Rejected(f"{word}: {meaning}" if meaning else word)


def _unreachable(cause: BaseException) -> HomeServerError:
    if isinstance(cause, socket.gaierror):
        return CannotResolve(cause.strerror or str(cause))
    # A name with several addresses gives one error that only quotes the others.
    if isinstance(cause, ConnectionRefusedError) or _REFUSED in str(cause):
        return ConnectionRefused(str(cause))
    return CannotConnect(str(cause))

"""One GET of a web server that tells of disks; nothing but ``HomeServerError`` leaves here."""

import asyncio
from contextlib import suppress
import re

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientSSLError,
    InvalidURL,
)
from yarl import URL

from ..errors import (
    BadAnswer,
    CannotConnect,
    CannotResolve,
    ConnectionRefused,
    ConnectTimeout,
    HomeServerError,
    InvalidAddress,
    MissingRight,
    NotFound,
    TLSFailure,
)

_PATIENCE = 20.0
_LARGEST = 64 * 1024 * 1024
_HOST = re.compile(r"[^\s/@?#]+")


def address(text: str, port: int) -> URL:
    """Return the address that was typed, with ``http`` and ``port`` where these were left out.

    Raises ``InvalidAddress``.
    """
    typed = text.strip()
    try:
        url = URL(typed if "://" in typed else f"http://{typed}")
        if url.scheme not in ("http", "https") or not _HOST.fullmatch(url.host or ""):
            raise InvalidAddress(typed)
        plain = url.scheme == "http" and url.explicit_port is None
        return url.with_port(port) if plain else url
    except ValueError as err:
        raise InvalidAddress(typed) from err


async def get(session: ClientSession, url: URL) -> bytes:
    """Return the body of the answer."""
    try:
        async with asyncio.timeout(_PATIENCE), session.get(url) as answer:
            if answer.status in (401, 403):
                raise MissingRight(f"GET {url.path}")
            if answer.status == 404:
                raise NotFound(url.path)
            if answer.status != 200:
                raise BadAnswer(f"status {answer.status}")
            body = b""
            async for part in answer.content.iter_any():
                body += part
                if len(body) > _LARGEST:
                    raise BadAnswer("an answer without end")
    except TimeoutError as err:
        raise ConnectTimeout from err
    except (ClientError, OSError) as err:
        raise _unreachable(err) from err
    return body


def _unreachable(error: Exception) -> HomeServerError:
    if isinstance(error, InvalidURL):
        return InvalidAddress(str(error))
    if isinstance(error, ClientConnectorDNSError):
        return CannotResolve(str(error))
    if isinstance(error, (ClientSSLError, ClientConnectorCertificateError)):
        return TLSFailure(str(error))
    if isinstance(error, ClientConnectorError):
        with suppress(AttributeError):
            if isinstance(error.os_error, ConnectionRefusedError):
                return ConnectionRefused(str(error))
    return CannotConnect(str(error))

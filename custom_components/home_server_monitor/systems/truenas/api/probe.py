"""Finding out which protocol a TrueNAS speaks, before anything secret is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import json
from typing import Any

import aiohttp
from yarl import URL

from ...errors import HomeServerError, TLSFailure, WrongServer
from .address import Door, written
from .codec import Codec
from .ddp import Ddp
from .errors import PlainProxy
from .failures import connection_error, status_error
from .jsonrpc import JsonRpc
from .version import Version

_LIMITS = aiohttp.ClientTimeout(total=10.0)
_LONGEST = 1 << 16
_UI = "/ui"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The protocol, and the newest version of the API that the server names, if it names any."""

    codec: Codec
    newest: Version | None = None


async def probe(door: Door) -> Found:
    """Ask for the versions of the API: from 25.04 on there is a list, before that a redirect.

    Raises ``WrongServer`` for what is no TrueNAS, and ``TLSFailure`` which tells the
    fingerprint of a certificate that cannot be verified.
    """
    try:
        status, headers, body = await _get(door, "/api/versions")
    except TLSFailure as err:
        raise await _with_fingerprint(door, err) from err
    if 300 <= status < 400:
        return _redirected(door, headers)
    if status != 200:
        raise status_error(status, headers.get("Server", ""))
    return Found(codec=JsonRpc(), newest=_newest(body))


async def refuse_plain_proxy(door: Door) -> None:
    """Raise ``PlainProxy`` where TrueNAS is known to be asked without encryption in the end.

    Its web server sends visitors of ``/`` to its page, with the scheme that it was asked by.
    """
    status, headers, _ = await _get(door, "/")
    target = _target(door, headers)
    if 300 <= status < 400 and target.scheme == "http" and _is_page(door, target):
        raise PlainProxy(str(target))


async def _get(door: Door, path: str) -> tuple[int, Any, bytes]:
    with _errors():
        async with door.session.get(
            door.url.with_path(path), ssl=door.ssl, allow_redirects=False, timeout=_LIMITS
        ) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _LONGEST:
                    break
            return answer.status, answer.headers, bytes(body)


def _target(door: Door, headers: Any) -> URL:
    try:
        return door.url.join(URL(headers.get("Location", "")))
    except ValueError:
        return door.url


def _is_page(door: Door, target: URL) -> bool:
    return target.host == door.url.host and target.path.rstrip("/") == _UI


def _redirected(door: Door, headers: Any) -> Found:
    target = _target(door, headers)
    if _is_page(door, target):
        return Found(codec=Ddp())
    raise WrongServer(f"it redirects to {target.with_query(None).with_fragment(None)}")


def _newest(body: bytes) -> Version | None:
    try:
        told = json.loads(body)
    except ValueError as err:
        raise WrongServer("no list of TrueNAS's versions, but another page") from err
    if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
        raise WrongServer("no list of TrueNAS's versions")
    versions = [version for name in told if (version := Version.parse(name))]
    if not versions:
        raise WrongServer("no list of TrueNAS's versions")
    return max(versions)


async def _with_fingerprint(door: Door, error: TLSFailure) -> TLSFailure:
    """Add to the error which certificate the server has, so that it can be compared and pinned."""
    if door.fingerprint:
        return error
    try:
        async with door.session.get(
            door.url, ssl=aiohttp.Fingerprint(bytes(32)), allow_redirects=False, timeout=_LIMITS
        ):
            return error
    except aiohttp.ServerFingerprintMismatch as mismatch:
        # The reason's last part says what is wrong: self-signed, expired, another name.
        reason = error.detail.removesuffix(")").rpartition(" (_ssl.c")[0] or error.detail
        reason = reason.rpartition("verify failed: ")[2]
        return TLSFailure(f"{reason}; the certificate's fingerprint is {written(mismatch.got)}")
    except aiohttp.ClientError, TimeoutError, OSError:
        return error


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except HomeServerError:
        raise
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as err:
        raise connection_error(err) from err

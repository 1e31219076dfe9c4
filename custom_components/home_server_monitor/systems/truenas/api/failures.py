"""What goes wrong on the wire, in the words of ``errors``."""

from collections.abc import Mapping
import errno
import re
import ssl
from typing import Any

import aiohttp

from ...errors import (
    BadAnswer,
    Busy,
    CannotConnect,
    CannotResolve,
    ConnectionRefused,
    ConnectTimeout,
    HomeServerError,
    MissingRight,
    NotFound,
    TLSFailure,
    WrongServer,
)
from .address import written
from .errors import Declined, InvalidParams, MissingMethod, RateLimited, SessionExpired

_PREFIX = re.compile(r"^(?:\[(E[A-Z]+)\] ?)+")
_NO_METHOD = -32601
_INVALID_PARAMS = -32602
_TOO_MANY = -32000
_PROTOCOL = (-32700, -32600, -32603)


def connection_error(error: Exception) -> HomeServerError:
    """Say in our own words why a connection failed."""
    if isinstance(error, HomeServerError):
        return error
    if isinstance(error, TimeoutError):
        return ConnectTimeout()
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        return TLSFailure(
            f"the server's certificate is another one; its fingerprint is {written(error.got)}"
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return CannotResolve(str(error.os_error))
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
        return TLSFailure(str(getattr(error, "certificate_error", None) or error))
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if getattr(cause, "errno", 0) == errno.ECONNREFUSED:
        return ConnectionRefused(str(cause))
    if isinstance(error, aiohttp.ClientResponseError):
        return status_error(error.status, error.message)
    if isinstance(error, aiohttp.ClientPayloadError):
        return BadAnswer(str(error))
    return CannotConnect(str(cause))


def status_error(status: int, reason: str) -> HomeServerError:
    """Say what an HTTP status means where a websocket or a list of versions was expected."""
    text = f"{status} {reason}".strip()
    if status >= 500 or status in (408, 429):
        # What stands in front of TrueNAS says so while the middleware starts.
        return CannotConnect(text)
    return WrongServer(text)


def call_error(method: str, told: Mapping[str, Any], code: int = 0) -> HomeServerError:
    """Return the error that a call ended with.

    ``told`` has ``errname``, ``reason``, ``type`` and ``extra`` in both protocols; ``code`` is JSON-RPC's. What is not
    there is not needed.
    """
    reason = str(told.get("reason") or told.get("message") or "")
    name = str(told.get("errname") or "")
    text = _PREFIX.sub("", reason).strip()
    if code == _NO_METHOD or name == "ENOMETHOD":
        return MissingMethod(method)
    if code == _TOO_MANY or name == "ETOOMANYREFS":
        return CannotConnect(text)
    if code in _PROTOCOL:
        return BadAnswer(text)
    if code == _INVALID_PARAMS or told.get("type") == "VALIDATION":
        return _wrong_params(told, text)
    return _declined(method, name, text)


def _declined(method: str, name: str, text: str) -> HomeServerError:
    lowered = text.lower()
    if name == "ENOTAUTHENTICATED" or (name == "EACCES" and "session is expired" in lowered):
        return SessionExpired(text)
    if name == "EACCES" and "not authorized" in lowered:
        return MissingRight(method)
    if name == "EBUSY":
        return RateLimited(text) if "rate limit" in lowered else Busy(text)
    if name == "ENOENT":
        return NotFound(text)
    return Declined(text, name)


def _wrong_params(told: Mapping[str, Any], text: str) -> HomeServerError:
    """Read ``extra``: a list of attribute, message and errno, one for each thing that is wrong."""
    extra = told.get("extra")
    wrong = [item for item in extra if isinstance(item, list)] if isinstance(extra, list) else []
    parts = [
        f"{item[0]}: {item[1]}" if item[0] else str(item[1]) for item in wrong if len(item) > 1
    ]
    detail = "; ".join(parts) or text
    if any(
        len(item) > 2 and item[2] == errno.ENOENT for item in wrong
    ) or "InstanceNotFound" in str(_mapping(told.get("trace")).get("class")):
        return NotFound(detail)
    return InvalidParams(detail, "EINVAL")


def job_error(job: Mapping[str, Any]) -> HomeServerError:
    """Return the error of a job that failed or was aborted."""
    if job.get("state") == "ABORTED":
        return Declined("the job was aborted", "EABORTED")
    reason = str(job.get("error") or _mapping(job.get("exc_info")).get("repr") or "the job failed")
    found = _PREFIX.match(reason)
    return Declined(_PREFIX.sub("", reason).strip(), (found and found[1]) or "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""Logging in with an API key, in the way that a version takes it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import BadAnswer, CannotConnect, HomeServerError, InvalidAuth, Rejected, WrongServer
from .ddp import Ddp
from .errors import (
    AccessDenied,
    KeyExpired,
    MissingMethod,
    OneTimePassword,
    UserNameNeeded,
)
from .probe import Found
from .scram import Scram
from .version import Version
from .wire import Wire

_SCRAM_SINCE = Version(26, 0)
_LONGEST_KEY = 1024
_LOGIN = "auth.login_ex"


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key, and its user where the version wants to know; the key shows itself nowhere."""

    key: str = field(repr=False)
    username: str = ""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to log in; ``reveals`` tells whether the key itself is sent."""

    run: Callable[[Wire, ApiKey], Awaitable[None]]
    reveals: bool = True


def ways(found: Found, key: ApiKey) -> list[Way]:
    """Return the ways to try, in their order; each one that failed spoils its connection."""
    if isinstance(found.codec, Ddp) or not key.username:
        return [Way(run=_key_alone)]
    plain = Way(run=_plain)
    if found.newest and found.newest >= _SCRAM_SINCE and "-" in key.key:
        return [Way(run=_scram, reveals=False), plain]
    return [plain]


async def log_in(way: Way, wire: Wire, key: ApiKey) -> None:
    """Log in; raises ``InvalidAuth`` or its kinds when the key is rejected.

    No error has anything in it that the server said of the key.
    """
    if not key.key or len(key.key) > _LONGEST_KEY or len(key.username) > _LONGEST_KEY:
        raise InvalidAuth
    try:
        await way.run(wire, key)
    except MissingMethod, Rejected:
        # Whatever it says, it may quote what was sent.
        raise InvalidAuth from None


async def _key_alone(wire: Wire, key: ApiKey) -> None:
    try:
        accepted = await wire.ask("auth.login_with_api_key", [key.key])
    except MissingMethod:
        raise UserNameNeeded from None
    if accepted is not True:
        raise InvalidAuth


async def _plain(wire: Wire, key: ApiKey) -> None:
    answer = await _ask(
        wire,
        {
            "mechanism": "API_KEY_PLAIN",
            "username": key.username,
            "api_key": key.key,
            "login_options": {"user_info": False},
        },
    )
    if answer.get("response_type") != "SUCCESS":
        raise _refusal(answer)


async def _scram(wire: Wire, key: ApiKey) -> None:
    key_id, _, secret = key.key.partition("-")
    scram = Scram(username=key.username, key_id=key_id, key=secret)
    server_first = await _scram_step(wire, "CLIENT_FIRST_MESSAGE", scram.first())
    try:
        proof = await asyncio.to_thread(scram.final, server_first)
    except ValueError as err:
        raise BadAnswer("the answer to the login is malformed") from err
    server_final = await _scram_step(wire, "CLIENT_FINAL_MESSAGE", proof)
    if not scram.is_proved_by(server_final):
        raise WrongServer("the server does not know the key, although it takes it")


async def _scram_step(wire: Wire, step: str, message: str) -> str:
    answer = await _ask(wire, {"mechanism": "SCRAM", "scram_type": step, "rfc_str": message})
    if answer.get("response_type") != "SCRAM_RESPONSE":
        raise _refusal(answer)
    return str(answer.get("rfc_str"))


async def _ask(wire: Wire, params: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = await wire.ask(_LOGIN, [params])
    return answer if isinstance(answer, Mapping) else {}


def _refusal(answer: Mapping[str, Any]) -> HomeServerError:
    match answer.get("response_type"):
        case "EXPIRED":
            return KeyExpired()
        case "DENIED":
            return AccessDenied()
        case "OTP_REQUIRED":
            return OneTimePassword()
        case "REDIRECT":
            urls = answer.get("urls")
            where = ", ".join(map(str, urls)) if isinstance(urls, list) else ""
            return CannotConnect(f"this controller is on standby; the active one is {where}")
    return InvalidAuth()

"""Logging in with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import CallError, ValidationError
from .methods import ANYONE, LOGGED_IN, method
from .scram import Exchange
from .version import V25_04, V26

if TYPE_CHECKING:
    from .keys import Key
    from .server import TrueNas
    from .session import Session


def _outcome(nas: TrueNas, session: Session, text: str, username: str | None) -> tuple[str, Any]:
    """Return the response type and the key, which is None unless it opens the door."""
    key = nas.keys.find(text, username)
    if key is None:
        return "AUTH_ERR", None
    if not nas.keys.good(key):
        return "EXPIRED", None
    if key.denied:
        return "DENIED" if nas.version.line >= (26, 0) else "AUTH_ERR", None
    if not session.secure and nas.version.line >= (25, 4):
        nas.keys.revoke(key)
        return "EXPIRED", None
    return "SUCCESS", key


def _begin(nas: TrueNas, session: Session) -> None:
    """Let nobody log in where a login has failed before."""
    if session.spoilt and nas.version.line >= (25, 4):
        nas.logins.append("SPOILT")
        reason = "AUTH: unexpected authenticator run state. Expected: START"
        raise CallError("EFAULT", reason)


def _log_in(nas: TrueNas, session: Session, text: str, username: str | None) -> str:
    """Log a session in; returns the response type."""
    _begin(nas, session)
    response, key = _outcome(nas, session, text, username)
    nas.logins.append(response)
    if key is None:
        session.spoilt = True
        return response
    session.key, session.logged_in_at = key, nas.clock.now()
    return response


@method("auth.login_ex", role=ANYONE, since=V25_04)
async def login_ex(nas: TrueNas, data: dict[str, Any], *, session: Session) -> dict[str, Any]:
    """Log in; the response says how it went."""
    if data.get("mechanism") == "SCRAM" and nas.version.line >= V26.line:
        return _scram(nas, session, data)
    if data.get("mechanism") != "API_KEY_PLAIN":
        if data.get("mechanism") not in ("PASSWORD_PLAIN", "AUTH_TOKEN_PLAIN", "OTP_TOKEN"):
            raise ValidationError("login_data.mechanism", "Input should be a known mechanism")
        nas.logins.append("AUTH_ERR")
        return {"response_type": "AUTH_ERR"}
    for name in ("username", "api_key"):
        if not isinstance(data.get(name), str):
            raise ValidationError(f"login_data.API_KEY_PLAIN.{name}", "Field required")
    response = _log_in(nas, session, data["api_key"], data["username"])
    if response != "SUCCESS":
        return {"response_type": response}
    assert session.key is not None
    asked = (data.get("login_options") or {}).get("user_info", True)
    info = about(session.key) if asked else None
    return {"response_type": response, "user_info": info, "authenticator": "LEVEL_1"}


def _scram(nas: TrueNas, session: Session, data: dict[str, Any]) -> dict[str, Any]:
    """Take one of the two messages of an exchange that does not send the key."""
    if data.get("scram_type") == "CLIENT_FIRST_MESSAGE":
        _begin(nas, session)
        session.scram = Exchange(nas.keys.all, str(data.get("rfc_str")))
        answer, kind = session.scram.first(), "SERVER_FIRST_RESPONSE"
    else:
        answer, kind = session.scram.final(str(data.get("rfc_str"))), "SERVER_FINAL_RESPONSE"
    key = session.scram.key
    if answer is None or key is None or not nas.keys.good(key) or key.denied:
        # Why it failed is told to no one who has not shown the key.
        nas.logins.append("AUTH_ERR")
        session.spoilt = True
        return {"response_type": "AUTH_ERR"}
    done = kind == "SERVER_FINAL_RESPONSE"
    if done:
        nas.logins.append("SCRAM")
        session.key, session.logged_in_at = key, nas.clock.now()
    return {
        "response_type": "SCRAM_RESPONSE",
        "scram_type": kind,
        "rfc_str": answer,
        "user_info": about(key) if done else None,
    }


@method("auth.login_with_api_key", role=ANYONE)
async def login_with_api_key(nas: TrueNas, api_key: str, *, session: Session) -> bool:
    """Log in; false for every reason why not."""
    return _log_in(nas, session, api_key, None) == "SUCCESS"


@method("auth.mechanism_choices", role=ANYONE, since=V25_04)
async def mechanism_choices(nas: TrueNas, *, session: Session) -> list[str]:
    """List the ways to log in; before 26 this can only be asked by who has done so already."""
    if nas.version.line >= V26.line:
        return ["API_KEY_PLAIN", "PASSWORD_PLAIN", "SCRAM"]
    if session.key is None:
        reason = "'NoneType' object has no attribute 'may_create_auth_token'"
        raise CallError("EINVAL", reason)
    return ["API_KEY_PLAIN", "PASSWORD_PLAIN"]


@method("auth.logout", role=LOGGED_IN)
async def logout(_nas: TrueNas, *, session: Session) -> bool:
    """Log out; the connection stays."""
    session.key = None
    return True


@method("auth.me", role=LOGGED_IN)
async def me(_nas: TrueNas, *, session: Session) -> dict[str, Any]:
    """Tell who has logged in."""
    assert session.key is not None
    return about(session.key)


def about(key: Key) -> dict[str, Any]:
    """Return what is said of the user of a key."""
    root = key.username == "root"
    number = 0 if root else 3000 + key.number
    return {
        "pw_name": key.username,
        "pw_gecos": key.username,
        "pw_dir": "/root" if root else "/var/empty",
        "pw_shell": "/usr/bin/zsh" if root else "/usr/sbin/nologin",
        "pw_uid": number,
        "pw_gid": number,
        "grouplist": None,
        "sid": None,
        "source": "LOCAL",
        "local": True,
        "attributes": {},
        "two_factor_config": {"provisioning_uri": None, "secret_configured": False},
        "privilege": {
            "allowlist": [{"method": "*", "resource": "*"}] if key.full else [],
            "roles": set(key.roles),
            "web_shell": key.full,
            "webui_access": True,
        },
        "account_attributes": ["LOCAL", "API_KEY"],
    }


METHODS = (login_ex, login_with_api_key, mechanism_choices, logout, me)

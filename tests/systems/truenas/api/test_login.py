"""Logging in: every outcome, in every version, and nothing of the key anywhere."""

from collections.abc import Awaitable, Callable
import logging
from typing import Any

import pytest

from custom_components.home_server_monitor.systems.errors import (
    BadAnswer,
    CannotConnect,
    HomeServerError,
    InvalidAuth,
    WrongServer,
)
from custom_components.home_server_monitor.systems.system import Sessions
from custom_components.home_server_monitor.systems.truenas.api.errors import (
    AccessDenied,
    KeyExpired,
    OneTimePassword,
    RateLimited,
    UserNameNeeded,
)
from custom_components.home_server_monitor.systems.truenas.connect import connect
from tests.lab.truenas import V24_04, V24_10, V25_04, V25_10, V26, TrueNas
from tests.systems.truenas.conftest import every_version

from .conftest import Reach, door

new_versions = pytest.mark.parametrize("nas", [V25_04, V25_10, V26], indirect=True, ids=str)
old_versions = pytest.mark.parametrize("nas", [V24_04, V24_10], indirect=True, ids=str)
only_26 = pytest.mark.parametrize("nas", [V26], indirect=True, ids=str)

type Change = Callable[[TrueNas], object]


@pytest.fixture
def rejection(
    nas: TrueNas, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> Callable[..., Awaitable[HomeServerError]]:
    """Give a function that tries, and returns why not; the key must show up nowhere."""
    caplog.set_level(logging.DEBUG)

    async def run(**data: Any) -> HomeServerError:
        fields = {**door(nas), **data}
        with pytest.raises(HomeServerError) as raised:
            await connect(fields, sessions)
        error: BaseException | None = raised.value
        secret = fields["api_key"].partition("-")[2] or fields["api_key"]
        while error is not None:
            assert secret not in f"{error} {error!r}"
            error = error.__cause__
        assert secret not in caplog.text
        return raised.value

    return run


type Rejection = Callable[..., Awaitable[HomeServerError]]


@every_version
async def test_with_a_user_name(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    assert nas.logins == ["SCRAM" if nas.version is V26 else "SUCCESS"]
    assert nas.connected == 1
    assert client.host_id == nas.host_id
    assert client.version.text.endswith(nas.version.text)
    asked = {"auth.login_ex", "auth.login_with_api_key"} & nas.calls.keys()
    old = nas.version.line < (25, 4)
    assert asked == {"auth.login_with_api_key" if old else "auth.login_ex"}


@every_version
async def test_without_a_user_name(nas: TrueNas, reach: Reach) -> None:
    await reach(nas, username=None)
    assert nas.logins == ["SUCCESS"]
    assert nas.calls["auth.login_ex"] == 0


@every_version
async def test_a_key_that_is_none(nas: TrueNas, rejection: Rejection) -> None:
    for key in ("wrong", "99-" + "a" * 64, nas.api_key[:-1]):
        assert type(await rejection(api_key=key)) is InvalidAuth
    assert "SPOILT" not in nas.logins


@every_version
@pytest.mark.parametrize("key", ["", "   ", "1-" + "x" * 5000], ids=["none", "blank", "long"])
async def test_what_cannot_be_a_key_is_not_sent(nas: TrueNas, sessions: Sessions, key: str) -> None:
    with pytest.raises(InvalidAuth):
        await connect({**door(nas), "api_key": key}, sessions)
    assert nas.logins == []


@new_versions
async def test_the_key_of_another_user(nas: TrueNas, rejection: Rejection) -> None:
    assert type(await rejection(username="somebody")) is InvalidAuth


@new_versions
async def test_an_expired_key(nas: TrueNas, rejection: Rejection) -> None:
    """26 says so only to those who show the key, which is tried on a connection of its own."""
    nas.keys.expire(nas.admin)
    assert type(await rejection()) is KeyExpired
    assert nas.logins == (["AUTH_ERR", "EXPIRED"] if nas.version is V26 else ["EXPIRED"])
    assert nas.connected == len(nas.logins)


@new_versions
async def test_a_revoked_key(nas: TrueNas, rejection: Rejection) -> None:
    nas.keys.revoke(nas.admin)
    assert type(await rejection()) is KeyExpired


@old_versions
async def test_old_versions_do_not_say_why(nas: TrueNas, rejection: Rejection) -> None:
    nas.keys.expire(nas.admin)
    assert type(await rejection()) is InvalidAuth


@only_26
async def test_a_user_without_access(nas: TrueNas, rejection: Rejection) -> None:
    nas.admin.denied = True
    assert type(await rejection()) is AccessDenied


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"response_type": "OTP_REQUIRED", "username": "root"}, OneTimePassword),
        ({"response_type": "DENIED"}, AccessDenied),
        ({"response_type": "REDIRECT", "urls": ["https://nas-b"]}, CannotConnect),
        ({"response_type": "REDIRECT"}, CannotConnect),
        ({"response_type": "NEW"}, InvalidAuth),
        ({}, InvalidAuth),
        (None, InvalidAuth),
    ],
)
async def test_other_outcomes(
    nas: TrueNas, rejection: Rejection, answer: Any, kind: type[HomeServerError]
) -> None:
    nas.faults.changed(r"^auth\.login_ex$", lambda _: answer)
    error = await rejection()
    assert type(error) is kind
    assert ("https://nas-b" in error.detail) == ("urls" in (answer or {}))


@pytest.mark.parametrize("errname", ["EINVAL", "EFAULT"])
@every_version
async def test_what_the_server_says_of_the_key_is_not_repeated(
    nas: TrueNas, rejection: Rejection, errname: str
) -> None:
    nas.faults.error(errname, r"^auth\.login", reason=f"{nas.api_key} is no key")
    assert type(await rejection()) is InvalidAuth


@pytest.mark.parametrize("nas", [V26], indirect=True, ids=str)
async def test_a_version_that_wants_a_user_name(nas: TrueNas, rejection: Rejection) -> None:
    nas.faults.missing(r"^auth\.login_with_api_key$")
    assert type(await rejection(username="")) is UserNameNeeded


@pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
async def test_too_many_attempts(nas: TrueNas, rejection: Rejection) -> None:
    for _ in range(20):
        assert type(await rejection(api_key="1-wrong")) is InvalidAuth
    error = await rejection()
    assert type(error) is RateLimited
    assert "Rate Limit Exceeded" in error.detail


# --- SCRAM --------------------------------------------------------------------------------------


@only_26
async def test_a_server_without_scram_is_told_the_key(nas: TrueNas, reach: Reach) -> None:
    """The exchange fails, which spoils the connection, so that it is a fresh one."""
    nas.faults.error("EINVAL", r"^auth\.login_ex$", reason="unknown mechanism", count=1)
    client = await reach(nas)
    assert nas.logins == ["SUCCESS"]
    assert nas.connected == 2
    nas.cut()
    await _call_again(client)
    # What worked is what is done the next time.
    assert nas.logins == ["SUCCESS", "SUCCESS"]
    assert nas.connected == 3


@only_26
async def test_a_key_that_was_not_told_is_never_told(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    nas.keys.expire(nas.admin)
    nas.cut()
    with pytest.raises(InvalidAuth):
        await _call_again(client)
    assert nas.logins == ["SCRAM", "AUTH_ERR"]


async def _call_again(client: Any) -> None:
    for _ in range(100):
        try:
            await client.call("core.ping")
        except InvalidAuth:
            raise
        except HomeServerError:
            continue
        return


@only_26
async def test_a_key_without_a_number_is_told(nas: TrueNas, reach: Reach) -> None:
    nas.admin.text = "nonumber"
    await reach(nas)
    assert nas.logins == ["SUCCESS"]


@only_26
@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"scram_type": "SERVER_FIRST_RESPONSE", "rfc_str": "nonsense"}, BadAnswer),
        ({"scram_type": "SERVER_FINAL_RESPONSE", "rfc_str": "v=bm9uc2Vuc2U="}, WrongServer),
    ],
)
async def test_a_server_that_does_not_prove_itself(
    nas: TrueNas, rejection: Rejection, changed: dict[str, Any], kind: type[HomeServerError]
) -> None:
    def change(answer: dict[str, Any]) -> dict[str, Any]:
        same = answer.get("scram_type") == changed["scram_type"]
        return {**answer, **changed} if same else answer

    nas.faults.changed(r"^auth\.login_ex$", change)
    assert type(await rejection()) is kind
    assert nas.calls["system.info"] == 0


# --- Who it is ----------------------------------------------------------------------------------


@every_version
async def test_a_key_that_may_not_ask_who_it_is(nas: TrueNas, reach: Reach) -> None:
    key = nas.keys.add("ha", {"APPS_READ"})
    client = await reach(nas, username="ha", api_key=key.text)
    assert (client.host_id, client.hostname) == ("", "")
    assert client.version.major == (24 if nas.version.line < (25, 4) else nas.version.line[0])


async def test_a_key_shows_itself_nowhere(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    assert nas.api_key not in repr(client)
    assert nas.api_key not in repr(vars(client._connection))

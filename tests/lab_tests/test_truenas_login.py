"""Keys, rights and the patience of the simulated TrueNAS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.truenas import (
    ALL_VERSIONS,
    V24_04,
    V24_10,
    V25_04,
    V25_10,
    V26,
    Handler,
    TrueNas,
    Version,
    method,
)
from tests.lab.truenas.methods import methods_of

from .talk import Talk, talk

every_version = pytest.mark.parametrize("nas", ALL_VERSIONS, indirect=True, ids=str)
json_rpc = pytest.mark.parametrize("nas", [V25_04, V25_10, V26], indirect=True, ids=str)


async def log_in(api: Talk, key: str, username: str = "root") -> Any:
    """Log in the newer way; returns the whole answer's result, or the error's reason."""
    options = {"user_info": False}
    data = {"mechanism": "API_KEY_PLAIN", "username": username, "api_key": key}
    answer = await api.call("auth.login_ex", {**data, "login_options": options})
    return answer["result"] if "result" in answer else answer["error"]["data"]["reason"]


@json_rpc
async def test_outcomes(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api:
        success = {"response_type": "SUCCESS", "user_info": None, "authenticator": "LEVEL_1"}
        assert await log_in(api, nas.api_key) == success
    async with talk(nas, log_in=False) as api:
        assert await log_in(api, nas.api_key, "guest") == {"response_type": "AUTH_ERR"}
        # The connection is of no use any more.
        assert "Expected: START" in await log_in(api, nas.api_key)
    denied = nas.keys.add("guest")
    denied.denied = True
    async with talk(nas, log_in=False) as api:
        expected = "DENIED" if nas.version == V26 else "AUTH_ERR"
        assert await log_in(api, denied.text, "guest") == {"response_type": expected}
    nas.keys.expire(denied)
    async with talk(nas, log_in=False) as api:
        assert await log_in(api, denied.text, "guest") == {"response_type": "EXPIRED"}
    assert nas.logins == ["SUCCESS", "AUTH_ERR", "SPOILT", expected, "EXPIRED"]


@json_rpc
async def test_ways_to_log_in(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api:
        assert await api.errname("auth.mechanism_choices") == (
            "" if nas.version == V26 else "EINVAL"
        )
        await api.log_in(nas)
        assert "API_KEY_PLAIN" in await api.result("auth.mechanism_choices")


@every_version
async def test_with_the_key_alone(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api:
        assert await api.result("auth.login_with_api_key", "1-wrong") is False
    async with talk(nas) as api:
        assert (await api.result("auth.me"))["pw_name"] == "root"
        assert await api.result("auth.logout") is True
        assert await api.errname("auth.me") == "ENOTAUTHENTICATED"


@every_version
async def test_plain_transport_costs_the_key(nas: TrueNas) -> None:
    plain = await nas.open_plain()
    async with talk(nas, log_in=False, url=plain) as api:
        costs = nas.version >= V25_04
        assert await api.result("auth.login_with_api_key", nas.api_key) is not costs
    assert (nas.admin.revoked == "Attempt to use over an insecure transport") is costs
    async with talk(nas, log_in=False) as api:
        assert await api.result("auth.login_with_api_key", nas.api_key) is not costs


@every_version
async def test_roles(nas: TrueNas) -> None:
    readers = nas.keys.add("ha", {"READONLY_ADMIN"})
    narrow = nas.keys.add("ha", {"POOL_WRITE"})
    async with talk(nas, log_in=False) as api:
        await api.log_in(nas, readers.text)
        assert await api.result("system.state") == "READY"
        expected = "EACCES" if nas.version <= V25_04 else ""
        assert await api.errname("core.get_methods") == expected
    async with talk(nas, log_in=False) as api:
        await api.log_in(nas, narrow.text)
        assert await api.errname("system.state") == "EACCES"
        assert await api.result("core.get_jobs") == []
    assert narrow.may("POOL_READ")
    assert not narrow.may("POOL_SCRUB_READ")
    assert not readers.may("POOL_WRITE")


@every_version
async def test_private_methods(nas: TrueNas) -> None:
    @method("disk.secret", private=True)
    async def secret(_nas: TrueNas) -> str:
        return "told"

    functions: tuple[Handler, ...] = (secret,)
    nas.methods |= methods_of(nas.version, functions)
    async with talk(nas) as api:
        if nas.version == V26:
            assert await api.errname("disk.secret") == "-32601"
        else:
            assert await api.result("disk.secret") == "told"
    async with talk(nas, log_in=False) as api:
        await api.log_in(nas, nas.keys.add("ha", {"READONLY_ADMIN"}).text)
        assert await api.errname("disk.secret") == ("-32601" if nas.version == V26 else "EACCES")


@every_version
async def test_sessions_expire(nas: TrueNas) -> None:
    async with talk(nas) as api:
        nas.faults.clock_jump(30 * 86400 + 1)
        answer = (await api.call("system.host_id"))["error"]
        assert answer.get("data", answer)["reason"] == "[EACCES] Session is expired"
        await api.log_in(nas)
        assert await api.result("system.host_id") == nas.host_id
        nas.expire_sessions()
        assert await api.errname("system.host_id") == "EACCES"
        await api.log_in(nas)
        nas.keys.revoke(nas.admin)
        assert await api.errname("system.host_id") == "EACCES"


@every_version
async def test_rate_limit(nas: TrueNas) -> None:
    for _ in range(20):
        async with talk(nas, log_in=False) as api:
            assert await api.result("auth.login_with_api_key", "1-wrong") is False
    async with talk(nas, log_in=False) as api:
        limited = "" if nas.version == V24_04 else "EBUSY"
        assert await api.errname("auth.login_with_api_key", "1-wrong") == limited
        nas.faults.clock_jump(60)
        if nas.version < V25_04:
            assert await api.result("auth.login_with_api_key", nas.api_key) is True


@pytest.mark.parametrize(
    ("nas", "limited"), [(V24_10, True), (V25_10, False)], indirect=["nas"], ids=str
)
async def test_rate_limit_of_those_who_are_in(nas: TrueNas, limited: bool) -> None:
    async with talk(nas) as api:
        for _ in range(19):
            assert await api.result("auth.login_with_api_key", nas.api_key) is True
        expected = "EBUSY" if limited else ""
        assert await api.errname("auth.login_with_api_key", nas.api_key) == expected


def test_a_name_may_move_from_version_to_version() -> None:
    @method("a.old", until=V24_10)
    @method("a.new", since=V25_04)
    @method("a.old", since=V25_10, until=V25_10, private=True)
    def one(_nas: TrueNas) -> None:
        pass

    @method("a.new", since=V26)
    def two(_nas: TrueNas) -> None:
        pass

    assert list(methods_of(V24_04, [one])) == ["a.old"]
    assert methods_of(V25_10, [one])["a.old"].private
    assert list(methods_of(V25_04, [one, two])) == ["a.new"]
    with pytest.raises(ValueError, match="declared twice"):
        methods_of(V26, [one, two])
    gap = Version.of("25.04.1")

    @method("b", only=lambda version: version != gap)
    def three(_nas: TrueNas) -> None:
        pass

    assert not methods_of(gap, [three])
    assert methods_of(V25_04, [three])

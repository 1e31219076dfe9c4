"""How the simulated TrueNAS says what is wrong, in both of its protocols."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.truenas import V24_04, V24_10, V25_10, V26, TrueNas

from .talk import talk

JSON_RPC: list[tuple[Any, int, str]] = [
    ("{", -32700, "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ([], -32700, "Batch messages are not supported at this time"),
    ({"id": 1, "method": "core.ping"}, -32600, "Missing 'jsonrpc' member"),
    ({"jsonrpc": "2.0", "id": 1}, -32600, "Missing 'method' member"),
    (
        {"jsonrpc": "2.0", "id": 1, "method": "core.ping", "params": {}},
        -32600,
        "'params' member must be of type array",
    ),
    ({"jsonrpc": "2.0", "id": 1, "method": "a.b"}, -32601, "Method does not exist"),
]


@pytest.mark.parametrize(
    ("message", "code", "text"), JSON_RPC, ids=[str(row[1:]) for row in JSON_RPC]
)
async def test_json_rpc_refusals(nas: TrueNas, message: Any, code: int, text: str) -> None:
    async with talk(nas, log_in=False) as api:
        await (api.ws.send_str(message) if isinstance(message, str) else api.ws.send_json(message))
        answer = await api.ws.receive_json()
        assert answer["error"] == {"code": code, "message": text}
        assert await api.result("core.ping") == "pong"


async def test_json_rpc_notifications_are_not_answered(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api:
        for method in ("core.ping", "a.b", "system.host_id"):
            await api.ws.send_json({"jsonrpc": "2.0", "method": method})
        assert await api.result("core.ping") == "pong"
        assert not api.told
        assert nas.calls == {"core.ping": 2, "a.b": 1, "system.host_id": 1}


@pytest.mark.parametrize(
    ("nas", "frames"), [(V25_10, True), (V26, False)], indirect=["nas"], ids=str
)
async def test_json_rpc_call_errors(nas: TrueNas, frames: bool) -> None:
    async with talk(nas, log_in=False) as api:
        error = (await api.call("system.host_id"))["error"]
        assert (error["code"], error["message"]) == (-32001, "Method call error")
        data = error["data"]
        assert (data["error"], data["errname"]) == (207, "ENOTAUTHENTICATED")
        assert data["reason"] == "[ENOTAUTHENTICATED] Not authenticated"
        assert (data["extra"], "frames" in data["trace"]) == (None, frames)
        await api.log_in(nas)
        error = (await api.call("core.job_abort", 5))["error"]
        assert (error["code"], error["data"]["error"]) == (-32602, 22)
        assert error["data"]["extra"] == [[None, "Job with id 5 does not exist", 2]]
        error = (await api.call("system.host_id", "surplus"))["error"]
        assert (error["code"], error["message"]) == (-32602, "Invalid params")
        assert error["data"]["extra"][0][2] == 22


@pytest.mark.parametrize("nas", [V24_04, V24_10], indirect=True, ids=str)
async def test_ddp(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api:
        error = (await api.call("system.host_id"))["error"]
        assert error == {
            "error": 207,
            "errname": "ENOTAUTHENTICATED",
            "type": None,
            "reason": "Not authenticated",
            "trace": None,
            "extra": None,
        }
        await api.log_in(nas)
        assert (await api.call("a.b"))["error"]["error"] == 201
        error = (await api.call("core.job_abort", 5))["error"]
        assert (error["error"], error["type"]) == (2, "VALIDATION")
        error = (await api.call("system.host_id", 1))["error"]
        assert (error["error"], error["errname"], error["type"]) == (11, "EAGAIN", "VALIDATION")
        await api.ws.send_json({"msg": "ping", "id": "7"})
        assert await api.next() == {"msg": "pong", "id": "7"}


@pytest.mark.parametrize("nas", [V24_04], indirect=True, ids=str)
async def test_ddp_wants_to_be_greeted(nas: TrueNas) -> None:
    async with talk(nas, log_in=False) as api:
        await api.ws.send_json({"msg": "connect", "version": "2"})
        assert await api.next() == {"msg": "failed", "version": "1"}
        await api.ws.send_str("{")
        assert await api.closed() == 1007


async def test_table_of_methods(nas: TrueNas) -> None:
    async with talk(nas) as api:
        table = await api.result("core.get_methods", "core")
        assert table["core.job_wait"]["job"] is True
        assert table["core.ping"]["no_auth_required"] is True
        assert not [name for name in table if not name.startswith("core.")]

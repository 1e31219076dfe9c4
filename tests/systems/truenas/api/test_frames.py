"""Frames by themselves: TrueNAS's JSON, both codecs, and what an error on the wire means."""

from datetime import UTC, date, datetime, time
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.errors import (
    BadAnswer,
    Busy,
    CannotConnect,
    HomeServerError,
    MissingRight,
    NotFound,
)
from custom_components.home_server_monitor.systems.truenas.api import ejson
from custom_components.home_server_monitor.systems.truenas.api.codec import Answer, Ended, Event
from custom_components.home_server_monitor.systems.truenas.api.ddp import Ddp
from custom_components.home_server_monitor.systems.truenas.api.errors import (
    Declined,
    InvalidParams,
    MissingMethod,
    RateLimited,
    SessionExpired,
)
from custom_components.home_server_monitor.systems.truenas.api.failures import call_error
from custom_components.home_server_monitor.systems.truenas.api.jsonrpc import JsonRpc
from custom_components.home_server_monitor.systems.truenas.api.version import Version

# --- Decoding -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"$date": 1785542400123}', datetime(2026, 8, 1, 0, 0, 0, 123000, tzinfo=UTC)),
        ('{"$date": -1000}', datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ('{"$type": "date", "$value": "2026-08-01"}', date(2026, 8, 1)),
        ('{"$time": "03:30:00"}', time(3, 30)),
        ('{"$time": "03:30"}', time(3, 30)),
        ('{"$set": ["POOL_READ"]}', ["POOL_READ"]),
        ('{"$ipv4_interface": "10.0.0.1/24"}', "10.0.0.1/24"),
        ('[{"a": {"$date": 0}}]', [{"a": datetime(1970, 1, 1, tzinfo=UTC)}]),
        # What is malformed or unknown stays what it is.
        ('{"$date": "soon"}', {"$date": "soon"}),
        ('{"$date": 1e300}', {"$date": 1e300}),
        ('{"$time": "25:00:00"}', {"$time": "25:00:00"}),
        ('{"$type": "date", "$value": 7}', {"$type": "date", "$value": 7}),
        ('{"$type": "date"}', {"$type": "date"}),
        ('{"$date": 0, "more": 1}', {"$date": 0, "more": 1}),
        ('{"$set": 5}', {"$set": 5}),
        ('{"$new": 1}', {"$new": 1}),
        ("{}", {}),
    ],
)
def test_decoding(text: str, value: Any) -> None:
    assert ejson.loads(text) == value


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[" * 100_000])
def test_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ejson.loads(text)


def test_what_is_sent_comes_back() -> None:
    value = {
        "at": datetime(2026, 8, 1, 12, 30, tzinfo=UTC),
        "day": date(2026, 8, 1),
        "time": time(3, 30),
        "set": {1},
    }
    assert ejson.loads(ejson.dumps(value)) == {**value, "set": [1]}
    with pytest.raises(TypeError):
        ejson.dumps(object())


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *("$date", "$time", "$set", "$type", "$value", "id", "msg", "error"),
                        *("subs", "jsonrpc", "method", "params", "result", "collection"),
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_nothing_that_comes_raises(value: Any) -> None:
    message = ejson.loads(json.dumps(value))
    if isinstance(message, dict):
        for codec in (Ddp(), JsonRpc()):
            assert codec.read(message) is None or isinstance(
                codec.read(message), Answer | Event | Ended
            )


def test_unsolicited() -> None:
    assert JsonRpc().read({"jsonrpc": "2.0", "method": "news", "params": {}}) is None
    assert JsonRpc().read({"jsonrpc": "2.0", "id": None, "error": {"code": -32700}}) is None
    assert Ddp().read({"msg": "pong"}) is None
    assert Ddp().read({"server_id": "0"}) is None


# --- Errors -------------------------------------------------------------------------------------

INVALID = {
    "error": 22,
    "errname": "EINVAL",
    "reason": "[EINVAL] options.name: Too long\n",
    "extra": [["options.name", "Too long", 22], [None, "And wrong", 22]],
}
GONE = {
    "errname": "ENOENT",
    "reason": "[ENOENT] None: Pool 5 does not exist",
    "extra": [[None, "Pool 5 does not exist", 2]],
}


@pytest.mark.parametrize(
    ("told", "code", "kind", "detail"),
    [
        ({"message": "Method does not exist"}, -32601, MissingMethod, "pool.query"),
        ({"errname": "ENOMETHOD", "reason": "[ENOMETHOD] …"}, 0, MissingMethod, "pool.query"),
        ({"message": "Maximum number of …"}, -32000, CannotConnect, "Maximum number of …"),
        ({"errname": "ETOOMANYREFS", "reason": "Too many"}, 0, CannotConnect, "Too many"),
        ({"message": "Invalid JSON"}, -32700, BadAnswer, "Invalid JSON"),
        ({"errname": "EACCES", "reason": "Not authorized"}, 0, MissingRight, "pool.query"),
        (
            {"errname": "EACCES", "reason": "[EACCES] Not authorized"},
            -32001,
            MissingRight,
            "pool.query",
        ),
        (
            {"errname": "EACCES", "reason": "[EACCES] Session is expired"},
            -32001,
            SessionExpired,
            "Session is expired",
        ),
        ({"errname": "ENOTAUTHENTICATED", "reason": "Not"}, 0, SessionExpired, "Not"),
        (
            {"errname": "EACCES", "reason": "[EACCES] /mnt/x is not yours"},
            -32001,
            Declined,
            "/mnt/x is not yours",
        ),
        (
            {"errname": "EBUSY", "reason": "[EBUSY] Rate Limit Exceeded"},
            -32001,
            RateLimited,
            "Rate Limit Exceeded",
        ),
        ({"errname": "EBUSY", "reason": "[EBUSY] in use"}, -32001, Busy, "in use"),
        ({"errname": "ENOENT", "reason": "[ENOENT] no snapshot"}, 0, NotFound, "no snapshot"),
        (GONE, -32602, NotFound, "Pool 5 does not exist"),
        ({**GONE, "type": "VALIDATION"}, 0, NotFound, "Pool 5 does not exist"),
        (
            {"type": "VALIDATION", "trace": {"class": "InstanceNotFound"}, "reason": "gone"},
            0,
            NotFound,
            "gone",
        ),
        (INVALID, -32602, InvalidParams, "options.name: Too long; And wrong"),
        ({**INVALID, "type": "VALIDATION"}, 0, InvalidParams, "options.name: Too long; And wrong"),
        ({"message": "Invalid params"}, -32602, InvalidParams, "Invalid params"),
        ({"extra": "?", "message": "Invalid params"}, -32602, InvalidParams, "Invalid params"),
        ({"errname": "EFAULT", "reason": "[EFAULT] [EZFS] no"}, -32001, Declined, "no"),
        ({}, -32001, Declined, ""),
    ],
)
def test_call_error(
    told: dict[str, Any], code: int, kind: type[HomeServerError], detail: str
) -> None:
    error = call_error("pool.query", told, code)
    assert type(error) is kind
    assert error.detail == detail


def test_the_word_of_a_refusal_is_kept() -> None:
    error = call_error("x", {"errname": "EDATASETISLOCKED", "reason": "[EDATASETISLOCKED] tank"})
    assert isinstance(error, Declined)
    assert error.errname == "EDATASETISLOCKED"
    assert error.key == "rejected"


# --- Versions -----------------------------------------------------------------------------------


def test_versions() -> None:
    texts = ["TrueNAS-SCALE-24.04.2.4", "24.10.2.4", "v25.04.2", "25.10.1", "26.0.0-BETA.3"]
    versions = [Version.parse(text) for text in texts]
    assert [version and version.text for version in versions] == texts
    known = [version for version in versions if version]
    assert known == sorted(known)
    assert known[0] == Version(24, 4, 2)
    assert Version.parse("26.04.0-MASTER-20260101-123456") == Version(26, 4)
    assert Version.parse("nonsense") is None

"""The filters and options of the simulated TrueNAS' lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from tests.lab.truenas import InstanceNotFound, ValidationError, query
from tests.lab.truenas.ejson import dumps, loads

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "tank", "size": 8, "scan": {"state": "FINISHED", "errors": 0}},
    {"id": 2, "name": "media", "size": None, "scan": None},
    {"id": 3, "name": "apps", "size": 2, "scan": {"state": "SCANNING", "errors": 3}},
]

FILTERS: list[tuple[list[Any], list[int]]] = [
    ([], [1, 2, 3]),
    ([["name", "=", "tank"]], [1]),
    ([["name", "!=", "tank"], ["id", "<", 3]], [2]),
    ([["size", ">=", 2]], [1, 3]),
    ([["name", "~", "(tank|apps)"]], [1, 3]),
    ([["name", "in", ["apps", "none"]]], [3]),
    ([["name", "nin", ["apps"]]], [1, 2]),
    ([["name", "^", "me"]], [2]),
    ([["name", "!^", "me"]], [1, 3]),
    ([["name", "$", "k"]], [1]),
    ([["name", "rin", "a"]], [1, 2, 3]),
    ([["scan.state", "=", "SCANNING"]], [3]),
    ([["OR", [["id", "=", 1], ["name", "=", "apps"]]]], [1, 3]),
    ([["OR", [[["id", "=", 1], ["size", "=", 0]], ["id", "=", 2]]]], [2]),
]


@pytest.mark.parametrize(("filters", "found"), FILTERS, ids=str)
def test_filters(filters: list[Any], found: list[int]) -> None:
    assert [row["id"] for row in query(ROWS, filters)] == found


def test_options() -> None:
    assert query(ROWS, None, {"count": True}) == 3
    assert query(ROWS, [["id", "=", 2]], {"get": True}) is ROWS[1]
    with pytest.raises(InstanceNotFound):
        query(ROWS, [["id", "=", 9]], {"get": True})
    with pytest.raises(ValidationError):
        query(ROWS, [["id", "=="]])
    ordered = query(ROWS, [], {"order_by": ["-size"], "offset": 1, "limit": 1})
    assert [row["id"] for row in ordered] == [3]
    assert query(ROWS, [["id", "!=", 2]], {"select": ["id", "scan.state", "nope"]}) == [
        {"id": 1, "scan": {"state": "FINISHED"}},
        {"id": 3, "scan": {"state": "SCANNING"}},
    ]
    assert query(ROWS[:1], [], {"select": [["scan.errors", "errors"]]}) == [{"errors": 0}]


def test_moments_times_and_sets() -> None:
    moment = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    value = {"at": moment, "on": date(2026, 11, 1), "every": time(3, 15), "of": {"b", "a"}}
    text = dumps(value)
    assert '"at": {"$date": 1793536200000}' in text
    assert '"on": {"$type": "date", "$value": "2026-11-01"}' in text
    assert '"every": {"$time": "03:15:00"}' in text
    assert '"of": {"$set": ["a", "b"]}' in text
    assert loads(text) == value
    with pytest.raises(TypeError):
        dumps(object())

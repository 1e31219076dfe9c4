"""The filters and options that every `….query` method understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
import operator
import re
from typing import Any

from .errors import InstanceNotFound, ValidationError

type Row = dict[str, Any]


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: value is not None and compare(value, wanted)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    "~": lambda value, wanted: re.match(wanted, value or "") is not None,
    "in": lambda value, wanted: value in wanted,
    "nin": lambda value, wanted: value not in wanted,
    "rin": lambda value, wanted: value is not None and wanted in value,
    "rnin": lambda value, wanted: value is not None and wanted not in value,
    "^": lambda value, wanted: value is not None and value.startswith(wanted),
    "!^": lambda value, wanted: value is not None and not value.startswith(wanted),
    "$": lambda value, wanted: value is not None and value.endswith(wanted),
    "!$": lambda value, wanted: value is not None and not value.endswith(wanted),
}


def query(
    rows: Iterable[Row],
    filters: Sequence[Any] | None = (),
    options: Mapping[str, Any] | None = None,
) -> Any:
    """Return the rows that pass, as the options want them: a list, one row, or a number.

    Filters are `[field, operator, value]` or `["OR", [filters]]`; fields may be dotted. Options:
    select, order_by, offset, limit, count, get. `get` without a match is an `InstanceNotFound`.
    """
    options = options or {}
    found = [row for row in rows if all(_passes(row, one) for one in filters or ())]
    if options.get("count"):
        return len(found)
    for name in reversed(options.get("order_by") or []):
        key = name.removeprefix("-")
        found.sort(key=lambda row: _sortable(value_at(row, key)), reverse=name.startswith("-"))
    found = found[options.get("offset") or 0 :]
    if limit := options.get("limit"):
        found = found[:limit]
    if names := options.get("select"):
        found = [_selected(row, names) for row in found]
    if not options.get("get"):
        return found
    if not found:
        raise InstanceNotFound("Object does not exist")
    return found[0]


def value_at(row: Any, name: str) -> Any:
    """Return what stands at a dotted name, None where nothing does."""
    for part in name.split("."):
        if isinstance(row, list) and part.isdigit() and int(part) < len(row):
            row = row[int(part)]
            continue
        if not isinstance(row, dict):
            return None
        row = row.get(part)
    return row


def _passes(row: Row, wanted: Any) -> bool:
    if len(wanted) == 2 and wanted[0] == "OR":
        return any(
            all(_passes(row, part) for part in (one if isinstance(one[0], list) else [one]))
            for one in wanted[1]
        )
    if len(wanted) != 3 or wanted[1] not in _OPERATORS:
        raise ValidationError("query-filters", f"Invalid filter {wanted}")
    name, compare, value = wanted
    return _OPERATORS[compare](value_at(row, name), value)


def _selected(row: Row, names: Sequence[Any]) -> Row:
    chosen: Row = {}
    for name in names:
        old, new = name if isinstance(name, list) else (name, name)
        if isinstance(name, list):
            chosen[new] = value_at(row, old)
            continue
        *parents, last = name.split(".")
        holder = value_at(row, ".".join(parents)) if parents else row
        if not isinstance(holder, dict) or last not in holder:
            continue
        target = chosen
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = holder[last]
    return chosen


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)

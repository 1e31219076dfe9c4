"""Which snapshots a replication takes, by their names."""

from collections.abc import Sequence
import re

_FIELDS = {
    "Y": r"\d{4}",
    "m": r"\d{1,2}",
    "d": r"\d{1,2}",
    "H": r"\d{1,2}",
    "M": r"\d{1,2}",
    "S": r"\d{1,2}",
    "s": r"\d+",
    "f": r"\d+",
    "y": r"\d{2}",
    "j": r"\d{1,3}",
    "z": r"[+-]\d{4}",
    "%": "%",
}


def matches(schema: str, name: str) -> bool:
    """Whether a snapshot of this name follows a ``strftime`` pattern."""
    return re.fullmatch(_expression(schema), name) is not None


def _expression(schema: str) -> str:
    parts = re.split(r"%(.)", schema)
    literals, fields = parts[::2], parts[1::2]
    found = re.escape(literals[0])
    for field, literal in zip(fields, literals[1:], strict=True):
        found += _FIELDS.get(field, ".+?") + re.escape(literal)
    return found


def eligible(name: str, schemas: Sequence[str], name_regex: str | None) -> bool:
    """Whether a replication takes a snapshot of this name; it takes all where it names none."""
    if name_regex:
        try:
            return re.fullmatch(name_regex, name) is not None
        except re.error:
            return True
    return not schemas or any(matches(schema, name) for schema in schemas)

"""Reading the server's JSON with a light hand: what is not as promised counts as not told."""

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import BadAnswer


def mapping(value: object) -> Mapping[str, Any]:
    """Return a JSON object; anything else in its place counts as empty."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """Return a JSON list; anything else in its place counts as empty."""
    return value if isinstance(value, list) else []


def whole(value: object) -> int | None:
    """Return a JSON number as int, or None."""
    found = number(value)
    return None if found is None else int(found)


def number(value: object) -> float | None:
    """Return a finite JSON number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < 1e300 else None


def text(value: object) -> str | None:
    """Return a text that says something, or None."""
    return value.strip() or None if isinstance(value, str) else None


def each[ModelT](
    answer: object, parse: Callable[[Mapping[str, Any]], ModelT | None]
) -> list[ModelT]:
    """Parse every row of a list; a malformed one costs only itself. Raises ``BadAnswer`` for no list."""
    if not isinstance(answer, list):
        raise BadAnswer("not a list")
    parsed = (parse(row) for row in answer if isinstance(row, dict))
    return [model for model in parsed if model is not None]

"""What is asked of TrueNAS, and what it tells by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, override

type Progress = Callable[[float | None, str], None]
"""Gets the percentage (0 to 100, None while it is not known) and the server's own words."""


class Ask:
    """A method and its parameters, one of several ways to ask for the same."""

    __slots__ = ("method", "params")

    def __init__(self, method: str, *params: Any) -> None:
        """Name the method; the parameters are positional, as everywhere in this API."""
        self.method = method
        self.params = params

    @override
    def __repr__(self) -> str:
        return f"Ask({self.method!r})"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One event of a subscription.

    ``id`` is the object's own; ``fields`` what the server tells of it, the whole object or only what
    changed, empty for ``removed``; a few events tell a list. ``extra`` is what else came with it.
    """

    kind: Literal["added", "changed", "removed"]
    id: int | str | None
    fields: Any
    extra: Mapping[str, Any]

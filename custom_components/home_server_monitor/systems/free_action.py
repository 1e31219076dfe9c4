"""Actions that are not done to anything: they only look at what they are given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeassistant.util.json import JsonObjectType


@dataclass(frozen=True, kw_only=True)
class FreeAction:
    """An action without a target, which works without any loaded entry and returns a response.

    ``run`` gets the fields, which fit ``schema``, and raises ``HomeServerError`` for what it does
    not accept.
    """

    name: str
    run: Callable[[Mapping[str, Any]], Awaitable[JsonObjectType]]
    schema: Mapping[Any, Any] = field(default_factory=dict)

"""What a system lets people choose beside the connection: its part of the options form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.helpers.selector import Selector

from .paths import Path

type Latest = Callable[[str], Mapping[Path, Any]]
"""A group's present data by its key; empty while the entry is not loaded."""


class InvalidOption(Exception):
    """What was typed cannot be kept; ``reason`` has a sentence under ``options.error``."""

    def __init__(self, reason: str, **placeholders: str) -> None:
        """Take the reason's key, and what its sentence needs to be filled with."""
        super().__init__(reason)
        self.reason = reason
        self.placeholders = placeholders


def _as_typed(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class OptionField:
    """One field of the options form; its value stands in the entry's options under ``key``.

    ``selector`` may be a function of the groups' present data and of the stored value, as a
    choice among containers is: it must offer what is stored too. ``default`` holds where nothing
    is stored; an emptied field has it again, but for a list that is emptied on purpose.

    ``check`` returns what is to be stored, or raises ``InvalidOption``; it is not asked about a
    field that was left empty. ``section`` is the key of a collapsed part of the form, which
    changes nothing about where the value is stored.

    A ``secret`` value is never shown again; left empty it stays. Of a list of objects the
    ``secret_parts`` are treated so: a row keeps the stored ones where its ``known_by`` part is
    the same and they were left empty.

    Words: ``options.step.init.data.<key>`` and ``data_description``, in a section under
    ``options.step.init.sections.<section>``.
    """

    key: str
    selector: Selector[Any] | Callable[[Latest, Any], Selector[Any]]
    default: Any = None
    required: bool = False
    check: Callable[[Any], Any] = _as_typed
    section: str = ""
    secret: bool = False
    secret_parts: tuple[str, ...] = ()
    known_by: str = ""

    def value(self, options: Mapping[str, Any]) -> Any:
        """Return what is stored in an entry's options, else the default."""
        return options.get(self.key, self.default)

    @property
    def hidden(self) -> frozenset[str]:
        """Keys whose values nobody may see."""
        return frozenset((*((self.key,) if self.secret else ()), *self.secret_parts))

    def shown(self, options: Mapping[str, Any]) -> Any:
        """Return what the form may show of what is stored."""
        if self.secret:
            return None
        value = self.value(options)
        if not self.secret_parts or not isinstance(value, list):
            return value
        return [
            {part: text for part, text in row.items() if part not in self.secret_parts}
            for row in value
        ]

    def kept(self, typed: Any, options: Mapping[str, Any]) -> Any:
        """Return what was typed, with the secrets that were left empty as they are stored."""
        stored = options.get(self.key)
        if self.secret:
            return typed or stored
        if not self.secret_parts or not isinstance(typed, list):
            return typed
        rows = stored if isinstance(stored, list) else []
        known = {row.get(self.known_by): row for row in rows}
        return [self._row(row, known.get(row.get(self.known_by), {})) for row in typed]

    def _row(self, typed: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
        parts = (part for part in self.secret_parts if not typed.get(part) and stored.get(part))
        return {**typed, **{part: stored[part] for part in parts}}

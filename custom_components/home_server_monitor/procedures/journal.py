"""What a procedure writes down before each step, so that it is never left half done.

A record is *open* from before the first step until the procedure has ended, well or undone. Whoever
finds an open record at the start finishes or undoes what it tells of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..systems.paths import Path


@dataclass(kw_only=True)
class Record:
    """One run of a procedure: what it works on, the step it is about to take, what it knows.

    ``facts`` is JSON: all that finishing or undoing needs after a restart.
    """

    id: str
    procedure: str
    entry_id: str
    path: Path
    started: datetime
    step: str = ""
    facts: dict[str, JsonValueType] = field(default_factory=dict)


class Journal(Protocol):
    """Where records are kept; every call returns only once the disk has it."""

    async def begin(self, procedure: str, path: Path, facts: JsonObjectType) -> Record:
        """Open a record."""

    async def note(self, record: Record, step: str, facts: Mapping[str, JsonValueType]) -> None:
        """Write down the step that is about to be taken, and what it adds to the facts."""

    async def end(self, record: Record, result: JsonObjectType) -> None:
        """Close a record; its result goes into the history of its path."""

    def history(self, path: Path) -> list[JsonObjectType]:
        """Return the results of earlier runs at this path, the newest first."""

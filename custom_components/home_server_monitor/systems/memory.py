"""What is remembered of the items of an entry, beyond what their system tells of itself."""

from typing import Protocol

from homeassistant.util.json import JsonObjectType

from .paths import Path


class Memory(Protocol):
    """One small JSON object for each path, which outlives restarts."""

    def recall(self, path: Path) -> JsonObjectType:
        """Return what is remembered of the item at ``path``; nothing of one that is new."""

    def remember(self, path: Path, facts: JsonObjectType) -> None:
        """Put these facts beside the others; they are written to the disk before long."""

    def forget(self, path: Path) -> None:
        """Drop what is remembered of an item that is gone."""

    def paths(self) -> frozenset[Path]:
        """Return the paths of which something is remembered."""

    async def save(self) -> None:
        """Return only once the disk has it all."""

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


class ShortMemory:
    """A memory that lasts as long as it is held: for where there is no entry to keep one."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._facts: dict[Path, JsonObjectType] = {}

    def recall(self, path: Path) -> JsonObjectType:
        """Return what is remembered of the item at ``path``."""
        return dict(self._facts.get(path, {}))

    def remember(self, path: Path, facts: JsonObjectType) -> None:
        """Put these facts beside the others."""
        self._facts[path] = {**self._facts.get(path, {}), **facts}

    def forget(self, path: Path) -> None:
        """Drop what is remembered of an item that is gone."""
        self._facts.pop(path, None)

    def paths(self) -> frozenset[Path]:
        """Return the paths of which something is remembered."""
        return frozenset(self._facts)

    async def save(self) -> None:
        """Do nothing: there is no disk."""

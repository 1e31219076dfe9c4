"""What the worlds have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..server import TrueNas


class Part:
    """One subject of a simulated TrueNAS: its state, and how it goes on."""

    def __init__(self, nas: TrueNas) -> None:
        """Belong to a server."""
        self.nas = nas

    def rebooted(self) -> None:
        """Forget what the real one keeps in memory only."""

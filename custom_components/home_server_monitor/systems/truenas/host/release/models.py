"""What runs, and what could."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """The installed version beside the newest of the chosen train or profile.

    ``latest`` is None while nobody knows: the update server could not be reached, or an update is
    installed and waits for a restart (``waits``). ``reasons`` are TrueNAS's own for wanting a
    restart, None in versions that cannot be asked. ``checked`` is when the update server was asked.
    """

    installed: str | None
    latest: str | None
    notes: str | None
    notes_url: str | None
    waits: bool
    reasons: tuple[str, ...] | None
    checked: datetime

    @property
    def is_available(self) -> bool:
        """Whether there is something newer."""
        return self.latest is not None and self.latest != self.installed

    @property
    def needs_restart(self) -> bool | None:
        """Whether something takes effect only after a restart; None where nobody knows."""
        if self.waits or self.reasons:
            return True
        return None if self.reasons is None and self.latest is None else False

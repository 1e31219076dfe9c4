"""A certificate as ``certificate.query`` lists it, without any of its secrets."""

from dataclasses import dataclass
from datetime import datetime

SOON = 21
"""From how many days left on somebody should see to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """One certificate; ``days_left`` whole days, negative once it is over."""

    name: str
    expires: datetime
    days_left: int

    @property
    def expires_soon(self) -> bool:
        """Whether it has to be renewed now."""
        return self.days_left < SOON

"""Versions of TrueNAS, which can be compared."""

from dataclasses import dataclass, field
import re
from typing import Self

_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, order=True)
class Version:
    """A version by its numbers; ``text`` is what the server says, and does not count."""

    major: int
    minor: int
    patch: int = 0
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``25.10.1``, ``v25.04.2``, ``TrueNAS-SCALE-24.04.2.4``, ``26.0.0-BETA.3``."""
        found = _NUMBERS.search(text)
        if not found:
            return None
        return cls(int(found[1]), int(found[2]), int(found[3] or 0), text)


OLDEST = Version(24, 4)

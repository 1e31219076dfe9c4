"""Whether the size of a backup is what earlier ones let expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_COLLAPSED = 0.5
_DROPPED = 0.8
_COMPARED = 10
_FEW = 3
_SPREADS = 4 * 1.4826
"""Four standard deviations, for which the median deviation stands in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """A size in bytes, and those of earlier backups that were good, the newest last."""

    present: int
    earlier: Sequence[int] = ()

    @property
    def usual(self) -> float | None:
        """The median of the last ten earlier ones; None without any."""
        known = self.earlier[-_COMPARED:]
        return median(known) if known else None

    @property
    def collapsed(self) -> bool:
        """Whether half of what is usual is missing."""
        usual = self.usual
        return usual is not None and self.present < _COLLAPSED * usual

    @property
    def dropped(self) -> bool:
        """Whether it is smaller than usual by more than earlier ones differed."""
        usual = self.usual
        known = self.earlier[-_COMPARED:]
        if usual is None or len(known) < _FEW:
            return False
        spread = median(abs(one - usual) for one in known)
        return self.present < min(_DROPPED * usual, usual - _SPREADS * spread)

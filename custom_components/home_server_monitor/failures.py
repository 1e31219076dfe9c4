"""What of a group could not be read, why, and since when."""

from collections.abc import Mapping
from datetime import timedelta

from .systems.errors import HomeServerError
from .systems.paths import Path, covers


class Failures(dict[Path, tuple[HomeServerError, float]]):
    """The scopes that failed at the last attempt, with the error and the time of the first failure.

    Times are those of the event loop's clock, in seconds.
    """

    def note(
        self, failed: Mapping[Path, HomeServerError], now: float
    ) -> tuple[set[Path], set[Path]]:
        """Take over what failed at this attempt; return the scopes that are new and that healed."""
        before = dict(self)
        self.clear()
        for scope, error in failed.items():
            # What a wider scope covered before has been unreadable since then.
            known = (since for wider, (_, since) in before.items() if covers(wider, scope))
            self[scope] = (error, min(known, default=now))
        return self.keys() - before.keys(), before.keys() - self.keys()

    def cover(self, path: Path) -> bool:
        """Whether ``path`` could not be read at the last attempt."""
        return any(covers(scope, path) for scope in self)

    def outlast(self, grace: timedelta, path: Path, now: float) -> bool:
        """Whether ``path`` could not be read for longer than the grace period."""
        seconds = grace.total_seconds()
        return any(
            covers(scope, path) and now - since >= seconds for scope, (_, since) in self.items()
        )

    def next_end(self, grace: timedelta, now: float) -> float | None:
        """Return the seconds until the next grace period is over, None where all are."""
        seconds = grace.total_seconds()
        left = [since + seconds - now for _, since in self.values() if now - since < seconds]
        return min(left, default=None)

"""How long to wait before connecting again."""

from ...errors import HomeServerError, InvalidAuth
from .errors import NotReady, RateLimited

_FIRST = 5.0
_LONGEST = 300.0
_STARTING = 15.0
_RATE_WINDOW = 60.0
_STEADY = 60.0


class Pause:
    """Remembers the last failure, and does not let anyone try again too soon.

    The first retry may come at once, the next after 5 seconds, and so on up to 5 minutes; while the system
    starts, every 15 seconds. Times are seconds of the event loop's clock.
    """

    def __init__(self) -> None:
        """Start without a failure."""
        self._error: HomeServerError | None = None
        self._failures = 0
        self._until = 0.0
        self._since = 0.0

    def check(self, now: float) -> None:
        """Raise the last error while the pause lasts."""
        if self._error is not None and now < self._until:
            raise self._error.with_traceback(None)

    def failed(self, error: HomeServerError, now: float) -> None:
        """Note that connecting failed."""
        self._failures += 1
        self._error = error
        self._until = now + self._seconds(error)

    def connected(self, now: float) -> None:
        """Note that a connection stands."""
        self._error = None
        self._since = now

    def lost(self, error: HomeServerError, now: float) -> None:
        """Note that the connection was lost; one that held is nothing to be punished for."""
        if now - self._since >= _STEADY:
            self._failures = 0
        else:
            self.failed(error, now)

    def _seconds(self, error: HomeServerError) -> float:
        if isinstance(error, InvalidAuth):
            return _LONGEST
        grown = _FIRST * (1 << min(self._failures - 2, 10)) if self._failures > 1 else 0.0
        if isinstance(error, RateLimited):
            grown = max(grown, _RATE_WINDOW)
        return min(grown, _STARTING if isinstance(error, NotReady) else _LONGEST)

"""What has to be remembered of an engine's events while the stream comes and goes."""

from collections import deque

_SECOND = 10**9
_OVERLAP = _SECOND  # events of the same moment may arrive out of order
_REMEMBERED = 1024  # an engine itself replays no more than its last 256 events
_PATIENCE = 90 * _SECOND  # a container that was told to stop may take that long
_REQUESTS = frozenset({"1", "10", "12"})  # HUP, USR1 and USR2 ask for something else than an end

type _Event = tuple[int, str, str]


class Cursor:
    """Where in the stream we are, and which events were taken already."""

    def __init__(self) -> None:
        """Start before the first connection."""
        self._floor = 0
        self._heard = 0
        self._last = 0
        self._order: deque[_Event] = deque(maxlen=_REMEMBERED)
        self._seen: set[_Event] = set()

    def start(self, clock: float) -> None:
        """Note the engine's clock, in whole seconds, at the first connection.

        What was before is not news. Of that second nobody knows what was before and what came
        after, until ``settle`` says that its end was heard.
        """
        if not self._last:
            self._floor = int(clock) * _SECOND
            self._last = self._heard = self._floor + _SECOND

    def settle(self) -> None:
        """Note that a connection stood for more than a second."""
        self._floor = self._heard

    def is_new(self, nanoseconds: int, container_id: str, action: str) -> bool:
        """Take note of an event; False when it was taken before."""
        event = (nanoseconds, container_id, action)
        if event in self._seen:
            return False
        if len(self._order) == self._order.maxlen:
            self._seen.discard(self._order[0])
        self._order.append(event)
        self._seen.add(event)
        # The last one, not the newest: the engine's clock may have been set back.
        self._last = nanoseconds
        self._heard = min(self._heard, nanoseconds)
        self._floor = min(self._floor, nanoseconds)
        return True

    @property
    def since(self) -> str | None:
        """The engine's ``since`` that takes the stream up again, seconds with nanoseconds."""
        if not self._last:
            return None
        since = max(self._last - _OVERLAP, self._floor)
        return f"{since // _SECOND}.{since % _SECOND:09}"


class Crashes:
    """Tells deaths that nobody asked for from ordinary stops, by what came before them."""

    def __init__(self) -> None:
        """Start with nobody told to stop."""
        self._told: dict[str, int] = {}
        self._crashed: set[str] = set()

    def take(self, nanoseconds: int, container_id: str, action: str, signal: str = "") -> bool:
        """Note an event; True when it starts a container again that died by itself.

        ``signal`` is the number that a ``kill`` event tells.
        """
        if action == "kill" and signal not in _REQUESTS:
            self._told[container_id] = nanoseconds
        elif action == "die":
            told = self._told.pop(container_id, None)
            if told is None or nanoseconds - told > _PATIENCE:
                self._crashed.add(container_id)
        elif action == "start" and container_id in self._crashed:
            self._crashed.discard(container_id)
            return True
        elif action == "destroy":
            self._told.pop(container_id, None)
            self._crashed.discard(container_id)
        return False

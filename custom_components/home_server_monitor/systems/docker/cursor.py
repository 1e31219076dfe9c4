"""What has to be remembered of an engine's events while the stream comes and goes."""

from collections import deque

_SECOND = 10**9
_OVERLAP = _SECOND  # events of the same moment may arrive out of order
_JUMP = 5 * _SECOND  # further back than this is no disorder: the engine's clock was set
_REMEMBERED = 1024  # an engine itself replays no more than its last 256 events
_PATIENCE = 90 * _SECOND  # a container that was told to stop may take that long

type _Event = tuple[int, str, str]


class Cursor:
    """Where in the stream we are, and which events were taken already."""

    def __init__(self) -> None:
        """Start before the first connection."""
        self._start = 0
        self._newest = 0
        self._order: deque[_Event] = deque(maxlen=_REMEMBERED)
        self._seen: set[_Event] = set()

    def start(self, clock: float) -> None:
        """Note the engine's clock at the first connection: what was before is not news."""
        if not self._newest:
            self._start = self._newest = (int(clock) + 1) * _SECOND

    def is_new(self, nanoseconds: int, container_id: str, action: str) -> bool:
        """Take note of an event; False when it was taken before."""
        event = (nanoseconds, container_id, action)
        if event in self._seen:
            return False
        if len(self._order) == self._order.maxlen:
            self._seen.discard(self._order[0])
        self._order.append(event)
        self._seen.add(event)
        if nanoseconds > self._newest or nanoseconds < self._newest - _JUMP:
            self._newest = nanoseconds
            self._start = min(self._start, nanoseconds)
        return True

    @property
    def since(self) -> str | None:
        """The engine's ``since`` that takes the stream up again, seconds with nanoseconds."""
        if not self._newest:
            return None
        since = max(self._newest - _OVERLAP, self._start)
        return f"{since // _SECOND}.{since % _SECOND:09}"


class Crashes:
    """Tells deaths that nobody asked for from ordinary stops, by what came before them."""

    def __init__(self) -> None:
        """Start with nobody told to stop."""
        self._told: dict[str, int] = {}
        self._crashed: set[str] = set()

    def take(self, nanoseconds: int, container_id: str, action: str) -> bool:
        """Note an event; True when it starts a container again that died by itself."""
        if action == "kill":
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

"""No event is lost or told twice, wherever the stream is cut; no Home Assistant."""

from collections import deque
from dataclasses import dataclass

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import pytest

from custom_components.home_server_monitor.systems.docker.cursor import Crashes, Cursor

_SECOND = 10**9
_BUFFER = 256  # what Docker keeps for `since`
_START = 1_763_661_731 * _SECOND

type _Event = tuple[int, str, str]


def _nanoseconds(since: str) -> int:
    seconds, _, fraction = since.partition(".")
    assert len(fraction) == 9
    return int(seconds) * _SECOND + int(fraction)


@dataclass
class _Engine:
    """An engine's clock, its ring buffer, and whether somebody listens."""

    now: int = _START
    sent: int = 0

    def __post_init__(self) -> None:
        self.buffer: deque[_Event] = deque(maxlen=_BUFFER)

    def happen(self, late: int = 0) -> _Event:
        """Let something happen; ``late`` nanoseconds pass before it is told."""
        self.now += 1_000
        self.sent += 1
        # After the clock was set back: what is alike to the nanosecond nobody can tell apart.
        while (event := self._event(late)) in self.buffer:
            self.now += 1
        self.buffer.append(event)
        return event

    def _event(self, late: int) -> _Event:
        return (self.now - late, f"c{self.sent % 3}", ("start", "die", "kill")[self.sent % 3])

    def replay(self, since: str | None) -> list[_Event]:
        """Return what a connection gets first; Docker walks back until one is too old."""
        found: list[_Event] = []
        for event in reversed(self.buffer):
            if since is None or event[0] < _nanoseconds(since):
                break
            found.insert(0, event)
        return found


class _Stream(RuleBasedStateMachine):
    """An engine's life, its stream cut and taken up again at any point.

    Left out is what no client can know: the engine's clock set back while nobody listens or to
    before the first connection, and more events than the engine keeps.
    """

    def __init__(self) -> None:
        super().__init__()
        self.engine = _Engine()
        self.cursor = Cursor()
        self.connected = False
        self.stood = 0
        self.missed = 0
        self.first = 0
        self.old: set[_Event] = set()
        self.due: list[_Event] = []
        self.told: list[_Event] = []

    @initialize(old=st.lists(st.integers(0, _SECOND), max_size=4))
    def first_connection(self, old: list[int]) -> None:
        """What happened before the first connection is no news."""
        for nanoseconds in old:
            self.old.add(self.engine.happen())
            self.engine.now += nanoseconds
        self.first = self.engine.now
        self.connect()

    def _happen(self, late: int = 0) -> None:
        event = self.engine.happen(late)
        self.due.append(event)
        if self.connected:
            self._receive(event)
        else:
            self.missed += 1

    def _receive(self, event: _Event) -> None:
        if not self.cursor.is_new(*event):
            return
        if event in self.old:
            # Nobody knows the order of what happened in the very second of the connection.
            assert self.stood < _SECOND
            return
        self.told.append(event)

    @rule()
    def something_happens(self) -> None:
        self._happen()

    @rule(times=st.integers(2, 40))
    def much_happens_at_once(self, times: int) -> None:
        if self.missed + times < _BUFFER // 2:
            for _ in range(times):
                self._happen()

    @rule(late=st.integers(1, _SECOND // 2))
    def something_is_told_late(self, late: int) -> None:
        if self.engine.now - late > _START + 6 * _SECOND:
            self._happen(late)

    @rule(nanoseconds=st.integers(1, 2 * _SECOND) | st.integers(1, 4_000 * _SECOND))
    def time_passes(self, nanoseconds: int) -> None:
        self.engine.now += nanoseconds
        self.stood += nanoseconds if self.connected else 0

    @precondition(lambda self: self.connected)
    @rule(nanoseconds=st.integers(1, 4_000 * _SECOND))
    def the_clock_is_set_back(self, nanoseconds: int) -> None:
        """The next event tells of it; before that nobody could know."""
        if not self.old or self.engine.now - nanoseconds > self.first + _SECOND:
            self.engine.now -= nanoseconds
            self._happen()

    @precondition(lambda self: self.connected)
    @rule()
    def cut(self) -> None:
        self.connected = False
        self.missed = 0
        if self.stood > _SECOND:
            self.cursor.settle()

    @precondition(lambda self: not self.connected)
    @rule()
    def connect(self) -> None:
        replayed = self.engine.replay(self.cursor.since)
        self.connected = True
        self.cursor.start(self.engine.now // _SECOND)
        for event in replayed:
            self._receive(event)

    @invariant()
    def each_is_told_once_and_in_order(self) -> None:
        if self.connected:
            assert self.told == self.due
        assert len(self.told) == len(set(self.told))


TestStream = _Stream.TestCase
TestStream.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def test_before_the_first_connection_everything_is_open() -> None:
    assert Cursor().since is None


def test_since_has_nanoseconds() -> None:
    cursor = Cursor()
    cursor.start(1_763_661_731.9)
    assert cursor.is_new(1_763_661_740_000_000_042, "a", "start")
    assert cursor.since == "1763661739.000000042"
    assert not cursor.is_new(1_763_661_740_000_000_042, "a", "start")
    assert cursor.is_new(1_763_661_740_000_000_042, "b", "start")


def test_quiet_engine_tells_nothing_old_hours_later() -> None:
    """The second of the first connection is asked for again only where its end was not heard."""
    cursor = Cursor()
    cursor.start(100)
    assert cursor.since == "100.000000000"
    cursor.settle()
    assert cursor.since == "101.000000000"
    cursor.start(5000)
    assert cursor.since == "101.000000000", "a second connection starts nothing"


def test_memory_is_bounded() -> None:
    cursor = Cursor()
    cursor.start(0)
    for number in range(1, 5000):
        assert cursor.is_new(number * _SECOND, "a", "die")
    assert len(cursor._seen) == len(cursor._order) == 1024


# --- Deaths that nobody asked for -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "crashed"),
    [
        ([("die", 0), ("start", 1)], True),
        ([("kill", 0), ("die", 1), ("start", 2)], False),
        ([("kill", 0), ("kill", 10), ("die", 11), ("start", 12)], False),
        ([("kill", 0), ("die", 91), ("start", 92)], True),
        ([("kill", 80), ("die", 91), ("start", 92)], False),
        ([("die", 0), ("destroy", 1), ("start", 2)], False),
        ([("kill", 0), ("die", 1), ("die", 2), ("start", 3)], True),
        ([("start", 0)], False),
        ([("die", 0), ("start", 1), ("start", 2)], False),
        ([("oom", 0), ("die", 1), ("start", 2)], True),
    ],
)
def test_crashes(events: list[tuple[str, int]], *, crashed: bool) -> None:
    crashes = Crashes()
    found = [crashes.take(seconds * _SECOND, "a", action) for action, seconds in events]
    assert found[-1] is crashed


@pytest.mark.parametrize(
    ("signal", "asked_to_end"),
    [("15", True), ("9", True), ("3", True), ("28", True), ("", True), ("1", False), ("12", False)],
)
def test_signals_that_are_no_stop(signal: str, *, asked_to_end: bool) -> None:
    """Who is told to read its configuration again and dies of it has crashed."""
    crashes = Crashes()
    crashes.take(0, "a", "kill", signal)
    crashes.take(_SECOND, "a", "die")
    assert crashes.take(2 * _SECOND, "a", "start") is not asked_to_end


def test_containers_crash_each_for_itself() -> None:
    crashes = Crashes()
    crashes.take(0, "a", "kill", "15")
    crashes.take(1, "b", "die")
    crashes.take(2, "a", "die")
    assert crashes.take(3, "b", "start")
    assert not crashes.take(4, "a", "start")

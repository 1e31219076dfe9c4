"""Alarms about traffic: neither raised nor ended by a blip."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.analysis.bandwidth import (
    CONTAINER,
    LINK_SPEED,
    Alarm,
    Threshold,
    busier,
    container_threshold,
    host_threshold,
    speed,
    step,
    summed,
)

START = datetime(2026, 11, 21, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT = Threshold(limit=100.0)
MEGABIT = 125_000


def run(
    rates: list[float | None], threshold: Threshold = LIMIT, apart: timedelta = MINUTE
) -> list[bool]:
    """Return whether the alarm is on after each of these measurements."""
    alarm, states = Alarm(), []
    for number, rate in enumerate(rates):
        alarm = step(alarm, rate, START + number * apart, threshold)
        states.append(alarm.active)
    return states


def test_begins_after_its_time() -> None:
    assert run([101, 101, 101, 101]) == [False, False, True, True]


def test_a_blip_is_no_alarm() -> None:
    assert not any(run([500, 99, 500, 500, 50, 500, 0, 500]))


def test_at_the_limit_is_not_over_it() -> None:
    assert not any(run([100.0] * 10))


def test_ends_below_nine_tenths_after_its_time() -> None:
    on = [200.0, 200.0, 200.0]
    assert run([*on, 95, 95, 95, 95, 95]) == [False, False, *[True] * 6], "in between it stays"
    assert run([*on, 90, 90, 90]) == [False, False, *[True] * 4], "90 % is not below 90 %"
    assert run([*on, 89, 89, 89]) == [False, False, True, True, True, False]


def test_a_short_pause_does_not_end_it() -> None:
    assert run([200, 200, 200, 0, 200, 0, 0, 95, 0, 0, 200]) == [False, False, *[True] * 9]


def test_unknown_proves_nothing() -> None:
    assert not any(run([200, 200, None, 200, 200, None]))
    assert run([200, 200, 200, None, None, None]) == [False, False, True, True, True, True]
    assert run([200, 200, 200, 0, 0, None, 0, 0, 0])[-3:] == [True, True, False]


def test_a_clock_that_went_back_waits_anew() -> None:
    alarm = step(Alarm(), 200, START, LIMIT)
    alarm = step(alarm, 200, START - timedelta(days=1), LIMIT)
    assert not alarm.active
    assert not step(alarm, 200, START - timedelta(days=1) + MINUTE, LIMIT).active
    assert step(alarm, 200, START - timedelta(days=1) + 2 * MINUTE, LIMIT).active


_RATE = st.one_of(st.none(), st.floats(0, 200))
_STEPS = st.lists(st.tuples(st.integers(1, 300), _RATE), min_size=1, max_size=60)
_THRESHOLDS = st.builds(
    Threshold,
    limit=st.floats(1, 150),
    begins=st.integers(1, 600).map(lambda seconds: timedelta(seconds=seconds)),
    ends=st.integers(1, 600).map(lambda seconds: timedelta(seconds=seconds)),
    release=st.floats(0.5, 1.0),
)


@given(_STEPS, _THRESHOLDS)
def test_every_turn_has_been_waited_for(
    steps: list[tuple[int, float | None]], threshold: Threshold
) -> None:
    """Whenever it turns, all measurements of its whole time say so, and none that is unknown."""
    alarm, now = Alarm(), START
    history: list[tuple[datetime, float | None]] = []
    for seconds, rate in steps:
        now += timedelta(seconds=seconds)
        history.append((now, rate))
        before, alarm = alarm, step(alarm, rate, now, threshold)
        if alarm.active == before.active:
            continue
        wait = threshold.begins if alarm.active else threshold.ends
        first = max(moment for moment, _ in history if moment <= now - wait)
        proof = [value for moment, value in history if moment >= first]
        assert len(proof) >= 2
        for value in proof:
            assert value is not None
            if alarm.active:
                assert value > threshold.limit
            else:
                assert value < threshold.limit * threshold.release


@given(_STEPS, _THRESHOLDS)
def test_nothing_stays_unsaid(steps: list[tuple[int, float | None]], threshold: Threshold) -> None:
    """Whoever was over for the whole time is on, and whoever was below is off."""
    alarm, now = Alarm(), START
    over: datetime | None = None
    below: datetime | None = None
    for seconds, rate in steps:
        now += timedelta(seconds=seconds)
        is_over = rate is not None and rate > threshold.limit
        is_below = rate is not None and rate < threshold.limit * threshold.release
        over = (over or now) if is_over else None
        below = (below or now) if is_below else None
        alarm = step(alarm, rate, now, threshold)
        if over is not None and now - over >= threshold.begins:
            assert alarm.active
        if below is not None and now - below >= threshold.ends:
            assert not alarm.active


@given(st.lists(st.floats(90, 100), min_size=1, max_size=50), st.booleans())
def test_between_the_thresholds_nothing_turns(rates: list[float], active: bool) -> None:
    alarm, states = Alarm(active=active), []
    for number, rate in enumerate(rates):
        alarm = step(alarm, rate, START + number * MINUTE, LIMIT)
        states.append(alarm.active)
    assert all(one == other for one, other in pairwise([active, *states]))


def test_defaults() -> None:
    assert CONTAINER.limit == 500 * MEGABIT
    assert LINK_SPEED == 1000 * MEGABIT
    assert CONTAINER.release == 0.9
    assert 900 * MEGABIT < host_threshold(None).limit < 950 * MEGABIT, "what a full link carries"
    assert host_threshold(2500 * MEGABIT).limit == pytest.approx(2350 * MEGABIT)


def test_label_of_a_container() -> None:
    assert container_threshold("800M").limit == 800 * MEGABIT
    assert container_threshold(None) is CONTAINER
    assert container_threshold("fast") is CONTAINER
    assert container_threshold("0") is CONTAINER


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("1G", 10**9),
        ("2.5g", 2.5e9),
        ("100 Mbit", 10**8),
        ("100Mbps", 10**8),
        ("64k", 64_000),
        ("8000", 8_000),
    ],
)
def test_speeds(text: str, bits: float) -> None:
    assert speed(text) == bits / 8


@pytest.mark.parametrize("text", [None, "", "G", "-1G", "1 GB/s", "500MB", "1e9", "²", "fast"])
def test_no_speeds(text: str | None) -> None:
    assert speed(text) is None


@given(st.text())
def test_any_text(text: str) -> None:
    found = speed(text)
    assert found is None or found > 0


def test_directions() -> None:
    assert busier(3, 7) == 7
    assert busier(None, 7) == 7
    assert busier(None, None) is None
    assert summed([1, None, 2]) == 3
    assert summed([None]) is None
    assert summed([]) is None

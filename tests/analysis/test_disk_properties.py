"""What must hold for every disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
import random

from hypothesis import given, settings, strategies as st
import numpy as np

from custom_components.home_server_monitor.analysis.disk_health import (
    LEVELS,
    DiskKind,
    DiskVerdict,
    NvmeHealth,
    SmartHistory,
    SmartSample,
    assess,
    trace,
)
from custom_components.home_server_monitor.analysis.disk_health.table import risks
from scripts.disk_model.benchmark import DAYS, START, made_up
from tests.analysis.disk_histories import on

MODELS = st.sampled_from(
    [
        "ST4000DM000",
        "ST31500541AS",
        "ST3000DM001",
        "HGST HMS5C4040BLE640",
        "WDC WD40EFRX",
        "TOSHIBA",
        "",
    ]
)
KINDS = st.sampled_from(list(DiskKind))
COUNTS = st.one_of(st.just(0), st.integers(0, 40), st.integers(0, 1 << 50))
COUNTERS = (5, 9, 10, 187, 188, 190, 194, 197, 198, 199)
PERCENT = st.none() | st.integers(0, 255)


@st.composite
def samples(draw: st.DrawFn, first: int = 0) -> SmartSample:
    return SmartSample(
        on(draw(st.integers(first, first + 150))),
        raw=draw(st.dictionaries(st.sampled_from(COUNTERS), COUNTS)),
        normalised=draw(st.dictionaries(st.sampled_from((5, 177, 202, 231)), st.integers(-1, 253))),
        nvme=draw(
            st.none()
            | st.builds(
                NvmeHealth,
                PERCENT,
                PERCENT,
                PERCENT,
                PERCENT,
                st.none() | COUNTS,
                st.none() | COUNTS,
            )
        ),
        power_on_hours=draw(st.none() | st.integers(0, 90_000)),
        temperature=draw(st.none() | st.floats(-20, 120)),
        zfs_read_errors=draw(st.none() | COUNTS),
        zfs_checksum_errors=draw(st.none() | COUNTS),
        failed_self_tests=draw(st.none() | st.integers(0, 3)),
    )


LISTS = st.lists(samples(first=200), min_size=1, max_size=12)
NOW = on(400)


def _risk(verdict: DiskVerdict) -> tuple[float, float, int]:
    rank = -1 if verdict.level is None else verdict.level.rank
    return verdict.probability_30d or 0.0, verdict.probability_90d or 0.0, rank


def _never_above(one: DiskVerdict, other: DiskVerdict) -> bool:
    return all(left <= right for left, right in zip(_risk(one), _risk(other), strict=True))


def _ample(told: list[SmartSample]) -> list[SmartSample]:
    """Return the samples with a value for the basic counters, so that the disk can be judged."""
    return [replace(one, raw={5: 0, **one.raw}) for one in told]


@given(KINDS, MODELS, LISTS, st.integers(0, 450))
def test_whatever_is_missing_never_crashes(
    kind: DiskKind, model: str, told: list[SmartSample], day: int
) -> None:
    verdict = assess(SmartHistory.from_samples(kind, model, told), on(day))
    assert verdict.text
    if verdict.level is not None:
        assert verdict.probability_30d is not None
        assert verdict.probability_90d is not None
        assert 0 <= verdict.probability_30d <= verdict.probability_90d <= 1


@given(KINDS, MODELS, LISTS, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(
    kind: DiskKind, model: str, told: list[SmartSample], chance: random.Random
) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    one, other = (SmartHistory.from_samples(kind, model, each) for each in (told, shuffled))
    assert assess(one, NOW) == assess(other, NOW)


@given(KINDS, MODELS, LISTS, st.integers(0, 190), st.booleans())
def test_an_older_healthy_day_never_raises_the_risk(
    kind: DiskKind, model: str, told: list[SmartSample], day: int, hours: bool
) -> None:
    told = _ample(told)
    healthy = SmartSample(
        on(day),
        raw=dict.fromkeys((5, 10, 187, 188, 197, 198, 199), 0),
        nvme=NvmeHealth(0, 100, 10, 0, 0, 0),
        power_on_hours=0 if hours else None,
        zfs_read_errors=0,
        zfs_write_errors=0,
        zfs_checksum_errors=0,
        failed_self_tests=0,
    )
    longer = assess(SmartHistory.from_samples(kind, model, [healthy, *told]), NOW)
    assert _never_above(longer, assess(SmartHistory.from_samples(kind, model, told), NOW))


@given(KINDS, MODELS, LISTS, st.integers(200, 350), st.integers(1, 1 << 20))
def test_more_pending_sectors_never_lower_the_risk(
    kind: DiskKind, model: str, told: list[SmartSample], since: int, more: int
) -> None:
    told = [replace(one, raw={197: 0, **one.raw}) for one in told]
    worse = [
        replace(one, raw={**one.raw, 197: one.raw[197] + more, 198: one.raw.get(198, 0) + more})
        if one.day >= on(since)
        else one
        for one in told
    ]
    before = assess(SmartHistory.from_samples(kind, model, told), NOW)
    assert _never_above(before, assess(SmartHistory.from_samples(kind, model, worse), NOW))


@given(MODELS, LISTS)
def test_the_trace_of_a_day_knows_nothing_of_later_days(
    model: str, told: list[SmartSample]
) -> None:
    # Without hours: whether a disk was replaced can only be told from what came after.
    told = [
        replace(
            one,
            power_on_hours=None,
            raw={each: value for each, value in one.raw.items() if each != 9},
        )
        for one in _ample(told)
    ]
    history = SmartHistory.from_samples(DiskKind.HDD, model, told)
    traced = trace(history, NOW.toordinal())
    for place in range(0, len(traced.days), 17):
        day = NOW + timedelta(days=int(traced.days[place]) - NOW.toordinal())
        assert assess(history, day).level is LEVELS[int(traced.level[place])]


@given(MODELS, LISTS)
def test_levels_are_held(model: str, told: list[SmartSample]) -> None:
    traced = trace(SmartHistory.from_samples(DiskKind.HDD, model, told), NOW.toordinal())
    assert (traced.level >= traced.raw).all()
    falls = np.flatnonzero(np.diff(traced.level) < 0)
    for place in falls:
        assert (traced.raw[max(0, place - 100) : place + 1] < traced.level[place]).all()


def test_the_risk_table_rises() -> None:
    for risk in risks().values():
        assert risk.from_score[0] == 0
        assert (np.diff(risk.from_score) > 0).all()
        assert (np.diff(risk.within_30) >= 0).all()
        assert (np.diff(risk.within_90) >= 0).all()
        assert (risk.within_30 <= risk.within_90).all()
        assert all(weight > 0 for pairs in risk.points.values() for _, weight in pairs)


@settings(deadline=None)
@given(st.integers(0, 8))
def test_long_histories_cost_no_more_than_their_last_years(number: int) -> None:
    history = made_up(9, 60)[number]
    assert len(trace(history, (START + timedelta(days=50 * DAYS)).toordinal()).days) <= 901

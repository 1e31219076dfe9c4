"""What becomes of raw samples: packing, gaps, order, replaced disks."""

from __future__ import annotations

import numpy as np
import pytest

from custom_components.home_server_monitor.analysis.disk_health import (
    DiskKind,
    NvmeHealth,
    SmartHistory,
    SmartSample,
    assess,
)
from custom_components.home_server_monitor.analysis.disk_health.history import (
    MAX_SAMPLES,
    MISSING,
    timeouts,
)
from tests.analysis.disk_histories import IRONWOLF, daily, grown, on


def _one(sample: SmartSample, kind: DiskKind = DiskKind.HDD) -> dict[str, int]:
    history = SmartHistory.from_samples(kind, IRONWOLF, [sample])
    return {name: int(column[0]) for name, column in history.columns.items()}


@pytest.mark.parametrize(
    ("raw", "count"),
    [(0, 0), (7, 7), (17_180_131_332, 4), (51_540_393_996, 12), (1 << 32, 1), (0xFFFF, 0xFFFF)],
)
def test_packed_command_timeouts(raw: int, count: int) -> None:
    assert timeouts(raw) == count


def test_packed_temperature_and_hours() -> None:
    found = _one(SmartSample(on(0), raw={194: 167_504_969_753, 9: (12 << 32) + 4711}))
    assert found == {"temperature": 25, "power_on_hours": 4711}


def test_own_readings_go_before_raw_ones() -> None:
    found = _one(SmartSample(on(0), raw={190: 99, 9: 1}, temperature=41.4, power_on_hours=9000))
    assert found == {"temperature": 41, "power_on_hours": 9000}


def test_packed_reallocated_count_is_its_low_word() -> None:
    assert _one(SmartSample(on(0), raw={5: (3 << 32) + 8}))["reallocated"] == 8


def test_the_larger_of_197_and_198_counts() -> None:
    assert _one(SmartSample(on(0), raw={197: 8, 198: 24}))["pending"] == 24
    assert _one(SmartSample(on(0), raw={197: 8, 198: 0}))["pending"] == 8


def test_negative_and_unknown_values_are_left_out() -> None:
    assert _one(SmartSample(on(0), raw={5: -1, 1: 123, 240: 5}, power_on_hours=-3)) == {}


def test_a_huge_value_fits() -> None:
    assert _one(SmartSample(on(0), raw={197: 1 << 70}))["pending"] == (1 << 32) - 1


def test_nvme_log() -> None:
    log = NvmeHealth(
        critical_warning=0,
        available_spare=97,
        available_spare_threshold=10,
        percentage_used=103,
        media_errors=2,
    )
    assert _one(SmartSample(on(0), nvme=log), DiskKind.NVME) == {
        "critical_warning": 0,
        "spare_used": 3,
        "spare_limit": 90,
        "spare_short": 0,
        "worn": 103,
        "media_errors": 2,
    }


@pytest.mark.parametrize("smart_id", [169, 173, 177, 202, 231, 233])
def test_wear_by_vendor(smart_id: int) -> None:
    sample = SmartSample(on(0), normalised={smart_id: 12, 5: 100})
    assert _one(sample, DiskKind.SSD) == {"worn": 88}


def test_a_sas_disk_tells_the_same_in_other_words() -> None:
    found = _one(SmartSample(on(0), grown_defects=3, uncorrected_errors=1))
    assert found == {"reallocated": 3, "uncorrectable": 1}


def test_order_does_not_matter_and_the_worst_of_a_day_counts() -> None:
    samples = [SmartSample(on(day), raw={197: day // 3}) for day in range(40)]
    samples += [SmartSample(on(5), raw={197: 9, 5: 1})]
    shuffled = [*samples[::-2], *samples[-2::-2]]
    one, other = (
        SmartHistory.from_samples(DiskKind.HDD, IRONWOLF, each) for each in (samples, shuffled)
    )
    assert one.columns["pending"][5] == 9
    assert one.columns["reallocated"].tolist().count(MISSING) == 39
    assert np.array_equal(one.days, other.days)
    assert assess(one, on(40)) == assess(other, on(40))


def test_gaps_hold_the_last_value() -> None:
    full = daily({197: grown(60, 50, 8)})
    kept = [day for day in range(60) if day < 20 or day >= 50]
    sparse = SmartHistory.from_samples(
        DiskKind.HDD, IRONWOLF, [SmartSample(on(day), raw={197: 8 * (day >= 50)}) for day in kept]
    )
    assert assess(full, on(59)).probability_90d == assess(sparse, on(59)).probability_90d


def test_a_replaced_disk_starts_anew() -> None:
    hours = [20_000 + 24 * day for day in range(50)] + [24 * day for day in range(10)]
    history = daily({9: hours, 197: [64] * 50 + [0] * 10})
    before, after = assess(history, on(49)), assess(history, on(59))
    assert before.level == "replace"
    assert after.level == "healthy"
    assert after.history_days == 10


def test_hours_that_stumble_are_the_same_disk() -> None:
    hours = [20_000 + 24 * day for day in range(60)]
    hours[30] -= 24
    hours[40] = 0
    assert assess(daily({9: hours, 197: [0] * 20 + [16] * 40}), on(59)).history_days == 60


def test_adding_samples_keeps_memory_bounded() -> None:
    history = daily({5: [0] * 10})
    for day in range(10, 40):
        history = history.with_sample(SmartSample(on(day), raw={5: 0, 197: 1}), keep=20)
    assert history.days.tolist() == [on(day).toordinal() for day in range(20, 40)]
    assert {len(column) for column in history.columns.values()} == {20}
    assert MAX_SAMPLES > 900


def test_a_second_sample_of_a_day_replaces_none() -> None:
    history = daily({197: [0, 3]}).with_sample(SmartSample(on(1), raw={197: 1}))
    assert history.columns["pending"].tolist() == [0, 3]

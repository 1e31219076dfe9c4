"""Levels, reasons and advice for typical disks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from custom_components.home_server_monitor.analysis.disk_health import (
    Advice,
    DiskKind,
    LeftBy,
    NvmeHealth,
    SmartHistory,
    SmartSample,
    assess,
    fan_hint,
)
from custom_components.home_server_monitor.analysis.disk_health.table import group_of, risks, rules
from tests.analysis.disk_histories import IRONWOLF, daily, grown, on

CLEAN = {5: [0] * 100, 187: [0] * 100, 197: [0] * 100}


def test_a_clean_disk() -> None:
    verdict = assess(daily(CLEAN), on(99))
    assert verdict.level == "healthy"
    assert verdict.measured
    assert verdict.probability_90d is not None
    assert verdict.probability_90d < 0.01
    assert verdict.advice == (Advice.NOTHING,)
    assert [reason.key for reason in verdict.reasons] == ["clean"]
    assert verdict.days_left is None


def test_growing_pending_sectors() -> None:
    history = daily({**CLEAN, 197: [0] * 90 + [2, 4, 6, 8, 8, 10, 12, 14, 16, 16]})
    verdict = assess(history, on(98))
    assert verdict.level == "replace"
    assert verdict.reasons[0].text == "Pending sectors grew from 0 to 16 in 9 days."
    assert verdict.reasons[0].key == "pending_grew"
    assert verdict.reasons[0].values == {"before": 0, "count": 16, "days": 9}
    assert verdict.advice == (Advice.BACK_UP, Advice.REPLACE_DISK)
    assert verdict.probability_30d is not None
    assert verdict.probability_90d is not None
    assert 0.1 < verdict.probability_30d < verdict.probability_90d < 1
    assert verdict.days_left is not None
    assert verdict.days_left.by is LeftBy.FAILURE
    assert verdict.days_left.earliest <= verdict.days_left.days
    assert verdict.days_left.latest is None or verdict.days_left.latest >= verdict.days_left.days


def test_growth_multiplies_the_risk() -> None:
    fresh = assess(daily({**CLEAN, 197: grown(100, 95, 8)}), on(99))
    old = assess(daily({**CLEAN, 197: grown(100, 2, 8)}), on(99))
    assert fresh.level == old.level == "warn"
    assert fresh.probability_30d is not None
    assert old.probability_30d is not None
    assert fresh.probability_30d > 2 * old.probability_30d


def test_two_kinds_of_damage_are_worse_than_one() -> None:
    assert assess(daily({**CLEAN, 187: grown(100, 60, 1)}), on(99)).level == "warn"
    both = daily({**CLEAN, 187: grown(100, 60, 1), 5: grown(100, 60, 8)})
    assert assess(both, on(99)).level == "replace"


def test_samples_from_the_future_are_not_looked_at() -> None:
    history = daily({**CLEAN, 197: grown(100, 95, 64)})
    assert assess(history, on(94)).level == "healthy"
    assert assess(history, on(95)).level == "replace"


def test_a_moment_serves_as_a_day() -> None:
    moment = datetime(2026, 4, 10, 12, tzinfo=UTC)
    assert assess(daily(CLEAN), moment) == assess(daily(CLEAN), moment.date())


def test_levels_fall_only_after_quiet_days() -> None:
    history = daily({**{each: [0] * 700 for each in CLEAN}, 197: [0] * 20 + [24] * 10 + [0] * 670})
    hold = rules().groups["seagate_large"].hold["replace"]
    kept = assess(history, on(29 + hold))
    assert kept.level == "replace"
    assert kept.held_since == on(29)
    assert [reason.key for reason in kept.reasons] == ["pending_gone", "held"]
    assert "after up to 24" in kept.reasons[0].text
    assert assess(history, on(30 + hold)).level != "replace"
    ranks = [(assess(history, on(day)).level or "") for day in range(19, 60)]
    assert ranks == ["healthy"] + ["replace"] * 40


def test_too_little_history_says_so() -> None:
    verdict = assess(daily({197: [48] * 5}), on(4))
    assert verdict.level == "replace"
    assert not verdict.enough_history
    assert [reason.key for reason in verdict.reasons] == ["pending_met", "short_history"]
    alone = assess(daily({197: [1]}), on(0))
    assert (
        alone.reasons[0].text == "1 pending sector; how long they have been there is not known yet."
    )


def test_an_old_newest_sample_says_so() -> None:
    verdict = assess(daily(CLEAN), on(120))
    assert verdict.reasons[-1].text == "The newest sample is 21 days old."


@pytest.mark.parametrize(
    "history",
    [
        SmartHistory.from_samples(DiskKind.HDD, "", []),
        SmartHistory.from_samples(DiskKind.NVME, "x", [SmartSample(on(0), temperature=30)]),
        SmartHistory.from_samples(DiskKind.SSD, "x", [SmartSample(on(9), raw={5: 100})]),
    ],
)
def test_a_silent_disk_has_no_level(history: SmartHistory) -> None:
    verdict = assess(history, on(3))
    assert verdict.level is None
    assert verdict.probability_30d is verdict.probability_90d is None
    assert [reason.key for reason in verdict.reasons] == ["no_data"]
    assert verdict.advice[0] is Advice.COLLECT_DATA


@pytest.mark.parametrize(
    ("model", "group"),
    [
        ("ST4000DM000", "seagate_large"),
        ("ST4000VN008-2DR166", "seagate_large"),
        ("Seagate ST8000VN004-2M2101", "seagate_large"),
        ("ST12000NM0008", "seagate_large"),
        ("ST20000NM007D-3DJ103", "seagate_large"),
        ("ST2000DM001", "seagate_small"),
        ("ST31500541AS", "seagate_small"),
        ("ST500LM012 HN", "seagate_small"),
        ("ST3000DM001-1CH166", "seagate_3000dm001"),
        ("HGST HMS5C4040BLE640", "hgst"),
        ("Hitachi HDS722020ALA330", "hgst"),
        ("WDC  WUH721414ALE6L4", "hgst"),
        ("WDC WD40EFRX-68N32N0", "wdc"),
        ("WD80EFZZ", "wdc"),
        ("TOSHIBA MG08ACA16TE", "other"),
        ("", "other"),
    ],
)
def test_groups_of_models(model: str, group: str) -> None:
    assert group_of(model) == group
    assert group in rules().groups
    assert group in risks()


def test_a_size_tells_what_a_name_does_not() -> None:
    history = SmartHistory.from_samples(
        DiskKind.HDD, "STXA-1", [SmartSample(on(0), raw={5: 0})], capacity_bytes=8_001_563_222_016
    )
    assert assess(history, on(0)).group == "other"
    assert assess(replace(history, model="ST9-8TB"), on(0)).group == "seagate_large"
    small = replace(history, model="ST9-8TB", capacity_bytes=None)
    assert assess(small, on(0)).group == "seagate_small"


@pytest.mark.parametrize(
    ("log", "level"),
    [
        (NvmeHealth(0, 100, 10, 3, 0), "healthy"),
        (NvmeHealth(0, 100, 10, 90, 0), "watch"),
        (NvmeHealth(0, 100, 10, 100, 0), "warn"),
        (NvmeHealth(0, 19, 10, 5, 0), "warn"),
        (NvmeHealth(0, 9, 10, 5, 0), "replace"),
        (NvmeHealth(0b1, 100, 10, 5, 0), "replace"),
        (NvmeHealth(0b10, 100, 10, 5, 0), "watch"),
        (NvmeHealth(0b100, 100, 10, 5, 0), "replace"),
        (NvmeHealth(0b1000, 100, 10, 5, 0), "replace"),
        (NvmeHealth(0b10000, 100, 10, 5, 0), "warn"),
        (NvmeHealth(0, 100, 10, 3, 1), "warn"),
        (NvmeHealth(0, 100, 100, 3, 0), "healthy"),
        (NvmeHealth(percentage_used=200), "warn"),
    ],
)
def test_nvme_levels(log: NvmeHealth, level: str) -> None:
    samples = [SmartSample(on(day), nvme=log) for day in range(20)]
    verdict = assess(SmartHistory.from_samples(DiskKind.NVME, "Samsung SSD 980", samples), on(19))
    assert verdict.level == level
    assert not verdict.measured
    assert verdict.group == "nvme"
    assert (level == "healthy") == (verdict.reasons[0].key == "clean")


def _wearing(per_year: float) -> SmartHistory:
    samples = [
        SmartSample(on(day), nvme=NvmeHealth(percentage_used=int(40 + per_year * day / 365)))
        for day in range(400)
    ]
    return SmartHistory.from_samples(DiskKind.NVME, "CT250P2SSD8", samples)


def test_wear_out_date() -> None:
    left = assess(_wearing(20), on(399)).days_left
    assert left is not None
    assert left.by is LeftBy.WEAR
    true_days = (100 - 40 - 20 * 399 / 365) / 20 * 365
    assert left.latest is not None
    assert left.earliest < true_days < left.latest
    assert left.earliest < left.days < left.latest
    assert assess(_wearing(1), on(399)).days_left is None


def test_a_sata_ssd() -> None:
    worn = SmartHistory.from_samples(
        DiskKind.SSD, "CT500MX500SSD1", [SmartSample(on(0), normalised={202: 4}, raw={5: 20})]
    )
    verdict = assess(worn, on(0))
    assert verdict.level == "warn"
    assert {"reallocated_met", "worn"} <= {reason.key for reason in verdict.reasons}


@pytest.mark.parametrize(
    ("newest", "level", "advice"),
    [
        (SmartSample(on(40), zfs_read_errors=0), "healthy", Advice.NOTHING),
        (SmartSample(on(40), zfs_checksum_errors=2), "watch", Advice.CHECK_CABLE),
        (SmartSample(on(40), zfs_checksum_errors=40), "warn", Advice.CHECK_CABLE),
        (SmartSample(on(40), zfs_read_errors=1), "warn", Advice.ORDER_DISK),
        (SmartSample(on(40), zfs_write_errors=30), "replace", Advice.REPLACE_DISK),
        (SmartSample(on(40), failed_self_tests=1), "warn", Advice.BACK_UP),
        (
            SmartSample(on(40), failed_self_tests=1, zfs_read_errors=1),
            "replace",
            Advice.REPLACE_DISK,
        ),
    ],
)
def test_zfs_and_self_tests_are_witnesses(newest: SmartSample, level: str, advice: Advice) -> None:
    quiet = [SmartSample(on(day), zfs_read_errors=0, failed_self_tests=0) for day in range(40)]
    verdict = assess(SmartHistory.from_samples(DiskKind.HDD, IRONWOLF, [*quiet, newest]), on(40))
    assert verdict.level == level
    assert advice in verdict.advice
    assert not verdict.measured
    assert verdict.probability_90d is not None
    if level != "healthy":
        assert verdict.probability_90d >= rules().unmeasured[level][1]


def _warm(degrees: list[float], model: str = IRONWOLF) -> SmartHistory:
    samples = [
        SmartSample(on(day), temperature=each, raw={5: 0}) for day, each in enumerate(degrees)
    ]
    return SmartHistory.from_samples(DiskKind.HDD, model, samples)


def test_heat_is_a_hint_and_no_prophecy() -> None:
    cool, hot = assess(_warm([38.0] * 40), on(39)), assess(_warm([55.0] * 40), on(39))
    assert cool.hints == ()
    assert [hint.key for hint in hot.hints] == ["too_hot"]
    assert "up to 55 °C" in hot.text
    assert Advice.CHECK_COOLING in hot.advice
    assert (hot.level, hot.probability_90d) == (cool.level, cool.probability_90d)


def test_transfer_errors_point_at_the_cable() -> None:
    verdict = assess(daily({**CLEAN, 199: grown(100, 90, 40)}), on(99))
    assert verdict.level == "healthy"
    assert verdict.hints[0].values == {"count": 40, "days": 30}
    assert verdict.advice == (Advice.CHECK_CABLE,)


def test_unsafe_shutdowns_are_told_once_they_grow() -> None:
    def history(grown_by: int) -> SmartHistory:
        samples = [
            SmartSample(
                on(day), nvme=NvmeHealth(media_errors=0, unsafe_shutdowns=70 + (day > 5) * grown_by)
            )
            for day in range(10)
        ]
        return SmartHistory.from_samples(DiskKind.NVME, "x", samples)

    assert assess(history(0), on(9)).hints == ()
    assert [hint.key for hint in assess(history(5), on(9)).hints] == ["unsafe_shutdowns_grew"]


def test_a_fan_failure_warms_all_disks_together() -> None:
    usual = [34.0] * 25
    risen = [_warm([*usual, 43.0, 44.0]), _warm([*usual, 41.0, 42.0]), _warm([*usual, 45.0, 45.0])]
    hint = fan_hint(risen, on(26).toordinal())
    assert hint is not None
    assert hint.values == {"disks": 3, "rise": 7.5}
    one_alone = [*risen[:2], _warm([*usual, 34.0, 35.0])]
    assert fan_hint(one_alone, on(26).toordinal()) is None
    assert fan_hint(risen[:1], on(26).toordinal()) is None
    assert fan_hint([_warm([40.0]), _warm([50.0])], on(0).toordinal()) is None


def test_legacy_disks_may_reallocate_for_years() -> None:
    few = {5: grown(200, 20, 40), 187: [0] * 200, 197: [0] * 200}
    assert assess(daily(few, "ST31500541AS"), on(199)).level == "watch"
    assert assess(daily(few, "ST4000DM000"), on(199)).level == "warn"

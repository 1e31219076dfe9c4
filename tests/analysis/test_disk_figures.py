"""The figures on drives that really died; only where the data set lies beside the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.disk_model.calibration import cross_validated
from scripts.disk_model.data import DataSet, Drive
from scripts.disk_model.replay import Family, replay, through_assess

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).resolve().parents[3] / "shared/data/smart/backblaze-2013-2016.npz"
pytestmark = [
    pytest.mark.skipif(not DATA.exists(), reason="the drive histories are not part of the project"),
    # The replay takes long: one worker makes it for all.
    pytest.mark.xdist_group(name="disk_figures"),
]

# The kinds of damage that a warning can be made of. Not every failed drive shows one of them.
DAMAGE = ("uncorrectable", "pending", "reallocated")


@pytest.fixture(scope="module")
def data() -> DataSet:
    return DataSet(DATA)


@pytest.fixture(scope="module")
def drives(data: DataSet) -> list[Drive]:
    return list(data.drives())


@pytest.fixture(scope="module")
def families(data: DataSet, drives: list[Drive]) -> Mapping[str, Family]:
    return replay(data, drives)


def _figures(families: Mapping[str, Family], family: str, alarm: str) -> tuple[float, float]:
    found = families[family].figures(alarm)
    detected, false = found["detected_30d"], found["false_alarms_per_100_drive_years"]
    assert detected is not None
    assert false is not None
    return detected, false


@pytest.mark.parametrize(
    ("family", "alarm", "detected", "false"),
    [
        ("ST4000DM000", "replace", 0.45, 0.40),
        ("all", "replace", 0.45, 0.85),
        ("all", "warn", 0.63, 2.25),
    ],
)
def test_targets(
    families: Mapping[str, Family], family: str, alarm: str, detected: float, false: float
) -> None:
    found, alarmed = _figures(families, family, alarm)
    assert found >= detected
    assert alarmed <= false


def test_warn_finds_every_st4000dm000_that_shows_damage(
    families: Mapping[str, Family], drives: list[Drive]
) -> None:
    """60 % are asked for; where fewer drives show anything at all, all of these must be found."""
    found, alarmed = _figures(families, "ST4000DM000", "warn")
    failed = [drive for drive in drives if drive.failed and drive.model == "ST4000DM000"]
    shown = sum(_shows_damage(drive) for drive in failed) / len(failed)
    assert 0.59 < shown <= found
    assert alarmed <= 1.10


def _shows_damage(drive: Drive) -> bool:
    columns, known = drive.history.columns, drive.history.days <= drive.days[-1]
    return any((columns[name][known] > 0).any() for name in DAMAGE)


@pytest.mark.parametrize("family", ["ST4000DM000", "other Seagate", "HGST/Hitachi", "WDC", "all"])
@pytest.mark.parametrize(
    ("level", "rule"), [("warn", "rule: notice"), ("replace", "rule: critical")]
)
def test_no_family_is_worse_than_the_plain_rules(
    families: Mapping[str, Family], family: str, level: str, rule: str
) -> None:
    found, alarmed = _figures(families, family, level)
    found_by_rule, alarmed_by_rule = _figures(families, family, rule)
    assert found >= found_by_rule
    assert alarmed <= alarmed_by_rule


def test_the_rules_are_replayed_as_published(families: Mapping[str, Family]) -> None:
    assert _figures(families, "ST4000DM000", "naive score > 50") == pytest.approx(
        (0.087, 0.055), abs=1e-3
    )
    assert _figures(families, "ST4000DM000", "rule: critical") == pytest.approx(
        (0.441, 0.370), abs=1e-3
    )
    assert _figures(families, "WDC", "rule: notice") == pytest.approx((0.268, 3.519), abs=1e-3)


def test_calibration(drives: list[Drive]) -> None:
    found = cross_validated(drives, parts=2)
    for family in ("ST4000DM000", "other Seagate", "ST3000DM001", "HGST/Hitachi", "WDC", "all"):
        assert found[family].error < 0.03
    assert found["all"].error_with_signs < 0.03
    assert found["ST4000DM000"].error_with_signs < 0.03


def test_the_replay_is_assess(drives: list[Drive]) -> None:
    checked, unequal = through_assess(drives[:5000])
    assert checked > 100
    assert unequal == 0

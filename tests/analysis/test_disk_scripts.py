"""The replay's definitions, the scripts' output and the table they make, on a tiny made-up set."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from custom_components.home_server_monitor.analysis.disk_health.table import RISKS, parse_risks
from scripts.disk_model.benchmark import benchmark
from scripts.disk_model.calibration import cross_validated
from scripts.disk_model.cli import JSON_FIGURES, evaluate, train
from scripts.disk_model.data import DataSet
from scripts.disk_model.replay import Family, replay, through_assess
from tests.analysis.disk_data import MadeUp, write

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
SEAGATE, WDC, HGST = "ST4000DM000", "WDC WD30EFRX", "HGST HMS5C4040BLE640"

DRIVES = [
    MadeUp(SEAGATE, 400),
    MadeUp(SEAGATE, 400, failed=True),
    # Pending from 20 days before the end on: found, with a lead of 20 days.
    MadeUp(SEAGATE, 400, failed=True, changes={380: {197: 8}}),
    # The same on a drive that lived: one false alarm.
    MadeUp(SEAGATE, 400, changes={100: {197: 8}}),
    # An alarm that is quiet for longer than any level is held is another one when it comes back.
    MadeUp(WDC, 450, changes={100: {197: 40}, 101: {197: 0}, 400: {197: 40}, 401: {197: 0}}),
    # Not told before 20 days: too short a history to score a failure.
    MadeUp(HGST, 20, failed=True, changes={5: {5: 900}}),
    MadeUp(HGST, 200, failed=True, changes={10: {5: -1, 197: -1}, 150: {5: 70}}),
    MadeUp("TOSHIBA DT01", 300, changes={30: {187: 5}}),
]


@pytest.fixture(scope="module")
def data_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("disks") / "data.npz", DRIVES)


@pytest.fixture(scope="module")
def families(data_path: Path) -> Mapping[str, Family]:
    data = DataSet(data_path)
    return replay(data, data.drives())


def test_drives_and_years(families: Mapping[str, Family]) -> None:
    counted = {name: (one.failed, one.healthy, one.healthy_days) for name, one in families.items()}
    assert counted == {
        "ST4000DM000": (2, 2, 800),
        "other Seagate": (0, 0, 0),
        "ST3000DM001": (0, 0, 0),
        "HGST/Hitachi": (1, 0, 0),
        "WDC": (0, 1, 450),
        "all": (3, 4, 1550),
    }


def test_detection_lead_and_false_alarms(families: Mapping[str, Family]) -> None:
    for alarm in ("warn", "rule: notice"):
        found = families["ST4000DM000"].figures(alarm)
        assert found["detected_30d"] == found["detected_7d"] == 0.5
        assert found["median_lead_days"] == 20
        assert found["false_alarms_per_100_drive_years"] == pytest.approx(100 / (800 / 365.25))
        assert found["true_within_30d"] == 0.5
        assert found["true_within_365d"] == 1.0
    assert families["ST4000DM000"].figures("replace")["detected_30d"] == 0


def test_a_new_episode_after_quiet_days(families: Mapping[str, Family]) -> None:
    wdc = families["WDC"]
    assert wdc.tallies["rule: critical"].false_alarms == 2
    assert wdc.tallies["replace"].false_alarms == 2
    assert wdc.tallies["watch"].false_alarms == 1


def test_missing_values_are_held(families: Mapping[str, Family]) -> None:
    hgst = families["HGST/Hitachi"]
    assert hgst.figures("replace")["median_lead_days"] == 50
    assert hgst.figures("naive score > 30")["detected_30d"] == 1.0
    assert hgst.figures("replace")["false_alarms_per_100_drive_years"] is None


def test_the_replay_is_assess(data_path: Path) -> None:
    data = DataSet(data_path)
    assert through_assess(list(data.drives()) * 40)[1] == 0
    assert through_assess(list(data.drives()) * 40)[0] > 20


def test_json(data_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(["--json", str(data_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["ST4000DM000", "HGST/Hitachi", "WDC", "all"]
    for family in told.values():
        assert list(family) == ["watch", "warn", "replace"]
        for level in family.values():
            assert tuple(level) == JSON_FIGURES


def test_text(data_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate([str(data_path)]) == 0
    told = capsys.readouterr().out
    assert "ST4000DM000: 2 failed drives, 2 healthy ones over 2 years" in told
    assert "naive score > 50" in told
    assert "expected calibration error" in told
    assert "0 differ." in told


def test_needs_data() -> None:
    with pytest.raises(SystemExit):
        evaluate([])


def test_benchmark_says_time_and_memory() -> None:
    assert "ms each" in benchmark(20)


def test_training_twice_gives_the_same_table(data_path: Path, tmp_path: Path) -> None:
    tables = [tmp_path / "one.json", tmp_path / "other.json"]
    for table in tables:
        assert train([str(data_path), "--output", str(table)]) == 0
    assert tables[0].read_text() == tables[1].read_text()
    parsed = parse_risks(json.loads(tables[0].read_text()))
    assert {"seagate_large", "wdc", "hgst", "other"} == set(parsed)
    assert (np.diff(parsed["seagate_large"].within_90) >= 0).all()


def test_cross_validation_by_drive(data_path: Path) -> None:
    found = cross_validated(list(DataSet(data_path).drives()) * 3, parts=2)
    assert 0 <= found["all"].error <= 1
    assert sum(band.samples for band in found["all"].bands) > 100


@pytest.mark.parametrize("script", ["evaluate_disk_model", "train_disk_model"])
def test_scripts_start_without_home_assistant(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", ROOT / "scripts" / script, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    assert "DATA.npz" in done.stdout
    assert "homeassistant" not in done.stderr


def test_the_shipped_table_credits_its_source() -> None:
    told = json.loads(RISKS.read_text())
    assert "Backblaze" in told["about"]
    assert told["version"] == 1

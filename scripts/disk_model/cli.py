"""What `scripts/train_disk_model` and `scripts/evaluate_disk_model` do."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import re
import sys
from typing import TYPE_CHECKING, Any

from custom_components.home_server_monitor.analysis.disk_health import LEVELS, Level
from custom_components.home_server_monitor.analysis.disk_health.table import RISKS

from . import report
from .benchmark import benchmark
from .calibration import cross_validated
from .data import DataSet
from .replay import replay, through_assess
from .train import collect, fit_all

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON_FIGURES = (
    "detected_30d",
    "detected_7d",
    "median_lead_days",
    "false_alarms_per_100_drive_years",
    "true_within_90d",
)
CREDIT = (
    "Fitted by scripts/train_disk_model to Backblaze's Drive Stats, April 2013 to September 2016"
    " (https://www.backblaze.com/cloud-storage/resources/hard-drive-test-data), with thanks to"
    " Backblaze. Made of counts alone: no drive's data is in here."
)


def train(arguments: Sequence[str] | None = None) -> int:
    """Write the table of measured risks; return the exit status."""
    parser = argparse.ArgumentParser(description="Fit the disk health model's measured risks.")
    parser.add_argument("data", type=Path, metavar="DATA.npz")
    parser.add_argument("--output", type=Path, default=RISKS, help="default: the integration's own")
    options = parser.parse_args(arguments)
    table: dict[str, Any] = {"version": 1, "about": CREDIT} | fit_all(
        collect(DataSet(options.data).drives())
    )
    options.output.write_text(_compact(table) + "\n", encoding="utf-8")
    for name, group in table["groups"].items():
        print(
            f"{name}: {group['drives']} drives, {group['failed']} failed, {len(group['bins'])} bands"
        )
    return 0


def evaluate(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of the model on a data set; return 1 when `assess` disagrees with the replay."""
    parser = argparse.ArgumentParser(
        description="Replay drives day by day and print what the levels and the base lines were worth."
    )
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA.npz")
    parser.add_argument("--json", action="store_true", help="the levels' figures only, as JSON")
    parser.add_argument(
        "--benchmark", action="store_true", help="time 1,000 histories of two years"
    )
    options = parser.parse_args(arguments)
    if options.benchmark:
        print(benchmark())
    if options.data is None:
        return 0 if options.benchmark else parser.error("DATA.npz or --benchmark is needed")
    data = DataSet(options.data)
    checked, unequal = through_assess(data.drives())
    families = replay(data, data.drives(), baselines=not options.json)
    if options.json:
        levels = [level for level in LEVELS if level is not Level.HEALTHY]
        figures = {
            name: {level.value: _chosen(family.figures(level.value)) for level in levels}
            for name, family in families.items()
            if family.failed + family.healthy
        }
        print(json.dumps(figures, indent=2))
    else:
        print(report.figures(families))
        print(report.reliability(cross_validated(data.drives())))
        print(
            f"{checked} days of drives with signs judged again by assess() itself: {unequal} differ."
        )
    if unequal:
        print(f"assess() differs from the replay on {unequal} of {checked} days", file=sys.stderr)
    return int(unequal > 0)


def _chosen(figures: dict[str, float | None]) -> dict[str, float | None]:
    return {name: figures[name] for name in JSON_FIGURES}


def _compact(table: object) -> str:
    """Return JSON with each band and each metric on a line of its own, for readable differences."""
    text = json.dumps(table, indent=1, ensure_ascii=False)
    flat = re.sub(r"\n {5,}", " ", text)
    return re.sub(r"([\[{]) | (?=\])|\n {4}(?=[\]}])", r"\1", flat)

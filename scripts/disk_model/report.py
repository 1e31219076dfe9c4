"""The figures as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .calibration import Reliability
    from .replay import Family

_COLUMNS = (
    ("detected_30d", "30 d", 100),
    ("detected_14d", "14 d", 100),
    ("detected_7d", "7 d", 100),
    ("median_lead_days", "lead", 1),
    ("false_alarms_per_100_drive_years", "false", 1),
    ("true_within_30d", "30 d", 100),
    ("true_within_90d", "90 d", 100),
    ("true_within_365d", "365 d", 100),
)
_HEAD = f"{'':18}" + "".join(f"{title:>8}" for _, title, _ in _COLUMNS)
_ABOVE = f"{'':18}{'failed found in last':>24}{'days':>8}{'/100 y':>8}{'true within':>24}"


def figures(families: Mapping[str, Family]) -> str:
    """Return a table for each family: a line for each level and base line."""
    return "\n".join(_family(name, family) for name, family in families.items() if family.tallies)


def _family(name: str, family: Family) -> str:
    years = family.healthy_days / 365.25
    title = f"\n{name}: {family.failed} failed drives, {family.healthy} healthy ones over {years:.0f} years"
    rows = [f"{alarm:18}" + _cells(family.figures(alarm)) for alarm in family.tallies]
    return "\n".join([title, _ABOVE, _HEAD, *rows])


def _cells(found: Mapping[str, float | None]) -> str:
    return "".join(_cell(found[key], key, scale) for key, _, scale in _COLUMNS)


def _cell(value: float | None, key: str, scale: int) -> str:
    if value is None:
        return f"{'-':>8}"
    if scale == 100:
        return f"{100 * value:7.1f}%"
    return f"{value:8.2f}" if "false" in key else f"{value:8.0f}"


def reliability(found: Mapping[str, Reliability]) -> str:
    """Return, for each family, how often drives failed within 90 days that were given a p."""
    lines = ["\nCalibration of p within 90 days, cross-validated by drive (weekly samples)"]
    for name, family in found.items():
        errors = f"{family.error:.4f}, of disks with signs {family.error_with_signs:.4f}"
        lines += [
            f"\n{name}: expected calibration error {errors}",
            "   given    came  samples  drives",
        ]
        lines += [
            f"{100 * band.given:7.2f}%{100 * band.came:7.2f}%{band.samples:9}{band.drives:8}"
            for band in family.bands
        ]
    return "\n".join(lines) + "\n"

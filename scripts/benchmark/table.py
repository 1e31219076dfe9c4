"""Prints what was measured, as a table with ratios to core's integration."""

from collections.abc import Mapping

from .subjects import CORE, SUBJECTS

type Row = Mapping[str, float]

# Key of ``probe.Measured``, the words for it, decimals.
_LINES = (
    ("requests", "requests a minute", 1),
    ("kib", "KiB received a minute", 1),
    ("cpu_ms", "CPU time a minute, ms", 1),
    ("wall_ms", "refreshing a minute, ms", 0),
    ("longest_step_ms", "longest step of the loop, ms", 1),
    ("states_changed", "states changed a minute", 1),
    ("states_reported", "states written again a minute", 1),
    ("memory_mib", "memory, MiB", 1),
    ("entities", "entities enabled", 0),
    ("entities_per_container", "of them for each container", 1),
    ("setup_requests", "requests to set up", 0),
    ("setup_cpu_ms", "CPU time to set up, ms", 0),
)


def table(containers: int, measured: Mapping[str, Row]) -> str:
    """Return a Markdown table for one size; a ratio to core's figure stands after each of ours."""
    names = list(measured)
    rows = [[f"{containers} containers", *(SUBJECTS[name].title for name in names)]]
    rows += [
        [words, *(_cell(measured, name, key, digits) for name in names)]
        for key, words, digits in _LINES
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    marks = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (rows[0], marks, *rows[1:]))


def _line(cells: list[str], widths: list[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    parts = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
    return f"| {' | '.join(parts)} |"


def _cell(measured: Mapping[str, Row], name: str, key: str, digits: int) -> str:
    value = measured[name][key]
    text = f"{value:,.{digits}f}"
    core = measured.get(CORE, {}).get(key)
    if name == CORE or not core:
        return text
    return f"{text} ({value / core:.2f})"

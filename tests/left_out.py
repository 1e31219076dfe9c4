"""A pytest plugin of scripts/test: leaves out what this machine cannot run, and says so.

The environment variable TESTS_LEFT_OUT holds one `marker=reason` a line. Tests with that marker are
deselected, and their names and the reason printed before pytest's closing line, so that nobody takes
a shorter run for a full one. TESTS_NOTES holds lines to print there as well.
"""

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from xdist.workermanage import WorkerController

# Daemons and browsers are dear to start: tests of one file share them, on one worker.
DEAR = ("real", "browser")

_left_out = pytest.StashKey[dict[str, list[str]]]()


def reasons() -> dict[str, str]:
    """Return the reason for each marker that is left out."""
    lines = os.environ.get("TESTS_LEFT_OUT", "").splitlines()
    return {marker: reason for marker, _, reason in (line.partition("=") for line in lines if line)}


def pytest_configure(config: pytest.Config) -> None:
    """Start with nothing left out."""
    config.stash[_left_out] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what cannot run; keep the dear tests of one file together."""
    excluded = reasons()
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        marker = next((name for name in excluded if item.get_closest_marker(name)), None)
        if marker is not None:
            config.stash[_left_out].setdefault(marker, []).append(item.nodeid)
            dropped.append(item)
            continue
        if any(item.get_closest_marker(name) for name in DEAR):
            _group_by_file(item)
        kept.append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def _group_by_file(item: pytest.Item) -> None:
    if item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group(name=item.nodeid.partition("::")[0]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker left out to the process that reports."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[_left_out]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """Take over what a worker left out; every worker collects the same tests."""
    node.config.stash[_left_out].update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out, and why."""
    for marker, names in config.stash[_left_out].items():
        terminalreporter.section(f"left out: {len(names)} tests ({reasons()[marker]})")
        for name in names:
            terminalreporter.line(name)
    for note in os.environ.get("TESTS_NOTES", "").splitlines():
        terminalreporter.line(note, red=True)

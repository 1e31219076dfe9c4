"""A pytest plugin of scripts/test: fails the run when a file that must be fully covered is not.

The floor for the whole integration is pytest-cov's own (`fail_under` in pyproject.toml).
"""

from io import StringIO
from typing import TYPE_CHECKING

from coverage import Coverage
from coverage.exceptions import CoverageException
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from _pytest.terminal import TerminalReporter

# Home Assistant asks for this of every config flow; the options are a part of it.
FULLY_COVERED = (
    "custom_components/home_server_monitor/config_flow.py",
    "custom_components/home_server_monitor/options_flow.py",
)

_missing = pytest.StashKey[list[str]]()


def percentage(path: str) -> float:
    """Return how much of a file the finished run covered, lines and branches, in percent."""
    coverage = Coverage()
    coverage.load()
    try:
        return coverage.report(include=[path], file=StringIO())
    except CoverageException:
        return 0.0  # nothing of it ran


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Look at the coverage once pytest-cov, which wraps the tests further in, has saved it."""
    result = yield
    if hasattr(session.config, "workerinput"):
        return result
    found = {path: percentage(path) for path in FULLY_COVERED}
    missing = [
        f"{path} is covered to {part:.1f} %, not 100 %"
        for path, part in found.items()
        if part < 100
    ]
    session.config.stash[_missing] = missing
    session.testsfailed += len(missing)
    return result


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say which file fell short."""
    for line in config.stash.get(_missing, []):
        terminalreporter.line(f"FAIL {line}", red=True)

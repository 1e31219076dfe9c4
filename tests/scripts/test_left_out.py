"""The plugins of scripts/test, each in a pytest of its own."""

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[2]
INI = "[pytest]\nmarkers =\n  real: x\n  browser: y\n"
TESTS = """
import pytest
@pytest.mark.real
def test_daemon(): ...
def test_plain(): ...
"""


def run(folder: Path, *arguments: str, **environment: str) -> list[str]:
    """Return what a pytest in that folder prints, the empty lines left away."""
    plugins = [
        "-p",
        "xdist",
        "-p",
        "xdist.looponfail",
        "-p",
        "pytest_cov",
        "-p",
        "no:cacheprovider",
    ]
    command = [sys.executable, "-m", "pytest", *plugins, *arguments]
    # Without the plugins that nothing here needs, Home Assistant's among them, it starts at once.
    variables = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment}
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    return [f"exit {done.returncode}", *filter(None, done.stdout.splitlines())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_it.py").write_text(TESTS)
    return tmp_path


@pytest.mark.parametrize("workers", [(), ("-n", "1", "--dist", "loadgroup")])
def test_what_is_left_out_is_named_before_the_last_line(
    folder: Path, workers: tuple[str, ...]
) -> None:
    lines = run(
        folder, "-p", "tests.left_out", *workers, TESTS_LEFT_OUT="real=no root", TESTS_NOTES="note"
    )
    assert lines[0] == "exit 0"
    assert "left out: 1 tests (no root)" in lines[-4]
    assert lines[-3:-1] == ["test_it.py::test_daemon", "note"]
    assert "1 passed" in lines[-1]


def test_nothing_is_left_out_where_all_can_run(folder: Path) -> None:
    lines = run(folder, "-p", "tests.left_out")
    assert "2 passed" in lines[-1]
    assert not any("left out" in line for line in lines)


def test_dear_tests_of_a_file_stay_on_one_worker(folder: Path) -> None:
    (folder / "test_it.py").write_text(
        "import pytest\npytestmark = pytest.mark.real\n"
        "@pytest.mark.parametrize('n', range(6))\ndef test_it(n, worker_id): print(worker_id)\n"
    )
    lines = run(folder, "-p", "tests.left_out", "-n", "2", "--dist", "loadgroup", "-rP")
    assert len({line for line in lines if line in ("gw0", "gw1")}) == 1
    assert "6 passed" in lines[-1]


FLOW = "def f(x):\n    if x:\n        return 1\n    return 2\n"


@pytest.mark.parametrize(
    ("calls", "status", "message"),
    [("f(1), f(0)", "exit 0", ""), ("f(1)", "exit 1", "is covered to 66.7 %, not 100 %")],
)
@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_the_config_flow_must_be_fully_covered(
    folder: Path, calls: str, status: str, message: str, workers: tuple[str, ...]
) -> None:
    package = folder / "custom_components" / "home_server_monitor"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "config_flow.py").write_text(FLOW)
    (package / "options_flow.py").write_text("WHOLE = True\n")
    (folder / "test_it.py").write_text(
        "from custom_components.home_server_monitor import options_flow\n"
        "from custom_components.home_server_monitor.config_flow import f\n"
        f"def test(): {calls}\n"
    )
    (folder / "pyproject.toml").write_text("[tool.coverage.run]\nbranch = true\n")
    lines = run(folder, "-p", "tests.full_coverage", "--cov=custom_components", *workers)
    assert lines[0] == status
    assert message in lines[-2]
    assert "1 passed" in lines[-1]

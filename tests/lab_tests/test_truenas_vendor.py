"""The simulated TrueNAS against what its vendor has published.

The vendor's specifications are no part of the project: they lie in a folder `shared` beside the
checkout, or these tests are left out.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
import sys
from typing import Any

import pytest

from tests.lab.lab import Lab
from tests.lab.truenas import ALL_VERSIONS, Version, core, login, world
from tests.lab.truenas.methods import methods_of

pytestmark = pytest.mark.vendor

SHARED = Path(__file__).resolve().parents[3] / "shared"
INHERITED = ("query", "get_instance", "config", "create", "update", "delete")
"""Methods that most services inherit: the vendor's table does not list them."""
CORRECTED = {
    # Takes a parameter that is private for a method that is.
    ("24.04", "chart.release.upgrade"): "public job",
    ("24.10", "app.upgrade"): "public job",
    # Has none of this service's methods for 26, while its source has them all.
    **{("26", f"alert.{name}"): "public" for name in ("list", "dismiss", "restore")},
}
"""Where the vendor's source, which decides, says something else than the table."""


@pytest.fixture(autouse=True)
def specifications() -> None:
    """Leave the tests out where the folder is not."""
    if not (SHARED / "specs").is_dir():
        pytest.skip("there are no vendors' specifications in ../shared")


def _problem(known: dict[str, str] | None, name: str, version: Version, claimed: str) -> str | None:
    if known is None:
        return None if name.rpartition(".")[2] in INHERITED else f"{name}: nobody knows it"
    real = CORRECTED.get((version.label, name), known.get(version.label))
    return None if real == claimed else f"{name}: {claimed} here, {real or 'not there'} there"


@pytest.mark.parametrize("version", ALL_VERSIONS, ids=str)
def test_methods_are_those_of_the_version(version: Version) -> None:
    table: dict[str, Any] = json.loads((SHARED / "specs/truenas-methods.json").read_text())
    problems = []
    offered = methods_of(version, [*core.METHODS, *login.METHODS, *world.METHODS])
    for name, one in offered.items():
        claimed = ("private" if one.private else "public") + (" job" if one.job else "")
        problems.append(_problem(table.get(name), name, version, claimed))
    assert not [problem for problem in problems if problem]


@pytest.mark.parametrize("system", ["truenas-25.04", "truenas-25.10", "truenas-26"])
async def test_answers_fit_the_models(system: str, tmp_path: Path, socket_enabled: None) -> None:
    doors = tmp_path / "lab.json"
    async with Lab([system]) as lab:
        doors.write_text(json.dumps(lab.doors))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(SHARED / "tools/check_lab.py"), str(doors), system),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b", 0 failed" in output

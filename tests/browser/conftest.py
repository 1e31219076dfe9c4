"""Where the pictures go."""

import os
from pathlib import Path

import pytest

from .demo import PROJECT


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder for pictures: ``docs/images`` if KEEP_PICTURES is set, else a passing one."""
    return PROJECT / "docs" / "images" if os.environ.get("KEEP_PICTURES") else tmp_path

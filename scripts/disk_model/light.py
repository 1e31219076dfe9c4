"""A way to the analysis that does not load Home Assistant."""

from __future__ import annotations

from pathlib import Path
import sys
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
INTEGRATION = "custom_components.home_server_monitor"


def without_home_assistant() -> None:
    """Make the integration's package importable without running its set-up module.

    The analysis is free of Home Assistant, but the package around it is not, and loading that takes
    longer than a thousand verdicts. For programs of their own only: call it before the first import.
    """
    if INTEGRATION in sys.modules:
        return
    package = ModuleType(INTEGRATION)
    package.__path__ = [str(ROOT / INTEGRATION.replace(".", "/"))]
    sys.modules[INTEGRATION] = package

"""Real daemons for tests: Docker Engine, its registry, and NUT's upsd, from Debian's packages.

Plain subprocesses and plain sockets: nothing here needs Home Assistant or an event loop.
"""

from .engine import RealEngine
from .install import install, unavailable
from .nut import RealNut
from .registry import RealRegistry

__all__ = ["RealEngine", "RealNut", "RealRegistry", "install", "unavailable"]

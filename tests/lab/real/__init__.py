"""Real daemons for tests: Docker Engine, its registry, and NUT's upsd, from Debian's packages.

Plain subprocesses and plain sockets: nothing here needs Home Assistant or an event loop.
`unavailable()` says in words why they cannot be had on a machine; `install()` gets them.
"""

from .debian import install, unavailable
from .engine import RealEngine
from .nut import RealNut
from .registry import RealRegistry

__all__ = ["RealEngine", "RealNut", "RealRegistry", "install", "unavailable"]

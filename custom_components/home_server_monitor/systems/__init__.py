"""The registry: every system that can be monitored. A new one is a folder and a line here."""

from typing import Any

from .docker import DOCKER, PORTAINER
from .nut import NUT
from .system import System
from .truenas import TRUENAS

SYSTEMS: dict[str, System[Any]] = {
    system.key: system for system in (DOCKER, PORTAINER, TRUENAS, NUT)
}

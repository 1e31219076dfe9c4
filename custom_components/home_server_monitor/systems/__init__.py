"""The registry: every system that can be monitored. A new one is a folder and a line here."""

from typing import Any

from .docker import DOCKER, PORTAINER
from .nut import NUT
from .scrutiny import SCRUTINY
from .smartctl_exporter import SMARTCTL_EXPORTER
from .system import System
from .truenas import TRUENAS

SYSTEMS: dict[str, System[Any]] = {
    system.key: system for system in (DOCKER, PORTAINER, TRUENAS, NUT, SCRUTINY, SMARTCTL_EXPORTER)
}

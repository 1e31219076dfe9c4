"""TrueNAS: virtual machines and containers."""

from collections.abc import Mapping
from typing import Any

from ...system import Action, Group, Kind, Resume

GROUPS: tuple[Group[Any], ...] = ()
KINDS: tuple[Kind[Any], ...] = ()
ACTIONS: tuple[Action[Any, Any], ...] = ()
PROCEDURES: Mapping[str, Resume[Any]] = {}

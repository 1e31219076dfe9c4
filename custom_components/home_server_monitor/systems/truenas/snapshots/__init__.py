"""TrueNAS: snapshots of pools and datasets, and the tasks that take them."""

from collections.abc import Mapping
from typing import Any

from ...system import Action, Group, Kind, Resume
from . import actions, groups, sensors
from .models import Snapshots

GROUPS: tuple[Group[Any], ...] = (groups.SNAPSHOTS,)
KINDS: tuple[Kind[Any], ...] = (
    Kind(model=Snapshots, group=groups.SNAPSHOTS.key, entities=sensors.SNAPSHOTS),
)
ACTIONS: tuple[Action[Any, Any], ...] = actions.ACTIONS
PROCEDURES: Mapping[str, Resume[Any]] = {}

"""TrueNAS: what datasets hold, and how full they are."""

from collections.abc import Mapping
from typing import Any

from ...option import OptionField
from ...system import Action, Group, Kind, Resume

GROUPS: tuple[Group[Any], ...] = ()
KINDS: tuple[Kind[Any], ...] = ()
ACTIONS: tuple[Action[Any, Any], ...] = ()
PROCEDURES: Mapping[str, Resume[Any]] = {}
OPTIONS: tuple[OptionField, ...] = ()

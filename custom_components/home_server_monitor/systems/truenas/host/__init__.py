"""TrueNAS: the NAS itself. Each subject has a folder; the system's group is the heart of all."""

from collections.abc import Mapping
from typing import Any

from ...system import Action, Group, Kind, Resume
from .alerts import actions as alert_actions, group as alerts
from .certificates import group as certificates
from .power import actions as power_actions
from .realtime import group as realtime
from .release import entities as release_entities, group as release
from .services import actions as service_actions, group as services
from .system import group as system
from .ups import group as ups

_SUBJECTS = (system, realtime, alerts, services, release, certificates, ups)

GROUPS: tuple[Group[Any], ...] = tuple(subject.GROUP for subject in _SUBJECTS)
KINDS: tuple[Kind[Any], ...] = tuple(kind for subject in _SUBJECTS for kind in subject.KINDS)
ACTIONS: tuple[Action[Any, Any], ...] = (
    *alert_actions.ACTIONS,
    *service_actions.ACTIONS,
    *release_entities.ACTIONS,
    *power_actions.ACTIONS,
)
PROCEDURES: Mapping[str, Resume[Any]] = {}

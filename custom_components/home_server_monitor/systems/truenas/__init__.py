"""TrueNAS SCALE (``truenas``), 24.04 and newer: each subject has a folder of its own."""

from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..system import Field, System
from . import apps, backups, datasets, disks, host, machines, pools, snapshots
from .client import TrueNas
from .connect import connect, identify

_TEXT = TextSelector()
_PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))

# The host first: its first group is the heart, and its device is everybody's parent.
_SUBJECTS = (host, pools, datasets, snapshots, disks, backups, apps, machines)

TRUENAS: System[TrueNas] = System(
    key="truenas",
    name="TrueNAS",
    fields=(
        Field(key="url", selector=_TEXT),
        Field(key="username", selector=_TEXT, required=False, credential=True),
        Field(key="api_key", selector=_PASSWORD, secret=True, credential=True),
        Field(key="verify_ssl", selector=BooleanSelector(), default=True),
        Field(key="fingerprint", selector=_TEXT, required=False, private=True),
    ),
    connect=connect,
    identify=identify,
    groups=tuple(group for subject in _SUBJECTS for group in subject.GROUPS),
    kinds=tuple(kind for subject in _SUBJECTS for kind in subject.KINDS),
    actions=tuple(action for subject in _SUBJECTS for action in subject.ACTIONS),
    procedures={
        name: resume for subject in _SUBJECTS for name, resume in subject.PROCEDURES.items()
    },
    options=datasets.OPTIONS,
)

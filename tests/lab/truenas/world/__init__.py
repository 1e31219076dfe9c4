"""What is behind the API: one module for each subject, with its state, METHODS and EVENTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import apps, backups, datasets, disks, host, machines, pools, snapshots
from .apps import Apps
from .backups import Backups
from .datasets import Datasets
from .disks import Disks
from .host import Host
from .machines import Machines
from .part import Part
from .pools import Pools
from .snapshots import Snapshots

if TYPE_CHECKING:
    from ..server import TrueNas

MODULES = (disks, pools, datasets, snapshots, backups, host, apps, machines)

METHODS = tuple(method for module in MODULES for method in module.METHODS)

EVENTS = tuple(event for module in MODULES for event in module.EVENTS)


def furnish(nas: TrueNas) -> None:
    """Fill the server with what a typical box has."""
    for module in MODULES:
        module.furnish(nas)


__all__ = [
    "EVENTS",
    "METHODS",
    "Apps",
    "Backups",
    "Datasets",
    "Disks",
    "Host",
    "Machines",
    "Part",
    "Pools",
    "Snapshots",
    "furnish",
]

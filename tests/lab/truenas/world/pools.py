"""The world of pools: their disks, their scrubs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import Event
from ..methods import Handler
from .part import Part

if TYPE_CHECKING:
    from ..server import TrueNas


class Pools(Part):
    """What the server has of pools: their disks, their scrubs."""


def furnish(_nas: TrueNas) -> None:
    """Add the typical box."""


METHODS: tuple[Handler, ...] = ()

EVENTS: tuple[Event, ...] = ()

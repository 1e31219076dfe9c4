"""The world of disks, their temperatures and what they say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import Event
from ..methods import Handler
from .part import Part

if TYPE_CHECKING:
    from ..server import TrueNas


class Disks(Part):
    """What the server has of disks, their temperatures and what they say of themselves."""


def furnish(_nas: TrueNas) -> None:
    """Add the typical box."""


METHODS: tuple[Handler, ...] = ()

EVENTS: tuple[Event, ...] = ()

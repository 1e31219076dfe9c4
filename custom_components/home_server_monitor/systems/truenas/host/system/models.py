"""The NAS as ``system.info`` describes it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Nas:
    """A TrueNAS. None means that it is not told.

    ``version`` without the words around it, ``memory`` bytes, ``load_*`` runnable processes on
    average over so many minutes, ``timezone`` the one by which its schedules go, as in
    ``Europe/Berlin``, ``url`` where people open it. ``clock_ahead`` is by how much its clock
    is ahead of ours, which is no news.
    """

    hostname: str
    version: str | None
    manufacturer: str | None
    product: str | None
    serial: str | None
    processor: str | None
    cores: int | None
    memory: int | None
    load_1: float | None
    load_5: float | None
    load_15: float | None
    booted: datetime | None
    url: str
    timezone: str | None = None
    clock_ahead: timedelta = field(default=timedelta(), compare=False)

"""When traffic is too much for too long: thresholds that a blip neither raises nor ends.

Rates are bytes per second, thresholds too; what people write and read is bits per second.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import re

CONTAINER_LABEL = "home_server_monitor.bandwidth"
LINK_LABEL = "home_server_monitor.link_speed"

_MEGABIT = 1_000_000 / 8
_BITS = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)(?:bits?|bps|bit/s)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}

# Headers and gaps between frames take the rest, so more than this never passes a link.
_PAYLOAD = 0.94


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """An alarm begins after ``begins`` at more than ``limit`` bytes per second.

    It ends after ``ends`` at less than ``release`` times the limit; in between it stays as it is.
    """

    limit: float
    begins: timedelta = timedelta(minutes=2)
    ends: timedelta = timedelta(minutes=2)
    release: float = 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Whether it is on, and since when what would change that has been so."""

    active: bool = False
    since: datetime | None = None


CONTAINER = Threshold(limit=500 * _MEGABIT)
LINK_SPEED = 1000 * _MEGABIT


def host_threshold(link_speed: float | None) -> Threshold:
    """Return the threshold of a host whose link carries so many bytes per second."""
    return Threshold(limit=(link_speed or LINK_SPEED) * _PAYLOAD)


def container_threshold(label: str | None) -> Threshold:
    """Return the threshold that a container's label asks for, such as ``800M``; else the usual."""
    limit = speed(label)
    return replace(CONTAINER, limit=limit) if limit else CONTAINER


def speed(text: str | None) -> float | None:
    """Return bytes per second for ``2.5G`` or ``500 Mbit`` (bits); None for what is no speed."""
    match = _BITS.fullmatch((text or "").strip())
    if match is None:
        return None
    return float(match[1]) * _FACTORS[match[2].lower()] / 8 or None


def step(alarm: Alarm, rate: float | None, now: datetime, threshold: Threshold) -> Alarm:
    """Return the alarm after one more measurement.

    An unknown rate proves nothing: the alarm stays, and waiting begins anew.
    """
    if rate is None or not _speaks_against(alarm, rate, threshold):
        return replace(alarm, since=None)
    if alarm.since is None or now < alarm.since:
        return replace(alarm, since=now)
    wait = threshold.ends if alarm.active else threshold.begins
    return Alarm(active=not alarm.active) if now - alarm.since >= wait else alarm


def _speaks_against(alarm: Alarm, rate: float, threshold: Threshold) -> bool:
    if alarm.active:
        return rate < threshold.limit * threshold.release
    return rate > threshold.limit


def busier(receive: float | None, send: float | None) -> float | None:
    """Return the busier direction: a link carries its speed both ways at once."""
    known = [rate for rate in (receive, send) if rate is not None]
    return max(known, default=None)


def summed(rates: Iterable[float | None]) -> float | None:
    """Add up what is known; unknown while nothing is."""
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None

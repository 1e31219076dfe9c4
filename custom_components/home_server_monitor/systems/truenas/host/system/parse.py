"""From ``system.info`` to the model."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ....errors import BadAnswer
from ..wire import moment, number, printed, short_version, text
from .models import Nas

_SAME_BOOT = timedelta(minutes=2)
_TENTHS = 2


def nas(answer: object, *, hostname: str, url: str, now: datetime, before: Nas | None) -> Nas:
    """Read who this is; ``before`` is what was known. Raises ``BadAnswer`` for no object at all."""
    if not isinstance(answer, Mapping):
        raise BadAnswer("system.info")
    load = _load(answer.get("loadavg"))
    cores, memory = number(answer.get("cores")), number(answer.get("physmem"))
    clock = moment(answer.get("datetime"))
    return Nas(
        hostname=text(answer.get("hostname")) or hostname,
        version=short_version(answer.get("version")),
        manufacturer=printed(answer.get("system_manufacturer")),
        product=printed(answer.get("system_product")),
        serial=printed(answer.get("system_serial")),
        processor=text(answer.get("model")),
        cores=None if cores is None else int(cores),
        memory=None if memory is None else int(memory),
        load_1=load[0],
        load_5=load[1],
        load_15=load[2],
        booted=_booted(answer, now, before),
        url=url,
        timezone=text(answer.get("timezone")),
        clock_ahead=timedelta() if clock is None else clock - now,
    )


def _load(value: object) -> tuple[float | None, float | None, float | None]:
    numbers = [number(one) for one in value] if isinstance(value, list) else []
    first, second, third, *_ = [*numbers, None, None, None]
    return _rounded(first), _rounded(second), _rounded(third)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _TENTHS)


def _booted(answer: Mapping[str, Any], now: datetime, before: Nas | None) -> datetime | None:
    """Return when the NAS was started, the same until it is started again.

    The NAS works it out anew each time from two clocks that drift apart.
    """
    booted = moment(answer.get("boottime"))
    uptime = number(answer.get("uptime_seconds"))
    if booted is None and uptime is not None:
        booted = now - timedelta(seconds=uptime)
    if booted is None:
        return None
    if before and before.booted and abs(booted - before.booted) < _SAME_BOOT:
        return before.booted
    return booted.replace(microsecond=0)

"""Which containers of a host take the most, over hours or at present."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from homeassistant.core import SupportsResponse
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...analysis.bandwidth import summed
from ..paths import Path
from ..recorded import Recorded, SensorAt
from ..system import Action, Call
from . import tree
from .groups import Engines
from .models import Container, ContainerUsage, Host
from .stats import IDLE

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class _Measure:
    """What can be compared: the sensors whose sum it is, else the totals that it is the change of."""

    unit: str
    sensors: tuple[str, ...]
    totals: tuple[str, ...] = ()
    present: Callable[[ContainerUsage], float | None]


_MEASURES = {
    "cpu": _Measure(unit="%", sensors=("container_cpu",), present=lambda item: item.cpu),
    "memory": _Measure(unit="B", sensors=("container_memory",), present=lambda item: item.memory),
    "network": _Measure(
        unit="B/s",
        sensors=("container_network_receive_rate", "container_network_send_rate"),
        totals=("container_network_received", "container_network_sent"),
        present=lambda item: summed((item.network_receive_rate, item.network_send_rate)),
    ),
    "block": _Measure(
        unit="B/s",
        sensors=("container_block_read_rate", "container_block_write_rate"),
        totals=("container_block_read", "container_block_written"),
        present=lambda item: summed((item.block_read_rate, item.block_write_rate)),
    ),
}


@dataclass(frozen=True, kw_only=True)
class _Consumer:
    """``average`` is over the whole time asked for: what did not run took nothing."""

    path: Path
    average: float
    highest: float | None
    covered: timedelta


async def get_top_consumers(call: Call[Engines, Host]) -> JsonObjectType | None:
    """Return the containers of a host that took the most of something, the greatest first."""
    measure = _MEASURES[call.data["by"]]
    period: timedelta = _HOUR * call.data["hours"]
    containers = tree.containers_of(call.latest("containers"), call.path)
    sensors = [(path, key) for path in containers for key in (*measure.sensors, *measure.totals)]
    recorded = await call.history.since(sensors, dt_util.utcnow() - period)
    found = _from_statistics(containers, measure, recorded or {}, period)
    reason = None
    if not found:
        reason = "There is no recorder." if recorded is None else "Nothing is recorded of them yet."
        found = _at_present(containers, measure, call.latest("usage"))
    found.sort(key=lambda one: -one.average)
    whole = sum(one.average for one in found)
    told = {one.path for one in found}
    return {
        "by": call.data["by"],
        "unit": measure.unit,
        "hours": None if reason else call.data["hours"],
        "source": "present" if reason else "statistics",
        "reason": reason,
        "consumers": [
            _row(containers[one.path], one, whole, measured=reason is None)
            for one in found[: call.data["count"]]
        ],
        "unknown": sorted(item.name for path, item in containers.items() if path not in told),
    }


def _row(container: Container, one: _Consumer, whole: float, *, measured: bool) -> dict[str, Any]:
    return {
        "name": container.name,
        "average": round(one.average, 2),
        "highest": None if one.highest is None else round(one.highest, 2),
        "share": round(100 * one.average / whole, 1) if whole else None,
        "covered_hours": round(one.covered / _HOUR, 2) if measured else None,
    }


def _from_statistics(
    containers: Mapping[Path, Container],
    measure: _Measure,
    recorded: Mapping[SensorAt, Recorded],
    period: timedelta,
) -> list[_Consumer]:
    found = (_consumer(path, measure, recorded, period) for path in containers)
    return [one for one in found if one is not None]


def _consumer(
    path: Path, measure: _Measure, recorded: Mapping[SensorAt, Recorded], period: timedelta
) -> _Consumer | None:
    means = [one for key in measure.sensors if (one := recorded.get((path, key)))]
    if len(means) == len(measure.sensors):
        return _Consumer(
            path=path,
            average=sum((one.mean or 0) * _share(one, period) for one in means),
            highest=means[0].highest if len(means) == 1 else None,
            covered=max(one.covered for one in means),
        )
    changes = [one for key in measure.totals if (one := recorded.get((path, key)))]
    if not changes or len(changes) < len(measure.totals):
        return None
    return _Consumer(
        path=path,
        average=sum(one.change or 0 for one in changes) / period.total_seconds(),
        highest=None,
        covered=max(one.covered for one in changes),
    )


def _share(one: Recorded, period: timedelta) -> float:
    return min(one.covered / period, 1.0)


def _at_present(
    containers: Mapping[Path, Container], measure: _Measure, usages: Mapping[Path, Any]
) -> list[_Consumer]:
    values = {path: measure.present(usages.get(path, IDLE)) for path in containers}
    return [
        _Consumer(path=path, average=value, highest=None, covered=timedelta())
        for path, value in values.items()
        if value is not None
    ]


CONSUMER_ACTIONS = (
    Action[Engines, Host](
        name="get_top_consumers",
        model=Host,
        run=get_top_consumers,
        control=False,
        response=SupportsResponse.ONLY,
        schema={
            vol.Optional("by", default="cpu"): vol.In(list(_MEASURES)),
            vol.Optional("hours", default=24): vol.All(
                vol.Coerce(int), vol.Range(min=1, max=24 * 366)
            ),
            vol.Optional("count", default=5): vol.All(vol.Coerce(int), vol.Range(min=1, max=1000)),
        },
    ),
)

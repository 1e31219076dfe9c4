"""What is to be done to a container so that it has its quota: decided before anything is touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...analysis.quotas import ChosenQuota, Quota, in_words
from .limits import LIVE, Present

_EXPLICIT = (*LIVE, "io_read", "io_write")
_RECREATE = (
    "The engine sets limits of block I/O only when it creates a container: set it where the "
    "container is defined, and recreate it."
)
_NO_DEVICE = "Name the device that it is meant for."


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``live`` is sent to the engine; ``left`` are limits that it cannot change, with the reason."""

    live: Quota
    left: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(
    data: Mapping[str, Any], chosen: ChosenQuota, present: Present, host_cpus: int | None
) -> Plan:
    """Return what the fields of a call ask for; without any, what the quota gives."""
    if any(name in data for name in _EXPLICIT):
        left = [
            _left(name, device, rate)
            for name in ("io_read", "io_write")
            for device, rate in data.get(name, {}).items()
            if getattr(present, name).get(device) != rate
        ]
        wanted = Quota(**{name: data[name] for name in LIVE if name in data})
        return _with_swap(Plan(live=wanted, left=left), present)
    return _with_swap(_by_table(chosen.quota, present, host_cpus), present)


def _with_swap(plan: Plan, present: Present) -> Plan:
    """An engine takes no limit of memory alone where there is none of swap.

    Docker's own rule when it creates a container is as much swap as memory.
    """
    live = plan.live
    if not live.memory or live.memory_swap or present.limits.memory_swap is not None:
        return plan
    if present.endless_swap:
        return replace(plan, live=replace(live, memory_swap=-1))
    return replace(
        plan,
        live=replace(live, memory_swap=2 * live.memory),
        notes=[*plan.notes, "Memory and swap together get twice the memory, as Docker does it."],
    )


def _by_table(quota: Quota, present: Present, host_cpus: int | None) -> Plan:
    notes = []
    live = replace(quota, io_read=None, io_write=None)
    if live.cpus is not None and host_cpus is not None and live.cpus > host_cpus:
        notes.append(f"The host has {host_cpus} CPUs; the quota gives {live.cpus:g}.")
        live = replace(live, cpus=float(host_cpus))
    ceiling = present.limits.memory_swap
    if live.memory and not live.memory_swap and ceiling and live.memory > ceiling:
        notes.append(
            "The limit of memory and swap together was lower; it becomes twice the memory."
        )
        live = replace(live, memory_swap=2 * live.memory)
    left = [
        _left(name, None, rate)
        for name in ("io_read", "io_write")
        if (rate := getattr(quota, name)) and rate not in getattr(present, name).values()
    ]
    return Plan(live=live, left=left, notes=notes)


def _left(name: str, device: str | None, rate: int) -> dict[str, Any]:
    reason = _RECREATE if device else f"{_RECREATE} {_NO_DEVICE}"
    return {"limit": name, "device": device, "value": rate, "reason": reason}


def changes(wanted: Quota, present: Present) -> dict[str, Any]:
    """Return the limits that are not yet as wanted."""
    asked = {name: getattr(wanted, name) for name in LIVE}
    found = {
        name: value
        for name, value in asked.items()
        if value is not None and not is_set(name, value, present)
    }
    # Without being told of the swap anew, an engine takes the new memory for too much.
    if "memory" in found and wanted.memory_swap == -1:
        found["memory_swap"] = -1
    return found


def is_set(name: str, value: float, present: Present) -> bool:
    """Whether the engine shows a limit as wanted; -1 takes a limit away."""
    now = getattr(present.limits, name)
    if value == -1 or now is None:
        return value == -1 and now is None
    return abs(float(now) - value) < (0.001 if name == "cpus" else 1)


def not_kept(wanted: Quota, after: Present) -> list[dict[str, Any]]:
    """Return the limits that the engine took but does not show."""
    return [
        {
            "limit": name,
            "device": None,
            "value": value,
            "reason": f"The engine accepted it, but shows {_present(name, after)}.",
        }
        for name, value in changes(wanted, after).items()
    ]


def _present(name: str, present: Present) -> str:
    now = getattr(present.limits, name)
    return "no limit" if now is None else in_words(name, now)

"""What is to be done to a container so that it has its quota: decided before anything is touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...analysis.quotas import ChosenQuota, Quota, in_words
from .limits import BLOCK_FIELDS, LIVE, Present

BLOCK = tuple(BLOCK_FIELDS)
"""The limits that an engine sets only when it creates a container; by device."""

_RECREATE = (
    "The engine sets limits of block I/O only when it creates a container: let it be made anew "
    "with recreate, or set it where the container is defined."
)
NO_LIMIT = -1
_NO_DEVICE = "Name the device that it is meant for."


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    ``live`` is sent to the engine; ``anew`` are rates by limit and device for which the container
    is made anew, -1 takes one away; ``left`` are limits that stay as they are, with the reason.
    """

    live: Quota
    anew: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    left: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(
    data: Mapping[str, Any], chosen: ChosenQuota, present: Present, host_cpus: int | None
) -> Plan:
    """Return what the fields of a call ask for; without any, what the quota gives."""
    if any(name in data for name in (*LIVE, *BLOCK)):
        wanted = Quota(**{name: data[name] for name in LIVE if name in data})
        block = {name: _other_rates(data.get(name, {}), getattr(present, name)) for name in BLOCK}
        anew = {name: rates for name, rates in block.items() if rates}
        if data.get("recreate"):
            return _with_swap(Plan(live=wanted, anew=anew), present)
        return _with_swap(Plan(live=wanted, left=left_of(anew, _RECREATE)), present)
    return _with_swap(_by_table(chosen.quota, present, host_cpus), present)


def _other_rates(wanted: Mapping[str, int], present: Mapping[str, int]) -> dict[str, int]:
    return {
        device: rate for device, rate in wanted.items() if present.get(device, NO_LIMIT) != rate
    }


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
        _left(name, None, rate, f"{_RECREATE} {_NO_DEVICE}")
        for name in BLOCK
        if (rate := getattr(quota, name)) and rate not in getattr(present, name).values()
    ]
    return Plan(live=live, left=left, notes=notes)


def left_of(anew: Mapping[str, Mapping[str, int]], reason: str) -> list[dict[str, Any]]:
    """Return rates that stay as they are, with one reason for all."""
    return [
        _left(name, device, rate, reason)
        for name, rates in anew.items()
        for device, rate in rates.items()
    ]


def _left(name: str, device: str | None, rate: int, reason: str) -> dict[str, Any]:
    return {"limit": name, "device": device, "value": rate, "reason": reason}


def host_config(anew: Mapping[str, Mapping[str, int]], present: Present) -> dict[str, Any]:
    """Return the engine's own fields for the rates; those of other devices stay."""
    return {
        field: [
            {"Path": device, "Rate": rate}
            for device, rate in {**getattr(present, name), **anew[name]}.items()
            if rate != NO_LIMIT
        ]
        for name, field in BLOCK_FIELDS.items()
        if name in anew
    }


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


def not_kept(
    wanted: Quota, anew: Mapping[str, Mapping[str, int]], after: Present
) -> list[dict[str, Any]]:
    """Return the limits that the engine took but does not show."""
    missing = {name: _other_rates(rates, getattr(after, name)) for name, rates in anew.items()}
    return [
        *left_of(missing, "The engine accepted it, but does not show it."),
        *_not_kept_live(wanted, after),
    ]


def _not_kept_live(wanted: Quota, after: Present) -> list[dict[str, Any]]:
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

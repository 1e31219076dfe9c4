"""The actions that limit containers, and that tell how they keep to their quotas."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...analysis import quotas
from ...procedures import container_exchange
from ..errors import MissingRight, Refused
from ..system import Action, Call
from . import limits
from .client import Engine
from .controls import engine_of
from .groups import Engines
from .judging import compliance
from .models import Container, ContainerUsage, EngineInfo
from .options import limits_of
from .quota_plan import Plan, changes, host_config, left_of, not_kept, plan
from .stats import IDLE
from .update_actions import PATIENCE


def _size(value: object) -> int:
    try:
        return quotas.size(str(value))
    except ValueError as err:
        raise vol.Invalid(str(err)) from err


_SIZE = vol.All(_size, vol.Range(min=1))
_OR_NONE = vol.All(vol.Coerce(int), -1)
_DEVICES = vol.Schema({vol.All(cv.string, vol.Match(r"^/dev/[\w./-]+$")): vol.Any(_OR_NONE, _SIZE)})


async def apply_quota(call: Call[Engines, Container]) -> JsonObjectType | None:
    """Limit a container; return what was, what was asked for, and what the engine shows now."""
    if call.data["dry_run"]:
        return await _apply(call)
    return await call.workshop.run(call.path, _apply(call))


async def _apply(call: Call[Engines, Container]) -> JsonObjectType:
    engine, container = engine_of(call.client, call.path), call.item
    before = await limits.read(engine, container.id)
    chosen = quotas.chosen(container.image, container.labels, limits_of(call.options, call.path))
    planned = plan(call.data, chosen, before, await _host_cpus(call, engine))
    wanted = quotas.Quota(**changes(planned.live, before))
    if not call.data["force"]:
        await _refuse_too_little(engine, container, wanted)
    if planned.anew:
        # All that may be refused is, before the first limit changes.
        await container_exchange.survey(call, updates=False)
    done = _Done(after=before, left=planned.left)
    if not call.data["dry_run"]:
        done = await _change(call, engine, planned, wanted, before)
    return {
        "kind": chosen.kind,
        "dry_run": call.data["dry_run"],
        "before": limits.shown(before),
        "changes": {**_told(wanted), **{name: dict(rates) for name, rates in planned.anew.items()}},
        "after": None if call.data["dry_run"] else limits.shown(done.after),
        "recreated": done.recreated,
        "not_applied": list(done.left),
        "notes": [*planned.notes, *chosen.complaints],
        "warnings": list(done.warnings),
    }


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What came of it; ``recreated`` is the result of the exchange, if there was one."""

    after: limits.Present
    left: Sequence[dict[str, Any]]
    warnings: tuple[str, ...] = ()
    recreated: JsonObjectType | None = None


async def _change(
    call: Call[Engines, Container],
    engine: Engine,
    planned: Plan,
    wanted: quotas.Quota,
    before: limits.Present,
) -> _Done:
    container, left = call.item, planned.left
    warnings: tuple[str, ...] = ()
    if wanted != quotas.Quota():
        warnings = await limits.change(engine, container.id, wanted, before)
        # Where no event tells of it, nothing in the list of containers shows that limits changed.
        engine.unread.add(container.id)
    recreated = None
    anew = planned.anew
    if anew:
        recreated = await container_exchange.remake(call, host_config(anew, before))
        if recreated["rolled_back"] or recreated["outcome"] == "failed":
            left = [*left, *left_of(anew, f"The new container failed: {recreated['error']}")]
            anew = {}
    after = await limits.read(engine, container.name if recreated else container.id)
    return _Done(
        after=after,
        left=[*left, *not_kept(wanted, anew, after)],
        warnings=warnings,
        recreated=recreated,
    )


def _told(quota: quotas.Quota) -> dict[str, Any]:
    return {name: value for name, value in asdict(quota).items() if value is not None}


async def _host_cpus(call: Call[Engines, Container], engine: Engine) -> int | None:
    """Return how many cores the host has, None where that may not be asked."""
    info = call.latest("engine").get(engine.path)
    if isinstance(info, EngineInfo):
        return info.cpus
    try:
        return (await engine.info()).cpus
    except MissingRight:
        return None


async def _refuse_too_little(engine: Engine, container: Container, wanted: quotas.Quota) -> None:
    """Refuse to take memory away that is in use: the kernel would kill somebody for it."""
    if wanted.memory is None or not container.is_running:
        return
    used = (await engine.usage(container.id, None)).memory
    if used is not None and wanted.memory < used:
        raise Refused(
            "memory_in_use",
            name=container.name,
            limit=quotas.in_words("memory", wanted.memory),
            used=quotas.in_words("memory", used),
        )


async def get_compliance(call: Call[Engines, Container]) -> JsonObjectType | None:
    """Return how a container keeps to its limits and quota, with reasons."""
    usage = await _usage(call)
    found = compliance(call.item, usage, limits_of(call.options, call.path))
    return {
        "kind": found.kind,
        "verdict": found.verdict.value,
        "resources": [_check(check) for check in found.checks],
        "peak_since": usage.peak.since.isoformat() if usage.peak else None,
        "notes": list(found.complaints),
    }


def _check(check: quotas.Check) -> dict[str, Any]:
    return {**asdict(check), "verdict": check.verdict.value}


async def _usage(call: Call[Engines, Container]) -> ContainerUsage:
    """Return what is polled; where nothing is, one sample tells at least the memory."""
    polled = call.latest("usage").get(call.path, IDLE)
    if polled.counters is not None or not call.item.is_running:
        return polled  # type: ignore[no-any-return] # the group holds nothing else at a container's path
    return await engine_of(call.client, call.path).usage(call.item.id, None)


QUOTA_ACTIONS = (
    Action[Engines, Container](
        name="apply_quota",
        model=Container,
        run=apply_quota,
        schema={
            vol.Optional("cpus"): vol.All(vol.Coerce(float), vol.Range(min=0.01, max=4096)),
            vol.Optional("memory"): _SIZE,
            vol.Optional("memory_swap"): vol.Any(_OR_NONE, _SIZE),
            vol.Optional("pids"): vol.Any(
                _OR_NONE, vol.All(vol.Coerce(int), vol.Range(min=1, max=1 << 22))
            ),
            vol.Optional("io_read"): _DEVICES,
            vol.Optional("io_write"): _DEVICES,
            vol.Optional("recreate", default=False): cv.boolean,
            **PATIENCE,
            vol.Optional("dry_run", default=False): cv.boolean,
            vol.Optional("force", default=False): cv.boolean,
        },
    ),
    Action[Engines, Container](
        name="get_quota_compliance",
        model=Container,
        run=get_compliance,
        control=False,
        response=SupportsResponse.ONLY,
    ),
)

"""What is read of machines, with whichever of the server's interfaces this version has."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from ...errors import CannotConnect, HomeServerError, InvalidAuth, Rejected
from ...paths import ROOT, Path, child
from ...system import Group, Reading, Refresh, Sink, Watch
from ..client import Round, TrueNas
from ..wire import each, mapping, text
from . import parse
from .models import IncusInstance, LxcContainer, Machine, VirtualMachine

VM = "vm"
INSTANCE = "instance"

_INTERVAL = timedelta(minutes=5)  # the backstop of what is pushed
_SETTLED = frozenset({"INITIALIZED", "NO_POOL"})
_SETTLING = 1.0  # seconds that a machine gets between two changes of its state
_LONG = 3600.0  # seconds after which a server that pushes nothing is asked again

type _Parse = Callable[[Mapping[str, Any]], Machine | None]
_INTERFACES: tuple[tuple[str, type[Machine], _Parse], ...] = (
    ("vm.query", VirtualMachine, parse.virtual_machine),
    ("virt.instance.query", IncusInstance, parse.incus_instance),
    ("container.query", LxcContainer, parse.lxc_container),
)


def path_of(machine: Machine) -> Path:
    """Return where a machine stands; its number outlives its name where it has one."""
    match machine:
        case VirtualMachine():
            return child(ROOT, VM, machine.id)
        case LxcContainer():
            return child(ROOT, INSTANCE, machine.id)
        case _:
            return child(ROOT, INSTANCE, machine.name)


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    """List the machines of each interface; one that cannot be read costs only its own."""
    round_ = refresh.client.round()
    items: dict[Path, Any] = {}
    failed: dict[Path, HomeServerError] = {}
    for method, model, parse_row in _INTERFACES:
        try:
            found = await _machines(round_, method, parse_row)
        except CannotConnect, InvalidAuth:
            raise
        except HomeServerError as err:
            failed |= _of(refresh.previous, model, err)
        else:
            items |= {path_of(machine): machine for machine in found}
    for error in round_.lacking:
        failed |= {
            path: error
            for method, model, _ in _INTERFACES
            if method == error.detail
            for path in _of(refresh.previous, model, error)
        }
    return Reading(items=items, failed=failed, lacking=round_.lacking)


async def _machines(round_: Round, method: str, parse_row: _Parse) -> list[Machine]:
    answer = await round_.ask(method)
    if answer is None:
        return []
    machines = each(answer, parse_row)
    if not machines and method == "virt.instance.query":
        # Incus lists nothing either while it starts or has failed.
        state = text(mapping(await round_.ask("virt.global.config")).get("state"))
        if state is not None and state not in _SETTLED:
            raise Rejected(f"Incus: {state}")
    return machines


def _of(
    items: Mapping[Path, Any], model: type[Machine], error: HomeServerError
) -> dict[Path, HomeServerError]:
    return {path: error for path, machine in items.items() if isinstance(machine, model)}


def _whole_server(items: Mapping[Path, Any]) -> Iterable[Path]:
    return [ROOT] if items else []


async def _follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    """Read again whenever an interface tells of a change: what else it tells cannot be relied on.

    An event that this version lacks, or the key may not follow, costs only itself.
    """
    kinds = {type(machine) for machine in sink.items.values()}
    try:
        async with asyncio.TaskGroup() as group:
            for event, model, _ in _INTERFACES:
                if model in kinds:
                    group.create_task(_listen(client, event, sink))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def _listen(client: TrueNas, event: str, sink: Sink) -> None:
    try:
        async with client.subscribe(event) as changes:
            sink.connected()
            async for _ in changes:
                sink.refresh_soon(_SETTLING)
    except CannotConnect, InvalidAuth:
        raise
    except HomeServerError:
        await asyncio.sleep(_LONG)


MACHINES: Group[TrueNas] = Group(
    key="machines",
    interval=_INTERVAL,
    fetch=_fetch,
    watch=Watch(scopes=_whole_server, run=_follow),
    optional=True,
)

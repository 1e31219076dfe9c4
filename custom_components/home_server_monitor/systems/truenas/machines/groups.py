"""What is read of machines, with whichever interfaces this version has: rarely, and when it is told."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from ...paths import ROOT, Path, child
from ...system import Group, Reading, Refresh, Sink, Watch
from ..api.errors import NotReady
from ..client import Ask, Round, TrueNas
from ..wire import each, mapping, text
from . import parse
from .models import IncusInstance, Instance, Machine, VirtualMachine

VM = "vm"
INSTANCE = "instance"

_INTERVAL = timedelta(minutes=5)  # the backstop of what is pushed
_SETTLED = frozenset({"INITIALIZED", "NO_POOL"})
_SETTLING = 1.0  # seconds that a machine gets between two changes of its state


def _path(machine: Machine) -> Path:
    """Return where a machine stands; its number outlives its name where it has one."""
    kind = VM if isinstance(machine, VirtualMachine) else INSTANCE
    return child(ROOT, kind, machine.name if isinstance(machine, IncusInstance) else machine.id)


def _reading(
    round_: Round, answer: object, parse_row: Callable[[Mapping[str, Any]], Machine | None]
) -> Reading:
    """Return the machines; none where this version has no such interface."""
    if answer is None:
        for error in round_.lacking:
            raise error
        return Reading(items={})
    return Reading(items={_path(machine): machine for machine in each(answer, parse_row)})


async def _fetch_vms(refresh: Refresh[TrueNas]) -> Reading:
    round_ = refresh.client.round()
    return _reading(round_, await round_.ask("vm.query"), parse.virtual_machine)


async def _fetch_instances(refresh: Refresh[TrueNas]) -> Reading:
    """List what is Incus' in 25.04 and 25.10 and LXC's from 26 on."""
    round_ = refresh.client.round()
    answer = await round_.ask_first(Ask("virt.instance.query"), Ask("container.query"))
    if answer == []:
        # Incus lists nothing either while it starts or has failed.
        state = text(mapping(await round_.ask("virt.global.config")).get("state"))
        if state is not None and state not in _SETTLED:
            raise NotReady
    return _reading(round_, answer, parse.instance)


def _whole_server(items: Mapping[Path, Any]) -> Iterable[Path]:
    """One stream tells of all; there is none to follow where there are none."""
    return [ROOT] if items else []


async def _follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    """Read again whenever the server tells of a change: what else it tells cannot be relied on."""
    async with client.subscribe(_event(sink.items)) as changes:
        sink.connected()
        async for _ in changes:
            sink.refresh_soon(_SETTLING)


def _event(items: Mapping[Path, Any]) -> str:
    match next(iter(items.values()), None):
        case IncusInstance():
            return "virt.instance.query"
        case Instance():
            return "container.query"
        case _:
            return "vm.query"


VMS: Group[TrueNas] = Group(
    key="vms",
    interval=_INTERVAL,
    fetch=_fetch_vms,
    watch=Watch(scopes=_whole_server, run=_follow),
    optional=True,
)
INSTANCES: Group[TrueNas] = Group(
    key="instances",
    interval=_INTERVAL,
    fetch=_fetch_instances,
    watch=Watch(scopes=_whole_server, run=_follow),
    optional=True,
)

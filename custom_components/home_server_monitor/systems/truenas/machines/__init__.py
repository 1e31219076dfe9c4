"""TrueNAS: virtual machines and containers that the NAS runs beside its apps."""

from collections.abc import Mapping
from typing import Any

from ...paths import ROOT, Path
from ...system import Action, DeviceDetails, Kind, Resume
from . import groups
from .entities import MACHINE
from .models import IncusInstance, LxcContainer, Machine, VirtualMachine

__all__ = ["ACTIONS", "GROUPS", "KINDS", "PROCEDURES"]


def _device(_path: Path, machine: Machine) -> DeviceDetails:
    virtual = isinstance(machine, VirtualMachine) or (
        isinstance(machine, IncusInstance) and machine.virtual
    )
    return DeviceDetails(
        name=machine.name,
        parent=ROOT,
        manufacturer="TrueNAS",
        model="Virtual machine" if virtual else "System container",
        sw_version=machine.system,
    )


def _kind(model: type[Machine], name: str) -> Kind[Any]:
    return Kind(model=model, group=groups.MACHINES.key, name=name, device=_device, entities=MACHINE)


GROUPS = (groups.MACHINES,)
KINDS = (
    _kind(VirtualMachine, groups.VM),
    _kind(IncusInstance, groups.INSTANCE),
    _kind(LxcContainer, groups.INSTANCE),
)
ACTIONS: tuple[Action[Any, Any], ...] = ()
PROCEDURES: Mapping[str, Resume[Any]] = {}

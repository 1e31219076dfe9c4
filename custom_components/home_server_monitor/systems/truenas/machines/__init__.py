"""TrueNAS: virtual machines and containers that the NAS runs beside its apps."""

from collections.abc import Mapping
from typing import Any

from ...paths import ROOT, Path
from ...system import Action, DeviceDetails, Kind, Resume
from . import groups
from .entities import MACHINE
from .models import IncusInstance, Instance, Machine, VirtualMachine

__all__ = ["ACTIONS", "GROUPS", "KINDS", "PROCEDURES"]


def _device(_path: Path, machine: Machine) -> DeviceDetails:
    return DeviceDetails(
        name=machine.name,
        parent=ROOT,
        manufacturer="TrueNAS",
        model="Virtual machine" if machine.virtual else "System container",
        sw_version=machine.system,
    )


def _kind(model: type[Machine], group: str, name: str) -> Kind[Any]:
    return Kind(model=model, group=group, name=name, device=_device, entities=MACHINE)


GROUPS = (groups.VMS, groups.INSTANCES)
KINDS = (
    _kind(VirtualMachine, groups.VMS.key, groups.VM),
    _kind(IncusInstance, groups.INSTANCES.key, groups.INSTANCE),
    _kind(Instance, groups.INSTANCES.key, groups.INSTANCE),
)
ACTIONS: tuple[Action[Any, Any], ...] = ()
PROCEDURES: Mapping[str, Resume[Any]] = {}

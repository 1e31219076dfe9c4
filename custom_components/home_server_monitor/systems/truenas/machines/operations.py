"""What can be done to a machine, by one name for the three interfaces that TrueNAS has had."""

from ..client import TrueNas
from .models import IncusInstance, Machine, MachineState, VirtualMachine

_GENTLY = {"force": False, "force_after_timeout": False}
_AT_ONCE = {"force": True, "force_after_timeout": False}
_INCUS_PATIENCE = 90  # seconds that an instance gets to shut down


async def start(client: TrueNas, machine: Machine) -> None:
    """Start a machine, or let a suspended one go on."""
    match machine:
        case VirtualMachine(state=MachineState.SUSPENDED):
            await client.call("vm.resume", machine.id)
        case VirtualMachine():
            await client.call("vm.start", machine.id)
        case IncusInstance():
            await client.job("virt.instance.start", machine.id)
        case _:
            await client.call("container.start", machine.id)


async def stop(client: TrueNas, machine: Machine) -> None:
    """Ask a machine to shut down and wait until it has, as long as it is set up to take."""
    match machine:
        case VirtualMachine():
            await client.job("vm.stop", machine.id, _GENTLY)
        case IncusInstance():
            options = {"timeout": _INCUS_PATIENCE, "force": False}
            await client.job("virt.instance.stop", machine.id, options)
        case _:
            await client.job("container.stop", machine.id, _GENTLY)


async def restart(client: TrueNas, machine: Machine) -> None:
    """Restart a machine; a container of 26 has no word for it and is stopped and started."""
    match machine:
        case VirtualMachine():
            await client.job("vm.restart", machine.id)
        case IncusInstance():
            options = {"timeout": _INCUS_PATIENCE, "force": False}
            await client.job("virt.instance.restart", machine.id, options)
        case _:
            await stop(client, machine)
            await start(client, machine)


async def turn_off(client: TrueNas, machine: Machine) -> None:
    """Cut the power of a machine: it gets no time to save anything."""
    match machine:
        case VirtualMachine():
            await client.call("vm.poweroff", machine.id)
        case IncusInstance():
            options = {"timeout": -1, "force": True}
            await client.job("virt.instance.stop", machine.id, options)
        case _:
            await client.job("container.stop", machine.id, _AT_ONCE)

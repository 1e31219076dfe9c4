"""The world of virtual machines, Incus instances (25.04, 25.10) and LXC containers (26)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_DNS, uuid5

from ..errors import CallError, InstanceNotFound, ValidationError
from ..events import Event
from ..methods import method
from ..query import query
from ..version import V25_04, V25_10, V26, Version
from .part import Part

if TYPE_CHECKING:
    from ..jobs import LabJob
    from ..server import TrueNas


@dataclass
class LabMachine:
    """One machine: `state` in the words of its interface, `memory` in MiB, `boots` counted.

    `stubborn`: it does not shut down when asked to.
    """

    id: int
    name: str
    state: str = "STOPPED"
    memory: int = 4096
    cpus: int = 2
    boots: int = 0
    stubborn: bool = False

    def start(self) -> None:
        """Boot."""
        self.state = "RUNNING"
        self.boots += 1

    def stop(self, *, force: bool) -> None:
        """Shut down, as far as it lets itself be told."""
        if force or not self.stubborn:
            self.state = "STOPPED"


class Machines(Part):
    """The machines of a server: `vms`, and `instances`, which this version knows as Incus or LXC.

    `incus`: INITIALIZED, or NO_POOL, INITIALIZING, ERROR.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start with none."""
        super().__init__(nas)
        self.incus = "INITIALIZED"
        self.vms: dict[int, LabMachine] = {}
        self.instances: dict[int, LabMachine] = {}

    def add_vm(self, name: str, **details: Any) -> LabMachine:
        """Make a virtual machine, and say so."""
        vm = LabMachine(len(self.vms) + 1, name, **details)
        self.vms[vm.id] = vm
        self.tell_vm(vm, "added")
        return vm

    def add_instance(self, name: str, **details: Any) -> LabMachine:
        """Make an instance or container."""
        instance = LabMachine(len(self.instances) + 1, name, **details)
        self.instances[instance.id] = instance
        self.tell_instance(instance)
        return instance

    def tell_vm(self, vm: LabMachine, kind: str = "changed") -> None:
        """Say what a virtual machine does, without its devices."""
        shown = render_vm(vm)
        del shown["devices"]
        self.nas.emit("vm.query", kind, vm.id, shown)

    def tell_instance(self, instance: LabMachine) -> None:
        """Say what an instance does: Incus tells its status alone."""
        if self.nas.version.line >= V26.line:
            self.nas.emit("container.query", "changed", instance.id, render_container(instance))
            return
        fields = {"status": instance.state}
        self.nas.emit("virt.instance.query", "changed", instance.name, fields)


def render_vm(vm: LabMachine) -> dict[str, Any]:
    """Return a virtual machine as the API shows it."""
    running = vm.state == "RUNNING"
    return {
        "id": vm.id,
        "uuid": str(uuid5(NAMESPACE_DNS, vm.name)),
        "name": vm.name,
        "description": "",
        "vcpus": 1,
        "cores": vm.cpus,
        "threads": 1,
        "memory": vm.memory,
        "min_memory": None,
        "autostart": True,
        "bootloader": "UEFI",
        "bootloader_ovmf": "OVMF_CODE.fd",
        "cpu_mode": "HOST-PASSTHROUGH",
        "cpu_model": None,
        "shutdown_timeout": 90,
        "time": "LOCAL",
        "devices": [],
        "display_available": False,
        "status": {
            "state": vm.state,
            "pid": 4000 + vm.id if running else None,
            "domain_state": "RUNNING" if running else "SHUTOFF",
        },
    }


def render_instance(instance: LabMachine) -> dict[str, Any]:
    """Return an Incus instance as the API shows it."""
    return {
        "id": instance.name,
        "name": instance.name,
        "type": "CONTAINER",
        "status": instance.state,
        "cpu": str(instance.cpus),
        "memory": instance.memory * 1024**2,
        "autostart": True,
        "environment": {},
        "aliases": [{"type": "INET", "address": "192.0.2.70", "netmask": 24}],
        "image": {
            "architecture": "amd64",
            "description": "Debian trixie amd64",
            "os": "Debian",
            "release": "trixie",
            "serial": "20260901_05:24",
            "type": "squashfs",
            "variant": "default",
            "secureboot": None,
        },
        "userns_idmap": None,
        "raw": None,
        "vnc_enabled": False,
        "vnc_port": None,
        "vnc_password": None,
        "secure_boot": None,
        "root_disk_size": None,
        "root_disk_io_bus": None,
        "storage_pool": "apps",
    }


def render_container(container: LabMachine) -> dict[str, Any]:
    """Return an LXC container as the API shows it."""
    running = container.state == "RUNNING"
    return {
        "id": container.id,
        "uuid": str(uuid5(NAMESPACE_DNS, container.name)),
        "name": container.name,
        "description": "",
        "cpuset": f"0-{container.cpus - 1}",
        "autostart": True,
        "time": "LOCAL",
        "shutdown_timeout": 90,
        "dataset": f"apps/.truenas_containers/containers/{container.name}",
        "init": "/sbin/init",
        "initdir": None,
        "initenv": {},
        "inituser": None,
        "initgroup": None,
        "idmap": {"type": "DEFAULT"},
        "capabilities_policy": "DEFAULT",
        "capabilities_state": {},
        "default_network": None,
        "devices": [],
        "status": {
            "state": container.state,
            "pid": 5000 + container.id if running else None,
            "domain_state": "RUNNING" if running else "SHUTOFF",
        },
    }


def has_vms(version: Version) -> bool:
    """Whether a version has virtual machines of its own: 25.04.0 and 25.04.1 had not."""
    return version.line != V25_04.line or version.numbers >= (25, 4, 2)


def _vm(nas: TrueNas, number: int) -> LabMachine:
    if number not in nas.machines.vms:
        raise InstanceNotFound(f"VM {number} does not exist")
    return nas.machines.vms[number]


@method("vm.query", role="VM_READ", only=has_vms)
def vm_query(nas: TrueNas, filters: Any = (), options: dict[str, Any] | None = None) -> Any:
    """List the virtual machines."""
    return query([render_vm(vm) for vm in nas.machines.vms.values()], filters, options)


@method("vm.start", role="VM_WRITE", only=has_vms)
def vm_start(nas: TrueNas, number: int, options: dict[str, Any] | None = None) -> None:
    """Boot a virtual machine."""
    del options
    vm = _vm(nas, number)
    if vm.state == "RUNNING":
        raise CallError("EFAULT", f"{vm.name!r} is already running")
    if vm.state == "SUSPENDED":
        raise CallError(
            "EFAULT", f"{vm.name!r} VM is suspended and can only be resumed/powered off"
        )
    vm.start()
    nas.machines.tell_vm(vm)


@method("vm.resume", role="VM_WRITE", only=has_vms)
def vm_resume(nas: TrueNas, number: int) -> None:
    """Let a suspended virtual machine go on."""
    vm = _vm(nas, number)
    vm.state = "RUNNING"
    nas.machines.tell_vm(vm)


@method("vm.stop", role="VM_WRITE", job=True, only=has_vms)
async def vm_stop(
    nas: TrueNas, number: int, options: dict[str, Any] | None = None, *, job: LabJob
) -> None:
    """Ask a virtual machine to shut down."""
    vm = _vm(nas, number)
    await job.progress(0, "")
    vm.stop(force=(options or {}).get("force", False))
    if (options or {}).get("force_after_timeout"):
        vm.stop(force=True)
    nas.machines.tell_vm(vm)


@method("vm.restart", role="VM_WRITE", job=True, only=has_vms)
async def vm_restart(nas: TrueNas, number: int, *, job: LabJob) -> None:
    """Stop a virtual machine, by force where that takes too long, and boot it."""
    vm = _vm(nas, number)
    vm.stop(force=True)
    nas.machines.tell_vm(vm)
    await job.progress(50, "")
    vm.start()
    nas.machines.tell_vm(vm)


@method("vm.poweroff", role="VM_WRITE", only=has_vms)
def vm_poweroff(nas: TrueNas, number: int) -> None:
    """Cut the power of a virtual machine."""
    vm = _vm(nas, number)
    vm.stop(force=True)
    nas.machines.tell_vm(vm)


@method("virt.global.config", role="VIRT_GLOBAL_READ", since=V25_04, until=V25_10)
def virt_config(nas: TrueNas) -> dict[str, Any]:
    """Tell whether Incus runs, and where."""
    state = nas.machines.incus
    pool = None if state == "NO_POOL" else "apps"
    return {
        "id": 1,
        "pool": pool,
        "dataset": pool and f"{pool}/.ix-virt",
        "storage_pools": [pool] if pool else [],
        "bridge": None,
        "v4_network": None,
        "v6_network": None,
        "state": state,
    }


@method("virt.instance.query", role="VIRT_INSTANCE_READ", since=V25_04, until=V25_10)
def virt_query(nas: TrueNas, filters: Any = (), options: dict[str, Any] | None = None) -> Any:
    """List the instances; none while Incus does not run."""
    shown = nas.machines.instances.values() if nas.machines.incus == "INITIALIZED" else ()
    rows = [render_instance(one) for one in shown]
    if nas.version.line >= V25_10.line:
        rows = [{**row, "privileged_mode": False} for row in rows]
    return query(rows, filters, options)


def _instance(nas: TrueNas, name: str) -> LabMachine:
    found = next((one for one in nas.machines.instances.values() if one.name == name), None)
    if found is None:
        raise InstanceNotFound(f"Virtual instance {name} does not exist")
    return found


@method("virt.instance.start", role="VIRT_INSTANCE_WRITE", since=V25_04, until=V25_10, job=True)
async def virt_start(nas: TrueNas, name: str, *, job: LabJob) -> bool:
    """Start an instance."""
    instance = _instance(nas, name)
    if instance.state not in ("RUNNING", "STOPPED"):
        raise ValidationError("virt.instance.start.id", f"{name}: instance may not be started")
    await job.progress(50, "")
    instance.start()
    nas.machines.tell_instance(instance)
    return True


@method("virt.instance.stop", role="VIRT_INSTANCE_WRITE", since=V25_04, until=V25_10, job=True)
async def virt_stop(
    nas: TrueNas, name: str, options: dict[str, Any] | None = None, *, job: LabJob
) -> bool:
    """Stop an instance."""
    instance, wanted = _instance(nas, name), options or {}
    if instance.stubborn and not wanted.get("force"):
        raise CallError("EFAULT", "Failed to shutdown instance: context deadline exceeded")
    await job.progress(50, "")
    instance.stop(force=True)
    nas.machines.tell_instance(instance)
    return True


@method("virt.instance.restart", role="VIRT_INSTANCE_WRITE", since=V25_04, until=V25_10, job=True)
async def virt_restart(
    nas: TrueNas, name: str, options: dict[str, Any] | None = None, *, job: LabJob
) -> bool:
    """Stop and start an instance."""
    del options
    instance = _instance(nas, name)
    await job.progress(50, "")
    instance.start()
    nas.machines.tell_instance(instance)
    return True


def _container(nas: TrueNas, number: int) -> LabMachine:
    if number not in nas.machines.instances:
        raise InstanceNotFound(f"Container {number} does not exist")
    return nas.machines.instances[number]


@method("container.query", role="CONTAINER_READ", since=V26)
def container_query(nas: TrueNas, filters: Any = (), options: dict[str, Any] | None = None) -> Any:
    """List the containers."""
    rows = [render_container(one) for one in nas.machines.instances.values()]
    return query(rows, filters, options)


@method("container.start", role="CONTAINER_WRITE", since=V26)
def container_start(nas: TrueNas, number: int) -> None:
    """Start a container."""
    container = _container(nas, number)
    container.start()
    nas.machines.tell_instance(container)


@method("container.stop", role="CONTAINER_WRITE", since=V26, job=True)
async def container_stop(
    nas: TrueNas, number: int, options: dict[str, Any] | None = None, *, job: LabJob
) -> None:
    """Stop a container."""
    container = _container(nas, number)
    await job.progress(50, "")
    container.stop(force=(options or {}).get("force", False))
    nas.machines.tell_instance(container)


def furnish(nas: TrueNas) -> None:
    """Add the typical box: one machine that runs, one that does not, one container."""
    nas.machines.add_vm("ubuntu", state="RUNNING")
    nas.machines.add_vm("windows", memory=8192, cpus=4)
    if nas.version.line >= V25_04.line:
        nas.machines.add_instance("debian", state="RUNNING", memory=1024)


METHODS = (
    vm_query,
    vm_start,
    vm_resume,
    vm_stop,
    vm_restart,
    vm_poweroff,
    virt_config,
    virt_query,
    virt_start,
    virt_stop,
    virt_restart,
    container_query,
    container_start,
    container_stop,
)

EVENTS = (
    Event(name="vm.query", role="VM_READ"),
    Event(name="virt.instance.query", role="VIRT_INSTANCE_READ", since=V25_04, until=V25_10),
    Event(name="container.query", role="CONTAINER_READ", since=V26),
)

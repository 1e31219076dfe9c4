"""Virtual machines and containers in every version, each with what that version has."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest

from custom_components.home_server_monitor.const import CONF_INCLUDE
from tests.harness import Clock, coordinator, device, entity_id, until, value
from tests.lab.truenas import V24_10, V25_04, V25_10, V26, TrueNas, Version
from tests.systems.truenas.conftest import AddNas, every_version

pytestmark = pytest.mark.usefixtures("all_entities_enabled")

_ONLY_MACHINES = {CONF_INCLUDE: ["vms", "instances"]}
UBUNTU = ("vm:1",)
WINDOWS = ("vm:2",)
WITH_INSTANCES = pytest.mark.parametrize("nas", [V25_04, V25_10, V26], indirect=True, ids=str)
NO_VMS = Version.of("25.04.1")


def debian(nas: TrueNas) -> tuple[str, ...]:
    """Return where the container stands: Incus knows it by its name."""
    return ("instance:1",) if nas.version >= V26 else ("instance:debian",)


async def press(hass: HomeAssistant, entry: ConfigEntry, path: tuple[str, ...], key: str) -> None:
    """Press a button."""
    target = entity_id(hass, entry, path, key)
    await hass.services.async_call("button", "press", {"entity_id": target}, blocking=True)


async def turn(hass: HomeAssistant, entry: ConfigEntry, path: tuple[str, ...], way: str) -> None:
    """Turn a machine on or off."""
    target = entity_id(hass, entry, path, "machine_power")
    await hass.services.async_call("switch", f"turn_{way}", {"entity_id": target}, blocking=True)


@every_version
class TestVirtualMachines:
    """They exist in all versions of the lab."""

    async def test_what_is_shown(self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> None:
        """State, memory and processors of each."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        assert value(hass, entry, UBUNTU, "machine_state") == "running"
        assert value(hass, entry, UBUNTU, "machine_memory") == "4.0"
        assert value(hass, entry, WINDOWS, "machine_state") == "stopped"
        assert value(hass, entry, WINDOWS, "machine_cpus") == "4"
        shown = device(hass, entry, UBUNTU)
        assert isinstance(shown, dr.DeviceEntry)
        assert (shown.name, shown.model) == ("ubuntu", "Virtual machine")

    async def test_control(
        self, hass: HomeAssistant, clock: Clock, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """Started, restarted, stopped and cut off; what became of it is pushed."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        await turn(hass, entry, WINDOWS, "on")
        assert nas.machines.vms[2].state == "RUNNING"
        await clock.forward(2)
        await until(lambda: value(hass, entry, WINDOWS, "machine_state") == "running")
        await press(hass, entry, WINDOWS, "machine_restart")
        assert nas.machines.vms[2].boots == 2
        nas.machines.vms[2].stubborn = True
        await turn(hass, entry, WINDOWS, "off")
        assert nas.machines.vms[2].state == "RUNNING"
        await press(hass, entry, WINDOWS, "machine_force_off")
        assert nas.machines.vms[2].state == "STOPPED"
        await clock.forward(2)
        await until(lambda: value(hass, entry, WINDOWS, "machine_power") == "off")
        assert value(hass, entry, WINDOWS, "machine_restart") == "unavailable"

    async def test_a_suspended_machine_goes_on(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """Starting it would be refused."""
        nas.machines.vms[1].state = "SUSPENDED"
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        assert value(hass, entry, UBUNTU, "machine_state") == "suspended"
        await turn(hass, entry, UBUNTU, "on")
        assert nas.machines.vms[1].state == "RUNNING"
        assert nas.machines.vms[1].boots == 0

    async def test_what_the_server_refuses(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """With its reason."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        nas.faults.error("ENOMEM", r"^vm\.start$", reason="Cannot guarantee memory")
        with pytest.raises(HomeAssistantError) as raised:
            await turn(hass, entry, WINDOWS, "on")
        assert "Cannot guarantee memory" in str(raised.value.translation_placeholders)

    async def test_a_change_on_the_server_is_pushed(
        self, hass: HomeAssistant, clock: Clock, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """It costs one question, however many events tell of it."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        await until(lambda: coordinator(entry, "vms").watcher.open_count)
        await clock.forward(2)
        nas.reset_counts()
        nas.machines.vms[1].state = "STOPPED"
        for _ in range(20):
            nas.machines.tell_vm(nas.machines.vms[1])
        await clock.forward(0)
        await clock.forward(2)
        await until(lambda: value(hass, entry, UBUNTU, "machine_state") == "stopped")
        assert nas.calls["vm.query"] == 1

    async def test_machines_come_and_go(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """A renamed one is still the same."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        nas.machines.vms[1].name = "ubuntu-24"
        del nas.machines.vms[2]
        nas.machines.add_vm("haos").id = 5
        await coordinator(entry, "vms").async_refresh()
        await hass.async_block_till_done()
        assert device(hass, entry, WINDOWS) is None
        renamed = device(hass, entry, UBUNTU)
        assert isinstance(renamed, dr.DeviceEntry)
        assert renamed.name == "ubuntu-24"
        assert value(hass, entry, ("vm:5",), "machine_state") == "stopped"

    async def test_a_malformed_machine_costs_only_itself(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """The others are read."""
        nas.faults.changed(r"^vm\.query$", lambda rows: [{"id": "?"}, *rows[1:], None])
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        assert device(hass, entry, UBUNTU) is None
        assert value(hass, entry, WINDOWS, "machine_state") == "stopped"


@WITH_INSTANCES
class TestInstances:
    """Incus in 25.04 and 25.10, LXC from 26 on."""

    async def test_what_is_shown(self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> None:
        """LXC containers tell no memory."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        path = debian(nas)
        assert value(hass, entry, path, "machine_state") == "running"
        assert value(hass, entry, path, "machine_cpus") == "2"
        memory = value(hass, entry, path, "machine_memory")
        assert memory == ("missing" if nas.version >= V26 else "1.0")
        shown = device(hass, entry, path)
        assert isinstance(shown, dr.DeviceEntry)
        assert shown.model == "System container"

    async def test_control(
        self, hass: HomeAssistant, clock: Clock, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """By the methods of the version."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        container = nas.machines.instances[1]
        path = debian(nas)
        await press(hass, entry, path, "machine_restart")
        assert container.boots == 1
        await turn(hass, entry, path, "off")
        assert container.state == "STOPPED"
        await clock.forward(2)
        await until(lambda: value(hass, entry, path, "machine_power") == "off")
        await turn(hass, entry, path, "on")
        container.stubborn = True
        await clock.forward(2)
        await until(lambda: value(hass, entry, path, "machine_power") == "on")
        await press(hass, entry, path, "machine_force_off")
        assert container.state == "STOPPED"

    async def test_the_right_is_missing(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """It costs the containers alone, and is named."""
        method = "container.query" if nas.version >= V26 else "virt.instance.query"
        nas.faults.denied(f"^{method}$")
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        assert device(hass, entry, debian(nas)) is None
        assert value(hass, entry, UBUNTU, "machine_state") == "running"
        issues = ir.async_get(hass).issues.values()
        assert any(method in str(issue.translation_placeholders) for issue in issues)


@pytest.mark.parametrize("nas", [V25_04, V25_10], indirect=True, ids=str)
class TestIncus:
    """It lists nothing while it does not run."""

    @pytest.mark.parametrize("state", ["INITIALIZING", "ERROR"])
    async def test_it_does_not_run(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas, state: str
    ) -> None:
        """Nobody's container is taken for gone, and the virtual machines are read."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        nas.machines.incus = state
        nas.machines.vms[1].state = "STOPPED"
        await coordinator(entry, "vms").async_refresh()
        await coordinator(entry, "instances").async_refresh()
        await hass.async_block_till_done()
        assert device(hass, entry, debian(nas)) is not None
        assert value(hass, entry, UBUNTU, "machine_state") == "stopped"

    async def test_its_pool_was_unset(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """Then there are none."""
        entry = await add_nas(nas, options=_ONLY_MACHINES)
        nas.machines.incus = "NO_POOL"
        await coordinator(entry, "instances").async_refresh()
        await hass.async_block_till_done()
        assert device(hass, entry, debian(nas)) is None


@pytest.mark.parametrize("nas", [V24_10, NO_VMS], indirect=True, ids=str)
async def test_absent_methods_cost_nothing(
    hass: HomeAssistant, clock: Clock, nas: TrueNas, add_nas: AddNas
) -> None:
    """They are asked for once, and what the version has is read."""
    entry = await add_nas(nas, options=_ONLY_MACHINES)
    absent = ("vm.query",) if nas.version == NO_VMS else ("virt.instance.query", "container.query")
    present = ("instance:debian",) if nas.version == NO_VMS else UBUNTU
    assert value(hass, entry, present, "machine_state") == "running"
    nas.reset_counts()
    for _ in range(60):
        await clock.forward(10)
    assert not sum(nas.calls[method] for method in absent)
    assert coordinator(entry, "vms").last_update_success
    assert coordinator(entry, "instances").last_update_success


async def test_without_machines(hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> None:
    """No devices, no stream, no error."""
    nas.machines.vms.clear()
    nas.machines.instances.clear()
    entry = await add_nas(nas, options=_ONLY_MACHINES)
    for key in ("vms", "instances"):
        group = coordinator(entry, key)
        assert group.last_update_success
        assert not group.items
        assert not group.watcher.open_count
    assert device(hass, entry, UBUNTU) is None

"""What is shown of machines, and what can be done to them where control is allowed."""

from collections.abc import Awaitable, Callable

from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory, UnitOfInformation

from ...paths import Path
from ...system import Button, Description, Sensor, Switch
from ..client import TrueNas
from . import operations
from .models import Machine, MachineState

_ON = frozenset({MachineState.RUNNING, MachineState.STARTING, MachineState.STOPPING})


def _act(
    operation: Callable[[TrueNas, Machine], Awaitable[None]],
) -> Callable[[TrueNas, Path, Machine], Awaitable[None]]:
    async def act(client: TrueNas, _path: Path, machine: Machine) -> None:
        await operation(client, machine)

    return act


MACHINE: tuple[Description, ...] = (
    Sensor[Machine](
        key="machine_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(MachineState),
        value=lambda item: item.state,
    ),
    Sensor[Machine](
        key="machine_memory",
        value=lambda item: item.memory,
        exists=lambda item: item.memory is not None,
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    Sensor[Machine](
        key="machine_cpus",
        value=lambda item: item.cpus,
        exists=lambda item: item.cpus is not None,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    Switch[TrueNas, Machine](
        key="machine_power",
        device_class=SwitchDeviceClass.SWITCH,
        value=lambda item: item.state in _ON,
        turn_on=_act(operations.start),
        turn_off=_act(operations.stop),
    ),
    Button[TrueNas, Machine](
        key="machine_restart",
        device_class=ButtonDeviceClass.RESTART,
        press=_act(operations.restart),
        available=lambda item: item.state is MachineState.RUNNING,
    ),
    Button[TrueNas, Machine](
        key="machine_force_off",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=_act(operations.turn_off),
        available=lambda item: item.state is not MachineState.STOPPED,
    ),
)

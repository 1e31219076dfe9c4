"""What can be done to a container: switch and buttons. They exist only where control is allowed."""

from collections.abc import Awaitable, Callable

from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory

from ..paths import Path, covers
from ..system import Button, Description, Switch
from .client import Engine
from .groups import Engines
from .models import Container, ContainerState

type Operation = Callable[[Engine, str], Awaitable[None]]


def engine_of(client: Engines, path: Path) -> Engine:
    """Return the engine that the container at ``path`` runs on."""
    return next(engine for host, engine in client.engines.items() if covers(host, path))


def on_container(operation: Operation) -> Callable[[Engines, Path, Container], Awaitable[None]]:
    """Make a control of an engine's call on a container id."""

    async def act(client: Engines, path: Path, container: Container) -> None:
        await operation(engine_of(client, path), container.id)

    return act


async def turn_on(client: Engines, path: Path, container: Container) -> None:
    """Start a container, or let a paused one go on."""
    engine = engine_of(client, path)
    if container.state is ContainerState.PAUSED:
        await engine.unpause(container.id)
    else:
        await engine.start(container.id)


CONTAINER: tuple[Description, ...] = (
    Switch[Engines, Container](
        key="container_power",
        device_class=SwitchDeviceClass.SWITCH,
        value=lambda item: item.state in (ContainerState.RUNNING, ContainerState.RESTARTING),
        turn_on=turn_on,
        turn_off=on_container(Engine.stop),
    ),
    Button[Engines, Container](
        key="container_restart",
        device_class=ButtonDeviceClass.RESTART,
        press=on_container(Engine.restart),
        available=lambda item: item.state is not ContainerState.PAUSED,
    ),
    Button[Engines, Container](
        key="container_pause",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=on_container(Engine.pause),
        available=lambda item: item.state is ContainerState.RUNNING,
    ),
    Button[Engines, Container](
        key="container_unpause",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=on_container(Engine.unpause),
        available=lambda item: item.state is ContainerState.PAUSED,
    ),
    Button[Engines, Container](
        key="container_kill",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press=on_container(Engine.kill),
        available=lambda item: item.state.is_active,
    ),
)

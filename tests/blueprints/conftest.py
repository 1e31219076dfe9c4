"""Home Assistant with automations made from the blueprints, and a phone that takes messages."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
import shutil
from typing import Any

from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import SERVICE_RELOAD
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.home_server_monitor.const import DOMAIN
from tests import harness
from tests.conftest import SetUp

FOLDER = Path(__file__).parents[2] / "blueprints" / "automation" / DOMAIN
ALERT = "container_alert.yaml"
RESTART = "container_restart.yaml"
QUIET = 2.2  # seconds after which a message that has not come will not come

type Automate = Callable[..., Awaitable[str]]


async def settled(hass: HomeAssistant) -> None:
    """Wait until no automation runs any more, as it is when nothing was done or told."""
    await asyncio.sleep(0.4)

    def none_runs() -> bool:
        states = hass.states.async_all(AUTOMATION)
        return bool(states) and not any(state.attributes["current"] for state in states)

    await harness.until(none_runs)


@dataclass
class Phone:
    """A phone with the companion app, as Home Assistant sees it."""

    hass: HomeAssistant
    device_id: str
    messages: list[ServiceCall] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        """The titles of what has come, oldest first."""
        return [call.data["title"] for call in self.messages]

    async def gets(self, count: int, seconds: float = 10.0) -> ServiceCall:
        """Wait for so many messages in all and return the last."""
        await harness.until(lambda: len(self.messages) >= count, seconds)
        assert len(self.messages) == count, self.titles
        return self.messages[-1]

    async def gets_nothing_more(self, count: int = 0) -> None:
        """Make sure that it stays at so many messages."""
        await (asyncio.sleep(QUIET) if count else settled(self.hass))
        assert len(self.messages) == count, self.titles

    def buttons(self) -> dict[str, str]:
        """Return the last message's buttons: title -> action."""
        actions = self.messages[-1].data["data"]["actions"]
        return {action["title"]: action["action"] for action in actions}

    def press(self, action: str) -> None:
        """Press a button: the app tells Home Assistant so."""
        self.hass.bus.async_fire("mobile_app_notification_action", {"action": action})


@pytest.fixture
async def phone(hass: HomeAssistant) -> Phone:
    """Give a phone that is called "Pixel 9"."""
    entry = MockConfigEntry(domain="mobile_app", title="Pixel 9")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", "pixel")}, name="Pixel 9"
    )
    messages = async_mock_service(hass, "notify", "mobile_app_pixel_9")
    return Phone(hass, device.id, messages)


@pytest.fixture
async def automate(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[Automate]:
    """Give a function that makes an automation of a blueprint, and returns its entity id."""
    target = tmp_path / "blueprints" / "automation" / DOMAIN
    await asyncio.to_thread(shutil.copytree, FOLDER, target)
    hass.config.config_dir = str(tmp_path)
    made: list[dict[str, Any]] = []

    async def make(blueprint: str, **inputs: Any) -> str:
        name = f"made_{len(made)}"
        path = f"{DOMAIN}/{blueprint}"
        made.append(
            {"id": name, "alias": name, "use_blueprint": {"path": path, "input": dict(inputs)}}
        )
        assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: made})
        if len(made) > 1:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    "homeassistant.config.load_yaml_config_file",
                    lambda *_: {AUTOMATION: made},
                )
                await hass.services.async_call(AUTOMATION, SERVICE_RELOAD, blocking=True)
        entity_id = f"automation.{name}"
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state == "on"
        return entity_id

    yield make
    if hass.services.has_service(AUTOMATION, "turn_off"):
        await hass.services.async_call(AUTOMATION, "turn_off", {"entity_id": "all"}, blocking=True)


@dataclass
class Docker:
    """An entry with a Docker engine, and where its containers are found."""

    hass: HomeAssistant
    entry: ConfigEntry

    def event(self, key: str) -> str:
        """Return the event entity of a container."""
        found = harness.entity_id(self.hass, self.entry, harness.container(key), "container_event")
        assert found is not None
        return found

    def device(self, key: str) -> str:
        """Return the device id of a container."""
        device = harness.device(self.hass, self.entry, harness.container(key))
        assert device is not None
        return device.id

    def targets(self, *keys: str) -> dict[str, Any]:
        """Return what a person picks as target: the event entities of these containers."""
        return {"entity_id": [self.event(key) for key in keys]}

    async def sees(self, key: str, event: str, seconds: float = 10.0) -> None:
        """Wait until the last event of a container is this one."""

        def passed() -> bool:
            state = self.hass.states.get(self.event(key))
            return state is not None and state.attributes.get("event_type") == event

        await harness.until(passed, seconds)


async def connect(hass: HomeAssistant, set_up: SetUp, url: str, **options: Any) -> Docker:
    """Set up an entry for an engine and wait until its event stream is open."""
    entry = await set_up("docker", url=url, options=options)
    runtime = entry.runtime_data
    watcher = runtime.coordinators["containers"].watcher
    assert watcher is not None
    await harness.until(lambda: watcher.is_open_for(()))
    return Docker(hass, entry)

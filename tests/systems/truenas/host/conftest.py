"""The NAS itself, seen through its entities and actions."""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import (
    Context,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.paths import ROOT, Path
from custom_components.home_server_monitor.systems.truenas.host.realtime.models import Live
from tests import harness
from tests.lab.truenas import V25_10, TrueNas
from tests.lab.truenas.world import host

from ..conftest import AddNas


@dataclass
class Box:
    """The entry of one NAS; a key without a path is of the NAS itself."""

    hass: HomeAssistant
    entry: MockConfigEntry
    nas: TrueNas

    def value(self, key: str, path: Path = ROOT) -> str:
        """Return a state's text; "missing" where there is none."""
        return harness.value(self.hass, self.entry, path, key)

    def state(self, key: str, path: Path = ROOT) -> State:
        """Return a state that there must be."""
        found = harness.state(self.hass, self.entry, path, key)
        assert found is not None, key
        return found

    def registered(self, key: str, path: Path = ROOT) -> er.RegistryEntry | None:
        """Return the entity's entry in the registry, enabled or not."""
        found = harness.entity_id(self.hass, self.entry, path, key)
        return er.async_get(self.hass).async_get(found) if found else None

    async def until(self, key: str, wanted: str, path: Path = ROOT) -> None:
        """Wait until an entity has this state."""
        try:
            await harness.until(lambda: self.value(key, path) == wanted)
        except AssertionError:
            pytest.fail(f"{key} is {self.value(key, path)}, not {wanted}")

    async def refresh(self, group: str) -> None:
        """Let a group be read as its next poll would."""
        await harness.coordinator(self.entry, group).async_refresh()
        await self.hass.async_block_till_done()

    async def act(
        self, action: str, *, answer: bool = False, context: Context | None = None, **data: Any
    ) -> Any:
        """Call an action on the NAS."""
        result: Any = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": self.device.id, **data},
            blocking=True,
            context=context,
            return_response=answer,
        )
        return result["results"][0] if answer and result else None

    async def press(self, key: str) -> None:
        """Press a button."""
        found = harness.entity_id(self.hass, self.entry, ROOT, key)
        await self.hass.services.async_call("button", "press", {"entity_id": found}, blocking=True)

    @property
    def device(self) -> dr.DeviceEntry:
        """The device of the NAS."""
        device = harness.device(self.hass, self.entry, ROOT)
        assert isinstance(device, dr.DeviceEntry)
        return device

    @property
    def live(self) -> Live:
        """What is known of how busy the NAS is."""
        live = harness.coordinator(self.entry, "nas_live").items[ROOT]
        assert isinstance(live, Live)
        return live

    async def tick(self, times: int = 1) -> None:
        """Let the NAS tell how it is, and wait until that has arrived."""
        for _ in range(times):
            await self._tick(self.live.told)

    async def _tick(self, before: datetime) -> None:
        self.nas.host.vitals.tick()
        await harness.until(lambda: self.live.told > before)

    async def tick_until(self, passed: Callable[[], bool]) -> None:
        """Let the NAS tell how it is until something is so."""

        def told() -> bool:
            self.nas.host.vitals.tick()
            return passed()

        await harness.until(told)

    async def settled(self) -> None:
        """Wait until what starts late has been read as well."""
        await self.until("nas_update", "off")
        await self.until("nas_certificate_expiring", "off", ("certificate:home",))
        await self.hass.async_block_till_done()

    @contextmanager
    def written(self) -> Generator[Counter[str]]:
        """Count how often each entity writes a state, changed or not."""
        writes: Counter[str] = Counter()

        @callback
        def write(event: Event[Any]) -> None:
            writes[event.data["entity_id"]] += 1

        ends = [
            self.hass.bus.async_listen(kind, write, event_filter=callback(lambda _data: True))
            for kind in (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED)
        ]
        yield writes
        for end in ends:
            end()

    def fired(self) -> list[State]:
        """Return a list that grows with the events of the event entity."""
        found = harness.entity_id(self.hass, self.entry, ROOT, "nas_alert")
        states: list[State] = []

        @callback
        def note(event: Event[EventStateChangedData]) -> None:
            new = event.data["new_state"]
            if event.data["entity_id"] == found and new is not None:
                states.append(new)

        self.hass.bus.async_listen(EVENT_STATE_CHANGED, note)
        return states


async def pass_minutes(clock: harness.Clock, minutes: float) -> None:
    """Let time pass in steps that no connection finds too long."""
    for _ in range(round(minutes * 3)):
        await clock.forward(20)
    await clock.forward(1)


@pytest.fixture
async def nas(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncGenerator[TrueNas]:
    """Give a TrueNAS with an ordinary host and nothing on it: what is on it has tests of its own."""
    version = getattr(request, "param", V25_10)
    async with TrueNas(version) as server:
        host.furnish(server)
        yield server


type OpenBox = Callable[..., Awaitable[Box]]


@pytest.fixture
async def open_box(hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> OpenBox:
    """Give ``await open_box(…)``, which adds the NAS; what it gets goes to ``add_nas``."""

    async def run(**data: Any) -> Box:
        return Box(hass, await add_nas(nas, **data), nas)

    return run


@pytest.fixture
async def box(open_box: OpenBox) -> Box:
    """Give a NAS that is added already."""
    return await open_box()

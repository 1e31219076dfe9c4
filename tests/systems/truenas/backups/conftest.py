"""What the tests of backup tasks share: a NAS with its entry, and the machine that it backs up to."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.home_server_monitor.systems.paths import Path
from tests.harness import act, coordinator, device, entity_id, until, value
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.backup_tasks import Backups
from tests.lab.truenas.world.backups import HOST

from ..conftest import AddNas

REMOTE: Path = ("replication:1",)
LOCAL: Path = ("replication:2",)
CLOUD: Path = ("cloudsync:1",)
RSYNC: Path = ("rsync:1",)
CLOUD_BACKUP: Path = ("cloudbackup:1",)
ALL = (REMOTE, LOCAL, CLOUD, RSYNC, CLOUD_BACKUP)


@dataclass
class House:
    """The entry of a NAS, seen through its entities and actions."""

    hass: HomeAssistant
    entry: ConfigEntry
    nas: TrueNas

    @property
    def backups(self) -> Backups:
        """The lab's tasks."""
        return self.nas.backups

    def value(self, key: str, path: Path = LOCAL) -> str:
        """Return the state of an entity."""
        return value(self.hass, self.entry, path, key)

    def has_device(self, path: Path) -> bool:
        """Whether there is a device for a task."""
        return device(self.hass, self.entry, path) is not None

    async def poll(self) -> None:
        """Read now what the next poll would read."""
        await coordinator(self.entry, "backups").async_refresh()
        await self.hass.async_block_till_done()

    async def act(self, action: str, path: Path = LOCAL, **data: Any) -> dict[str, Any]:
        """Call an action on a task and return its one result."""
        return await act(self.hass, self.entry, path, action, **data)

    async def press(self, path: Path = LOCAL) -> None:
        """Press the run button."""
        button = entity_id(self.hass, self.entry, path, "backup_run")
        await self.hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)

    async def becomes(self, key: str, wanted: str, path: Path = LOCAL) -> None:
        """Wait until an entity shows something."""
        try:
            await until(lambda: self.value(key, path) == wanted, seconds=10)
        except AssertionError:
            raise AssertionError(f"{key} is {self.value(key, path)}, not {wanted}") from None

    def event_id(self, path: Path = LOCAL) -> str:
        """Return the id of a task's event entity."""
        return entity_id(self.hass, self.entry, path, "backup_event") or ""

    def told(self, path: Path = LOCAL) -> list[str]:
        """Return a list that the kinds of events of a task are added to from now on."""
        found: list[str] = []
        wanted = self.event_id(path)

        @callback
        def take(event: Event[Any]) -> None:
            state = event.data["new_state"]
            if event.data["entity_id"] == wanted and state and "event_type" in state.attributes:
                found.append(str(state.attributes["event_type"]))

        self.hass.bus.async_listen("state_changed", take)
        return found

    @property
    def open_records(self) -> list[Any]:
        """Records of procedures that are not closed."""
        return list(self.entry.runtime_data.workshop.journal.open)

    def checks(self, result: dict[str, Any]) -> dict[str, str]:
        """Return the result of each check; the worst where one looks at several things."""
        order = ("unknown", "ok", "warning", "failed")
        found: dict[str, str] = {}
        for one in result["checks"]:
            before = found.get(one["check"], "unknown")
            found[one["check"]] = max(before, one["result"], key=order.index)
        return found

    def enabled(self) -> dict[Path, set[str]]:
        """Return the keys of the enabled entities of each task."""
        entries = er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id)
        found: dict[Path, set[str]] = {path: set() for path in ALL}
        for one in entries:
            _, *path, key = one.unique_id.split("|")
            if tuple(path) in found and not one.disabled_by:
                found[tuple(path)].add(key)
        return found


type OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def house(hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> OpenHouse:
    """Give ``await house(…)``, which sets up the entry of the NAS; other subjects are left out."""

    async def run(*, options: dict[str, Any] | None = None, **how: Any) -> House:
        entry = await add_nas(nas, options={"include": ["backups"], **(options or {})}, **how)
        await hass.async_block_till_done()
        return House(hass, entry, nas)

    return run


@pytest.fixture
async def vault(nas: TrueNas) -> AsyncGenerator[TrueNas]:
    """Give the machine that the NAS backs up to: another TrueNAS of the same version."""
    async with TrueNas(nas.version, name="backup") as server:
        server.datasets.add("vault", capacity=4 << 40)
        server.datasets.add("vault/movies", own=10 << 30)
        nas.backups.remotes[HOST] = server
        yield server

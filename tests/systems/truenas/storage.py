"""What the tests of pools, datasets and snapshots share: paths, and a NAS seen from outside."""

from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.paths import Path
from tests import harness
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.pools import APPS, MEDIA, TANK

TANK_PATH: Path = (f"pool:{TANK}",)
MEDIA_PATH: Path = (f"pool:{MEDIA}",)
APPS_PATH: Path = (f"pool:{APPS}",)
BOOT_PATH: Path = ("pool:boot",)


@dataclass
class Storage:
    """An entry of the simulated NAS."""

    hass: HomeAssistant
    nas: TrueNas
    entry: MockConfigEntry

    def value(self, path: Path, key: str) -> str:
        """Return the text of a state."""
        return harness.value(self.hass, self.entry, path, key)

    def entity_id(self, path: Path, key: str) -> str:
        """Return the id of an entity that has to be there."""
        found = harness.entity_id(self.hass, self.entry, path, key)
        assert found is not None, (path, key)
        return found

    def device(self, path: Path) -> dr.DeviceEntry | None:
        """Return the device at a path."""
        found = harness.device(self.hass, self.entry, path)
        return found if isinstance(found, dr.DeviceEntry) else None

    def items(self, group: str) -> Any:
        """Return what a group knows."""
        return harness.coordinator(self.entry, group).items

    def issues(self, key: str) -> list[ir.IssueEntry]:
        """Return the issues of one kind."""
        issues = ir.async_get(self.hass).issues.values()
        return [one for one in issues if one.domain == DOMAIN and one.translation_key == key]

    async def refresh(self, group: str) -> None:
        """Read a group again."""
        await harness.coordinator(self.entry, group).async_refresh()
        await self.hass.async_block_till_done()

    async def press(self, path: Path, key: str) -> None:
        """Press a button."""
        target = {"entity_id": self.entity_id(path, key)}
        await self.hass.services.async_call("button", "press", target, blocking=True)

    async def act(self, action: str, path: Path, **data: Any) -> dict[str, Any]:
        """Do something to the device at a path, and return what it tells."""
        return await harness.act(self.hass, self.entry, path, action, **data)


def dataset(pool: Path, name: str) -> Path:
    """Return the path of a dataset."""
    return (*pool, f"dataset:{name}")

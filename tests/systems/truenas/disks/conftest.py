"""The disks of a NAS, seen through their devices and entities."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.paths import ROOT, Path
from tests import harness
from tests.lab.truenas import TrueNas

from ..conftest import AddNas

TANK: Path = ("pool:1111111111111111111",)
FIRST, SECOND = "ZW6000A1", "ZW6000B2"
LARGE, NVME, BOOT = "ZR8000C3", "S6Z1NF0R100001", "BOOTSSD0001"


def disk(key: str) -> Path:
    """Return the path of a disk."""
    return (f"disk:{key}",)


@dataclass
class Shelf:
    """The entry of one NAS, seen through its disks."""

    hass: HomeAssistant
    entry: MockConfigEntry
    nas: TrueNas

    def value(self, key: str, serial: str = FIRST) -> str:
        """Return a state's text; "missing" where there is none."""
        return harness.value(self.hass, self.entry, disk(serial), key)

    def device(self, serial: str = FIRST) -> dr.DeviceEntry | None:
        """Return the device of a disk."""
        found = harness.device(self.hass, self.entry, disk(serial))
        return found if isinstance(found, dr.DeviceEntry) else None

    def health(self, serial: str = FIRST) -> Any:
        """Return what is thought of a disk."""
        return harness.coordinator(self.entry, "disk_health").items[disk(serial)]

    async def refresh(self, *groups: str) -> None:
        """Let groups be read as their next poll would."""
        for group in groups or ("pools", "disks", "disk_health"):
            await harness.coordinator(self.entry, group).async_refresh()
            await self.hass.async_block_till_done()

    async def read_all(self) -> None:
        """Let SMART values of all disks be read, one after the other."""
        for _ in range(len(self.nas.disks.all) + 1):
            await self.refresh("disk_health")

    async def report(self, serial: str = FIRST, **data: Any) -> dict[str, Any]:
        """Ask for the report on a disk."""
        device = self.device(serial)
        assert device is not None
        answer: Any = await self.hass.services.async_call(
            DOMAIN,
            "get_disk_report",
            {"device_id": device.id, **data},
            blocking=True,
            return_response=True,
        )
        found: dict[str, Any] = answer["results"][0]
        return found


type OpenShelf = Callable[..., Awaitable[Shelf]]


@pytest.fixture
async def open_shelf(hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> OpenShelf:
    """Give ``await open_shelf(…)``, which adds the NAS; what it gets goes to ``add_nas``."""

    async def run(**data: Any) -> Shelf:
        shelf = Shelf(hass, await add_nas(nas, **data), nas)
        await hass.async_block_till_done(wait_background_tasks=False)
        await harness.until(lambda: harness.coordinator(shelf.entry, "disk_health").complete)
        return shelf

    return run


@pytest.fixture
async def shelf(open_shelf: OpenShelf) -> Shelf:
    """Give a NAS that is added already."""
    return await open_shelf()


__all__ = ["BOOT", "FIRST", "LARGE", "NVME", "ROOT", "SECOND", "TANK", "disk"]

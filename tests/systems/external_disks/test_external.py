"""Scrutiny and smartctl_exporter: the same disks, seen through either."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems.paths import Path
from tests import harness
from tests.conftest import SetUp
from tests.lab.scrutiny import Scrutiny, typical_disks
from tests.lab.server import HttpServer
from tests.lab.smartctl_exporter import SmartctlExporter
from tests.lab.truenas.world.disk_smart import Smart
from tests.lab.truenas.world.disks import TERABYTE, LabDisk

FIRST, SECOND, NVME = "ZW6000A1", "ZW6000B2", "S6Z1NF0R100001"


def disk(serial: str) -> Path:
    """Return the path of a disk."""
    return (f"disk:{serial}",)


@dataclass
class Source:
    """One server that tells of disks, and the entry of it."""

    hass: HomeAssistant
    system: str
    server: HttpServer
    disks: dict[str, LabDisk]
    set_up: SetUp
    entry: MockConfigEntry | None = None

    def collect(self) -> None:
        """Let Scrutiny read the disks; the other one reads them when it is asked."""
        if isinstance(self.server, Scrutiny):
            self.server.collect()

    async def add(self) -> None:
        """Set the entry up."""
        self.collect()
        self.entry = await self.set_up(self.system, url=self.server.url, verify_ssl=True)
        assert self.entry.state is ConfigEntryState.LOADED

    @property
    def loaded(self) -> MockConfigEntry:
        """The entry."""
        assert self.entry is not None
        return self.entry

    def value(self, key: str, serial: str = FIRST) -> str:
        """Return a state's text."""
        return harness.value(self.hass, self.loaded, disk(serial), key)

    async def refresh(self) -> None:
        """Read again what the next poll would."""
        self.collect()
        await harness.coordinator(self.loaded, "external_disks").async_refresh()
        await self.hass.async_block_till_done()


@pytest.fixture(params=["scrutiny", "smartctl_exporter"])
async def source(
    hass: HomeAssistant, request: pytest.FixtureRequest, socket_enabled: None, set_up: SetUp
) -> AsyncGenerator[Source]:
    """Give a server that knows three disks, not added yet."""
    disks = {one.name: one for one in typical_disks()}
    server = Scrutiny() if request.param == "scrutiny" else SmartctlExporter()
    for one in disks.values():
        server.add(one)
    async with server:
        found = Source(hass, request.param, server, disks, set_up)
        yield found
        if found.entry is not None:
            await hass.config_entries.async_unload(found.entry.entry_id)


async def test_disks_and_their_health(hass: HomeAssistant, source: Source) -> None:
    await source.add()
    device = harness.device(hass, source.loaded, disk(FIRST))
    assert isinstance(device, dr.DeviceEntry)
    assert (device.serial_number, device.model) == (FIRST, "ST4000VN006-3CW104")
    assert device.via_device_id is not None
    assert [source.value("disk_level", serial) for serial in (FIRST, SECOND, NVME)] == [
        "healthy"
    ] * 3
    entities = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    enabled = {one.unique_id.rsplit("|", 1)[1] for one in entities if not one.disabled_by}
    assert enabled == {"disk_level", "disk_failure_risk", "disk_problem", "disk_level_changed"}


async def test_a_disk_that_goes_bad(hass: HomeAssistant, source: Source) -> None:
    await source.add()
    await source.refresh()
    source.disks["sda"].smart.raw |= {5: 8, 188: 3 << 32 | 3 << 16 | 3, 197: 16}
    source.disks["sda"].smart.passed = False
    source.disks["nvme0n1"].smart.log["available_spare"] = 4
    await source.refresh()
    assert source.value("disk_level") == source.value("disk_level", NVME) == "replace_now"
    assert source.value("disk_level", SECOND) == "healthy"
    device = harness.device(hass, source.loaded, disk(FIRST))
    assert device is not None
    answer: Any = await hass.services.async_call(
        DOMAIN, "get_disk_report", {"device_id": device.id}, blocking=True, return_response=True
    )
    values = answer["results"][0]["values"]
    assert (values["reallocated"], values["pending"], values["passed"]) == (8, 16, False)
    assert values["power_on_hours"] == 9120


async def test_sas_disks(source: Source) -> None:
    smart = Smart("SCSI", defects=9, uncorrected=1)
    server = source.server
    assert isinstance(server, (Scrutiny, SmartctlExporter))
    server.add(LabDisk("sde", "SAS0000001", "SEAGATE ST6000NM0095", 6 * TERABYTE, smart=smart))
    await source.add()
    values = harness.coordinator(source.loaded, "external_disks").items[disk("SAS0000001")].values
    assert (values.reallocated, values.uncorrectable) == (9, 1)


async def test_a_disk_that_sleeps_stays(
    hass: HomeAssistant, source: Source, clock: harness.Clock
) -> None:
    await source.add()
    source.disks["sda"].asleep = True
    await source.refresh()
    assert source.value("disk_level") == "healthy"
    await hass.config_entries.async_reload(source.loaded.entry_id)
    assert source.value("disk_level") == "healthy"
    assert harness.device(hass, source.loaded, disk(FIRST)) is not None
    if isinstance(source.server, SmartctlExporter):
        await clock.forward(timedelta(days=8).total_seconds())
        await source.refresh()
        assert harness.device(hass, source.loaded, disk(FIRST)) is None
        assert harness.device(hass, source.loaded, disk(SECOND)) is not None


async def test_two_sources_make_one_history(
    hass: HomeAssistant, source: Source, set_up: SetUp, socket_enabled: None
) -> None:
    source.disks["sda"].smart.raw |= {187: 3}
    await source.add()
    assert source.value("disk_level") == "warn"
    async with Scrutiny() as other:
        clean = LabDisk("sdz", FIRST, "ST4000VN006-3CW104", 4 * TERABYTE)
        other.add(clean)
        other.collect()
        entry = await set_up("scrutiny", url=other.url, unique_id="other")
        assert harness.value(hass, entry, disk(FIRST), "disk_level") == "warn"
        await hass.config_entries.async_unload(entry.entry_id)


async def test_what_scrutiny_collected_before_is_taken_over(
    hass: HomeAssistant, socket_enabled: None, set_up: SetUp
) -> None:
    async with Scrutiny() as scrutiny:
        one = scrutiny.add(typical_disks()[0])
        for days in range(60, -1, -1):
            one.disk.smart.raw[197] = 8 if days < 50 else 0
            scrutiny.collect(days_ago=days)
        entry = await set_up("scrutiny", url=scrutiny.url)
        health = harness.coordinator(entry, "external_disks").items[disk(FIRST)]
        assert health.verdict.history_days == 61
        assert health.verdict.enough_history
        assert health.level == "warn"
        # Nothing new was collected: nothing is asked for again.
        scrutiny.reset_counts()
        await harness.coordinator(entry, "external_disks").async_refresh()
        assert (scrutiny.count("summary"), scrutiny.count("details")) == (1, 0)
        one.archived = True
        await harness.coordinator(entry, "external_disks").async_refresh()
        await hass.config_entries.async_unload(entry.entry_id)


async def test_one_disk_without_details_costs_itself(
    hass: HomeAssistant, socket_enabled: None, set_up: SetUp
) -> None:
    async with Scrutiny() as scrutiny:
        first, second, _ = (scrutiny.add(one) for one in typical_disks())
        scrutiny.collect()
        scrutiny.faults.status(500, first.key)
        entry = await set_up("scrutiny", url=scrutiny.url)
        items = harness.coordinator(entry, "external_disks").items
        assert disk(SECOND) in items
        assert second.disk.serial == SECOND
        assert disk(FIRST) not in items
        scrutiny.faults.clear()
        await harness.coordinator(entry, "external_disks").async_refresh()
        assert disk(FIRST) in harness.coordinator(entry, "external_disks").items
        await hass.config_entries.async_unload(entry.entry_id)


# --- Connecting -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_adding_one(hass: HomeAssistant, source: Source) -> None:
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await flow.async_configure(result["flow_id"], {"system": source.system})
    assert result["step_id"] == source.system
    typed = {"url": "http://not a host", "verify_ssl": True, "allow_control": False}
    result = await flow.async_configure(result["flow_id"], typed)
    assert result["errors"] == {"base": "invalid_address"}
    url = source.server.url.removeprefix("http://")
    result = await flow.async_configure(result["flow_id"], {**typed, "url": f" {url}/ "})
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY, result.get("errors")
    source.entry = result["result"]
    assert source.loaded.title.startswith(("Scrutiny 127.0.0.1", "smartctl_exporter 127.0.0.1"))


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("garbage", ConfigEntryState.SETUP_RETRY),
        ("reset", ConfigEntryState.SETUP_RETRY),
        ("status", ConfigEntryState.SETUP_RETRY),
        ("missing", ConfigEntryState.SETUP_RETRY),
    ],
)
async def test_something_else_answers(
    hass: HomeAssistant, source: Source, fault: str, state: ConfigEntryState
) -> None:
    faults = source.server.faults
    match fault:
        case "garbage":
            faults.garbage()
        case "reset":
            faults.reset()
        case "status":
            faults.status(502)
        case _:
            faults.status(404)
    entry = await source.set_up(source.system, url=source.server.url)
    assert entry.state is state


async def test_refused_and_back_again(hass: HomeAssistant, source: Source) -> None:
    await source.add()
    await source.server.refuse()
    await harness.coordinator(source.loaded, "external_disks").async_refresh()
    assert not harness.coordinator(source.loaded, "external_disks").last_update_success
    await source.server.accept()
    await source.refresh()
    assert source.value("disk_level") == "healthy"

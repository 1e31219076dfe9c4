"""Which disks there are, how warm they are, and that none is woken."""

import pytest

from tests import harness
from tests.lab.truenas import V24_04, V25_04, V25_10, V26, TrueNas
from tests.lab.truenas.world.disks import TERABYTE, LabDisk

from ..conftest import every_version
from .conftest import BOOT, FIRST, LARGE, NVME, SECOND, OpenShelf, Shelf


@every_version
async def test_a_device_for_each_disk(shelf: Shelf) -> None:
    device = shelf.device()
    pool = harness.device(shelf.hass, shelf.entry, ("pool:1111111111111111111",))
    assert device is not None
    assert pool is not None
    assert (device.name, device.model) == (
        f"ST4000VN006-3CW104 {FIRST}",
        "ST4000VN006-3CW104",
    )
    assert device.serial_number == FIRST
    assert device.via_device_id == pool.id
    assert all(shelf.device(serial) for serial in (SECOND, LARGE, NVME, BOOT))


@every_version
async def test_temperatures_wake_no_disk(nas: TrueNas, open_shelf: OpenShelf) -> None:
    nas.disks["sda"].asleep = True
    nas.disks["sdc"].temperature = 38.0
    shelf = await open_shelf()
    await shelf.refresh()
    await shelf.refresh()
    assert shelf.value("disk_temperature", LARGE) in ("38", "38.0")
    assert shelf.value("disk_temperature", NVME) in ("41", "41.0")
    assert shelf.value("disk_temperature") == "unknown"
    assert nas.disks_woken == []
    assert nas.disks["sda"].asleep


@every_version
async def test_calls_at_rest(shelf: Shelf) -> None:
    await shelf.refresh()
    shelf.nas.reset_counts()
    await shelf.refresh("disks")
    asked = shelf.nas.calls["disk.temperatures"] + shelf.nas.calls["reporting.netdata_graph"]
    assert (shelf.nas.calls["disk.query"], asked) == (1, 1)
    assert shelf.nas.calls.total() == 2


@pytest.mark.parametrize("nas", [V25_10, V26], indirect=True, ids=str)
async def test_the_newer_question_is_refused_once_for_a_connection(shelf: Shelf) -> None:
    await shelf.refresh("disks")
    await shelf.refresh("disks")
    assert shelf.nas.calls["disk.temperatures"] == 1


@pytest.mark.usefixtures("all_entities_enabled")
async def test_what_is_told_beside(shelf: Shelf) -> None:
    told = {key: shelf.value(key) for key in ("disk_pool", "disk_device_name", "disk_size")}
    assert told == {"disk_pool": "tank", "disk_device_name": "sda", "disk_size": "4.0"}
    assert shelf.value("disk_pool", BOOT) == "boot-pool"


@every_version
@pytest.mark.usefixtures("all_entities_enabled")
async def test_other_names_keep_the_devices(shelf: Shelf) -> None:
    before = shelf.device()
    shelf.nas.disks["sda"].temperature = 29.0
    shelf.nas.disks.rename({"sda": "sdb", "sdb": "sda"})
    await shelf.refresh()
    assert shelf.device() == before
    assert shelf.value("disk_device_name") == "sdb"
    assert shelf.value("disk_temperature") in ("29", "29.0")
    assert shelf.health().name == "sdb"


@every_version
async def test_a_disk_that_is_replaced(shelf: Shelf) -> None:
    shelf.nas.disks.swap("sda", LabDisk("", "ZW6NEW01", "ST4000VN006-3CW104", 4 * TERABYTE))
    await harness.until(lambda: shelf.device("ZW6NEW01") is not None)
    assert shelf.device() is None
    await shelf.refresh()
    assert shelf.value("disk_level") == "missing"
    assert shelf.value("disk_problem", "ZW6NEW01") == "off"


async def test_empty_and_double_serials(nas: TrueNas, open_shelf: OpenShelf) -> None:
    for name, serial in (("sde", ""), ("sdf", "USB0000001"), ("sdg", "USB0000001")):
        nas.disks.add(LabDisk(name, serial, "USB bridge", TERABYTE, lunid=f"{name}77"))
    shelf = await open_shelf()
    keys = ("{devicename}sde", "{serial_lunid}USB0000001_sdf77", "{serial_lunid}USB0000001_sdg77")
    devices = [shelf.device(key) for key in keys]
    assert all(devices)
    assert [device.serial_number for device in devices if device] == [
        None,
        "USB0000001",
        "USB0000001",
    ]
    assert shelf.device("USB0000001") is None


async def test_a_malformed_disk_costs_itself(shelf: Shelf) -> None:
    shelf.nas.faults.changed(r"^disk\.query$", lambda rows: [{"name": "sda"}, *rows[1:]])
    shelf.nas.disks["sdb"].temperature = 44.0
    await shelf.refresh("disks")
    assert shelf.device() is not None
    assert shelf.value("disk_temperature", SECOND) in ("44", "44.0")


@pytest.mark.parametrize("nas", [V24_04, V25_04, V25_10], indirect=True, ids=str)
@pytest.mark.parametrize("fault", ["denied", "missing", "error"])
async def test_without_temperatures_there_still_are_disks(
    nas: TrueNas, open_shelf: OpenShelf, fault: str
) -> None:
    pattern = r"^(disk\.temperatures|reporting\.netdata_graph)$"
    if fault == "error":
        nas.faults.error("EFAULT", pattern, reason="netdata is not running")
    else:
        getattr(nas.faults, fault)(pattern)
    shelf = await open_shelf()
    assert shelf.device() is not None
    assert shelf.value("disk_temperature") == "unknown"
    assert shelf.value("disk_problem") == "off"


async def test_zeros_and_empty_graphs_are_no_temperature(
    nas: TrueNas, open_shelf: OpenShelf
) -> None:
    nas.faults.changed(r"netdata_graph", lambda graphs: [{**graphs[0], "data": []}, *graphs[1:]])
    shelf = await open_shelf()
    assert shelf.value("disk_temperature") == "unknown"
    assert shelf.value("disk_temperature", SECOND) in ("34", "34.0")

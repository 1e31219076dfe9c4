"""What smartctl prints of ATA, NVMe and SAS disks, and what is made of it."""

from datetime import date
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.analysis.disk_health import DiskKind, SmartHistory
from custom_components.home_server_monitor.systems.smart.models import SelfTestResult, SmartReport
from custom_components.home_server_monitor.systems.smart.smartctl import report
from tests.lab.truenas.world.disk_smart import Smart
from tests.lab.truenas.world.disks import TERABYTE, LabDisk

DAY = date(2026, 11, 1)


def _read(disk: LabDisk, **more: Any) -> SmartReport:
    found = report({**disk.smartctl(), **more})
    assert found is not None
    return found


def _ata(smart: Smart | None = None, **more: Any) -> SmartReport:
    disk = LabDisk("sda", "ZW6000A1", "ST4000VN006-3CW104", 4 * TERABYTE)
    disk.smart = smart or Smart()
    return _read(disk, **more)


def _columns(told: SmartReport) -> dict[str, int]:
    history = SmartHistory.from_samples(told.kind, told.model, [told.sample(DAY)])
    return {name: int(column[0]) for name, column in history.columns.items()}


def test_an_ata_disk() -> None:
    told = _ata(Smart(raw={5: 8, 187: 1, 188: 12 << 32 | 12 << 16 | 12, 197: 16, 198: 16}))
    assert (told.kind, told.model, told.serial) == (DiskKind.HDD, "ST4000VN006-3CW104", "ZW6000A1")
    assert (told.capacity, told.firmware, told.passed) == (4 * TERABYTE, "SC60", True)
    assert (told.power_on_hours, told.temperature) == (9120, 34)
    columns = _columns(told)
    assert columns["timeouts"] == 12
    assert columns["pending"] == 16
    assert (columns["reallocated"], columns["uncorrectable"]) == (8, 1)
    # The raw value of 194 holds the highest temperature of the disk's life in its upper bytes.
    assert columns["temperature"] == 34


def test_an_ssd_wears() -> None:
    disk = LabDisk("sdb", "S1", "Samsung SSD 870", TERABYTE, "SSD", smart=Smart(wear=91))
    told = _read(disk)
    assert told.kind is DiskKind.SSD
    assert _columns(told)["worn"] == 9


def test_an_nvme() -> None:
    smart = Smart("NVMe", hours=718, tests=[5, 15])
    told = _read(LabDisk("nvme0n1", "N1", "990 PRO", TERABYTE, "NVMe", smart=smart))
    assert told.kind is DiskKind.NVME
    assert told.nvme is not None
    assert (told.nvme.percentage_used, told.nvme.available_spare) == (3, 100)
    assert (told.failed_self_tests, told.self_test) == (1, SelfTestResult.FAILED)
    assert told.power_on_hours == 718


def test_a_sas_disk() -> None:
    smart = Smart("SCSI", defects=4, uncorrected=2, tests=[0, 7])
    told = _read(LabDisk("sde", "SAS1", "HGST HUS726060", TERABYTE, smart=smart))
    assert (told.model, told.grown_defects, told.uncorrected_errors) == ("HGST HUS726060", 4, 2)
    assert (told.self_test, told.failed_self_tests) == (SelfTestResult.PASSED, 1)
    columns = _columns(told)
    assert (columns["reallocated"], columns["uncorrectable"]) == (4, 2)


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (0, SelfTestResult.PASSED),
        (1, SelfTestResult.ABORTED),
        (3, SelfTestResult.FAILED),
        (8, SelfTestResult.FAILED),
        (15, SelfTestResult.RUNNING),
        (9, SelfTestResult.OTHER),
    ],
)
def test_self_tests(code: int, result: SelfTestResult) -> None:
    told = _ata(Smart(tests=[code]))
    assert told.self_test is result
    assert told.failed_self_tests == (result is SelfTestResult.FAILED)


def test_failures_before_a_test_that_passed_are_outdated() -> None:
    disk = LabDisk("sda", "A1", "ST4000VN006", TERABYTE, smart=Smart(tests=[0, 7, 7]))
    document = disk.smartctl()
    log = document["ata_smart_self_test_log"]["standard"]
    told = report(document)
    assert told is not None
    assert told.failed_self_tests == 2
    log["error_count_outdated"] = 2
    told = report(document)
    assert told is not None
    assert told.failed_self_tests == 0


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"smartctl": {"exit_status": 2}, "device": {"name": "/dev/sda"}},
        {"model_name": "", "serial_number": " "},
    ],
)
def test_who_sleeps_says_nothing(document: object) -> None:
    assert report(document) is None


def test_parts_that_are_malformed_cost_themselves() -> None:
    told = _ata(
        ata_smart_attributes={"table": [7, {"id": "5"}, {"id": 197, "raw": {"value": 8}}]},
        temperature=31,
        power_on_time=None,
        smart_status={"passed": "yes"},
        ata_smart_self_test_log=[],
    )
    assert told.raw == {197: 8}
    assert (told.temperature, told.power_on_hours, told.passed) == (None, None, None)
    assert told.failed_self_tests is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda parts: (
        st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3)
    ),
    max_leaves=8,
)


@given(st.data())
def test_nothing_that_is_printed_breaks_it(data: st.DataObject) -> None:
    disk = LabDisk("sda", "A1", "ST4000VN006", TERABYTE)
    document = disk.smartctl()
    key = data.draw(st.sampled_from(sorted(document)))
    document[key] = data.draw(JSON)
    told = report(document)
    if told is not None:
        assert _columns(told) is not None

"""What a large TrueNAS may cost at rest: calls, disks that are woken, snapshots that are looked into.

The clock of the event loop is put forward, so that the timers decide what is asked and when.
"""

from collections import Counter
from itertools import batched

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.harness import ROOT, Clock
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.apps import Release
from tests.lab.truenas.world.disks import LabDisk
from tests.lab.truenas.world.vdevs import raidz

from .conftest import AddNas, every_version

pytestmark = pytest.mark.usefixtures("quick_loop")

POOLS, DISKS, DATASETS, SNAPSHOTS, APPS = 6, 24, 200, 5000, 30
MINUTES = 15
CALLS = 12
STEP = 12
TERABYTE = 10**12


def grow(nas: TrueNas) -> None:
    """Make a large box of the typical one; all of its hard disks sleep."""
    added = [LabDisk(f"sd{n}", f"X{n:04}", "ST4000VN006", TERABYTE) for n in "efghijklmnopqrstuvw"]
    assert len(added) + len(nas.disks.all) == DISKS
    for number, disks in enumerate(batched(added, 7, strict=False), 1):
        names = [nas.disks.add(disk).name for disk in disks]
        vdev = raidz("raidz2-0", *names)
        nas.pools.add(f"big{number}", f"9{number:018}", [vdev], size=7 * TERABYTE)
    for number in range(DATASETS - len(nas.datasets.all)):
        nas.datasets.add(f"big{number % 3 + 1}/share{number:03}", own=10**9)
    names = list(nas.datasets.all)
    for number in range(SNAPSHOTS - len(nas.snapshots.all)):
        hours = (SNAPSHOTS - number) / len(names)
        nas.snapshots.take(names[number % len(names)], f"old-{number:04}", hours_ago=hours)
    for number in range(APPS - len(nas.apps.all)):
        nas.apps.add(f"app{number:02}", Release("1.0.0", "2.0.0"), port=31000 + number)
    for disk in nas.disks.all.values():
        disk.asleep = disk.kind == "HDD"
    sizes = (nas.pools.all, nas.disks.all, nas.datasets.all, nas.snapshots.all, nas.apps.all)
    assert [len(one) for one in sizes] == [POOLS, DISKS, DATASETS, SNAPSHOTS, APPS]


async def minutes(hass: HomeAssistant, nas: TrueNas, clock: Clock, count: int) -> None:
    """Let minutes pass, and all that was asked be answered."""
    for _ in range(count * 60 // STEP):
        await clock.forward(STEP)
    asked = -1
    while asked != nas.calls.total():
        asked = nas.calls.total()
        await clock.forward(0)
        await hass.async_block_till_done()


@pytest.fixture
async def large(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas, clock: Clock
) -> MockConfigEntry:
    """Give the entry of a large box, after the first minutes, which ask for more."""
    grow(nas)
    entry = await add_nas(nas)
    await minutes(hass, nas, clock, 3)
    return entry


@every_version
async def test_calls_and_disks(
    hass: HomeAssistant, nas: TrueNas, large: MockConfigEntry, clock: Clock
) -> None:
    groups = large.runtime_data.coordinators
    assert not [key for key in groups if groups[key].is_failed(ROOT)]
    assert nas.disks_woken == []
    nas.reset_counts()
    nas.snapshots.opened = 0
    await minutes(hass, nas, clock, MINUTES)
    assert nas.calls.total() / MINUTES <= CALLS, nas.calls
    assert nas.calls.total() / MINUTES >= 1
    assert nas.disks_woken == []
    assert (nas.connected, nas.idle_drops) == (0, 0)
    assert nas.snapshots.opened / MINUTES <= SNAPSHOTS / 60


async def test_what_does_not_change_is_not_written(
    hass: HomeAssistant, nas: TrueNas, large: MockConfigEntry, clock: Clock
) -> None:
    writes: Counter[str] = Counter()

    def count(event: Event[EventStateChangedData]) -> None:
        writes[event.data["entity_id"]] += 1

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    await minutes(hass, nas, clock, 5)
    stop()
    still = [name for name in writes if ".share" in name or ".big" in name or "_x00" in name]
    assert still == []

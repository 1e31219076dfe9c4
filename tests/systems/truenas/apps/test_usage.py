"""What apps use, as the server pushes it."""

from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
import pytest

from tests.harness import Clock, coordinator, until
from tests.lab.truenas import V24_04, CallError, TrueNas
from tests.systems.truenas.conftest import every_version

from .conftest import Shelf

pytestmark = pytest.mark.usefixtures("all_entities_enabled")

MEBIBYTE = 1024**2
_KEYS = ("app_state", "app_cpu", "app_memory", "app_network_receive_rate", "app_update")


def written(hass: HomeAssistant) -> list[str]:
    """Note the entities whose state is written from now on."""
    told: list[str] = []

    @callback
    def write(event: Event[Any]) -> None:
        told.append(event.data["entity_id"])

    @callback
    def every(_data: Any) -> bool:
        return True

    hass.bus.async_listen(EVENT_STATE_CHANGED, write)
    hass.bus.async_listen(EVENT_STATE_REPORTED, write, event_filter=every)
    return told


@every_version
class TestEveryVersion:
    """The same values, in whatever units the version tells them."""

    async def test_cpu_and_memory(self, shelf: Shelf, nas: TrueNas) -> None:
        """Percent and bytes, pushed."""
        nas.apps["sonarr"].cpu = 42
        nas.apps["sonarr"].memory = 300 * MEBIBYTE
        await shelf.tick()
        assert shelf.number("sonarr", "app_cpu") == 42
        assert shelf.number("sonarr", "app_memory") == 300

    async def test_interfaces_are_summed(self, shelf: Shelf, nas: TrueNas) -> None:
        """Kilobytes per second of all of them."""
        nas.apps["sonarr"].rates = {"eth0": (1_000_000, 2000), "eth1": (500_000, 1000)}
        await shelf.tick()
        assert shelf.number("sonarr", "app_network_receive_rate") == 1500
        assert shelf.number("sonarr", "app_network_send_rate") == 3

    async def test_a_stopped_app_keeps_its_entities(self, shelf: Shelf, nas: TrueNas) -> None:
        """They show zero at once, and go on showing it."""
        await shelf.tick()
        keys = ("app_cpu", "app_memory", "app_network_receive_rate", "app_network_send_rate")
        nas.apps.become(nas.apps["sonarr"], "STOPPED")
        await until(lambda: shelf.value("sonarr", "app_cpu") == "0.0")
        await shelf.tick()
        await shelf.poll("app_usage")
        assert [shelf.number("sonarr", key) for key in keys] == [0, 0, 0, 0]

    async def test_nothing_is_polled(self, clock: Clock, shelf: Shelf, nas: TrueNas) -> None:
        """Messages come by themselves as time goes by."""
        nas.reset_counts()
        nas.apps["sonarr"].cpu = 77
        for _ in range(13):
            await clock.forward(10)
        await until(lambda: shelf.number("sonarr", "app_cpu") == 77)
        assert not nas.calls["app.query"] + nas.calls["chart.release.query"]

    async def test_what_does_not_come_any_more_is_not_shown(
        self, clock: Clock, shelf: Shelf, nas: TrueNas
    ) -> None:
        """The stream stands, but is silent: old values are no values."""
        await shelf.tick()
        nas.apps.silent = True
        for _ in range(45):
            await clock.forward(10)
        assert shelf.value("sonarr", "app_cpu") == "unknown"
        assert shelf.value("sonarr") == "running"

    async def test_the_same_again_writes_nothing(
        self, hass: HomeAssistant, clock: Clock, shelf: Shelf, nas: TrueNas
    ) -> None:
        """A few bytes more or less are not worth a new state."""
        await shelf.tick()
        await clock.forward(10)
        await shelf.tick()
        told = written(hass)
        for step in range(20):
            await clock.forward(2)
            nas.apps["sonarr"].memory += 1000 * step
            nas.apps["sonarr"].rates = {"eth0": (1000 + step, 500 - step)}
            await shelf.tick()
        sonarr = {shelf.entity_id("sonarr", key) for key in _KEYS}
        assert not sonarr.intersection(told)
        nas.apps["sonarr"].cpu = 9
        await clock.forward(2)
        await shelf.tick()
        assert sonarr.intersection(told) == {shelf.entity_id("sonarr", "app_cpu")}


async def test_block_devices_by_the_clock(clock: Clock, shelf: Shelf, nas: TrueNas) -> None:
    """A rate needs two messages; containers that were made anew give none once."""
    app = nas.apps["sonarr"]
    await shelf.tick()
    app.read += 30 * 1_000_000
    await clock.forward(29)
    await shelf.tick()
    # The tick comes in real time after the clock was put forward.
    assert shelf.number("sonarr", "app_block_read_rate") == pytest.approx(1000, rel=0.1)
    assert shelf.number("sonarr", "app_block_write_rate") == 0
    nas.apps.deploy(app)
    await clock.forward(29)
    await shelf.tick()
    assert shelf.value("sonarr", "app_block_read_rate") == "unknown"


async def test_a_source_that_breaks_off_is_taken_up_again(
    clock: Clock, shelf: Shelf, nas: TrueNas
) -> None:
    """The server ends it with an error when a new app comes between two of its samples."""
    ended = coordinator(shelf.entry, "app_usage").watcher
    for session in nas.sessions:
        name = 'app.stats:{"interval": 30}'
        session.tell_unsubscribed(name, CallError("EFAULT", "KeyError: 'ix-new'"))
    await until(lambda: not ended.open_count)
    await clock.forward(2)
    await until(lambda: ended.open_count)
    nas.apps["sonarr"].cpu = 63
    await shelf.tick()
    assert shelf.number("sonarr", "app_cpu") == 63
    assert shelf.value("sonarr") == "running"


@pytest.mark.parametrize("nas", [V24_04], indirect=True, ids=str)
async def test_charts_are_rarely_counted(clock: Clock, shelf: Shelf, nas: TrueNas) -> None:
    """Each message is a whole listing for the server; and it tells of no block devices."""
    nas.reset_counts()
    for _ in range(60):
        await clock.forward(10)
    assert 4 <= nas.calls["chart.release.query (statistics)"] <= 6
    assert 1 <= nas.calls["chart.release.query"] <= 2
    assert shelf.entity_id("sonarr", "app_block_read_rate") is None

"""Apps as entities and devices, in every version."""

import re
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.home_server_monitor.systems.truenas.apps import KINDS
from tests.harness import Clock, coordinator, until
from tests.lab.truenas import V24_04, V25_10, TrueNas
from tests.lab.truenas.world.apps import Release
from tests.systems.truenas.conftest import AddNas, every_version

from .conftest import ONLY_APPS, OpenShelf, Shelf

_MOST_ENABLED = 5


def lines(hass: HomeAssistant, shelf: Shelf) -> list[str]:
    """Return one line for each entity of an app: device, key, state, whether it is enabled."""
    keys = {part.key for kind in KINDS for part in kind.entities}
    devices = dr.async_get(hass)
    found = []
    for entity in er.async_entries_for_config_entry(er.async_get(hass), shelf.entry.entry_id):
        if (key := entity.unique_id.rpartition("|")[2]) not in keys:
            continue
        device = devices.async_get(entity.device_id or "")
        state = hass.states.get(entity.entity_id)
        unit = state.attributes.get("unit_of_measurement", "") if state else ""
        shown = f"{state.state} {unit}".strip() if state else "(disabled)"
        found.append(f"{device.name if device else '?'} {key}: {shown}")
    return sorted(found)


@every_version
class TestEveryVersion:
    """What is the same in all of them, and what is not."""

    async def test_typical_box(
        self, hass: HomeAssistant, shelf: Shelf, snapshot: SnapshotAssertion
    ) -> None:
        """Each app with all of its entities, after one message of statistics."""
        await shelf.tick()
        assert lines(hass, shelf) == snapshot

    async def test_each_app_is_a_device_with_its_own_page(self, shelf: Shelf) -> None:
        """The address is where people reach the server; a custom app has none."""
        plex, custom = shelf.device("plex"), shelf.device("transmission")
        assert isinstance(plex, dr.DeviceEntry)
        assert isinstance(custom, dr.DeviceEntry)
        assert plex.sw_version == "1.43.0.10389_1.1.19"
        assert plex.configuration_url == "http://127.0.0.1:32400/web"
        assert custom.configuration_url is None

    async def test_few_entities_are_enabled(self, hass: HomeAssistant, shelf: Shelf) -> None:
        """With control, and fewer without."""
        enabled = [line for line in lines(hass, shelf) if line.startswith("sonarr ")]
        assert sum("(disabled)" not in line for line in enabled) == _MOST_ENABLED

    async def test_a_crash_is_pushed(self, shelf: Shelf, nas: TrueNas) -> None:
        """Charts have no word for it: theirs goes on deploying."""
        nas.reset_counts()
        nas.apps.crash("sonarr")
        await shelf.becomes("sonarr", "deploying" if nas.version <= V24_04 else "crashed")
        assert shelf.value("sonarr", "app_power") == "on"
        assert not nas.calls["app.query"] + nas.calls["chart.release.query"]

    async def test_an_event_does_not_move_the_page(self, shelf: Shelf, nas: TrueNas) -> None:
        """Nobody asked for it, so the server does not know where it is reached."""
        nas.apps.crash("sonarr")
        await until(lambda: shelf.value("sonarr") != "running")
        device = shelf.device("sonarr")
        assert isinstance(device, dr.DeviceEntry)
        assert device.configuration_url == "http://127.0.0.1:30113"

    async def test_apps_come_and_go_while_it_runs(self, shelf: Shelf, nas: TrueNas) -> None:
        """With all that hangs on them, and back again under the same name."""
        nas.apps.add("jellyfin", Release("1.0.0", "10.11.0"))
        await until(lambda: shelf.value("jellyfin") == "running")
        await until(lambda: shelf.value("jellyfin", "app_cpu") == "unknown")
        nas.apps.remove("jellyfin")
        await until(lambda: shelf.device("jellyfin") is None)
        assert shelf.entity_id("jellyfin", "app_cpu") is None
        await until(lambda: len(coordinator(shelf.entry, "app_usage").items) == len(nas.apps.all))
        nas.apps.add("jellyfin", Release("1.0.0", "10.11.0"))
        await until(lambda: shelf.value("jellyfin", "app_cpu") == "unknown")


@every_version
async def test_without_control_nothing_acts(open_shelf: OpenShelf) -> None:
    """No switch, no button, and the update only tells."""
    shelf = await open_shelf(options={"allow_control": False})
    assert shelf.entity_id("sonarr", "app_power") is None
    assert shelf.entity_id("sonarr", "app_restart") is None
    assert shelf.state("sonarr", "app_update").state == "on"
    error = await shelf.refused("sonarr", "stop_app")
    assert error.translation_key == "control_not_allowed"


@every_version
class TestNoApps:
    """An empty list, which may mean two things."""

    async def test_there_are_none(self, nas: TrueNas, add_nas: AddNas) -> None:
        """No pool was chosen for them: no error, and no stream."""
        nas.apps.status = "UNCONFIGURED"
        entry = await add_nas(nas, options=ONLY_APPS)
        group = coordinator(entry, "apps")
        assert group.last_update_success
        assert not group.items
        assert not group.watcher.open_count

    async def test_the_service_starts(self, shelf: Shelf, nas: TrueNas) -> None:
        """It lists none meanwhile; nobody's app is taken for gone."""
        nas.apps.status = "INITIALIZING"
        await shelf.poll()
        assert shelf.device("sonarr") is not None
        assert shelf.value("sonarr") == "running"
        nas.apps.status = "RUNNING"
        await shelf.poll()
        assert coordinator(shelf.entry, "apps").last_update_success

    async def test_the_service_failed(self, clock: Clock, shelf: Shelf, nas: TrueNas) -> None:
        """What was known is shown for a moment, and then as not available; it is not removed."""
        nas.apps.status = "FAILED"
        await shelf.poll()
        await clock.forward(40)
        assert shelf.value("sonarr") == "unavailable"
        assert shelf.value("sonarr", "app_cpu") == "unavailable"
        assert shelf.device("sonarr") is not None

    async def test_the_pool_was_unset(self, shelf: Shelf, nas: TrueNas) -> None:
        """Then they are gone indeed."""
        nas.apps.status = "UNCONFIGURED"
        await shelf.poll()
        assert shelf.device("sonarr") is None


@every_version
class TestFaults:
    """One thing that goes wrong costs that thing."""

    async def test_a_malformed_app_costs_only_itself(self, shelf: Shelf, nas: TrueNas) -> None:
        """The others are read all the same."""
        nas.faults.changed(
            r"^(app|chart\.release)\.query$",
            lambda rows: [
                {key: [] for key in row} if row["name"] == "plex" else row for row in rows
            ],
        )
        nas.apps["sonarr"].state = "STOPPED"
        await shelf.poll()
        assert shelf.value("sonarr") == "stopped"
        assert shelf.device("plex") is None

    async def test_half_an_app_is_still_one(self, shelf: Shelf, nas: TrueNas) -> None:
        """What it does not tell is not known."""
        nas.faults.changed(
            r"^(app|chart\.release)\.query$",
            lambda rows: [
                {"name": row["name"], "chart_metadata": None}
                if "chart_metadata" in row
                else {"name": row["name"], "active_workloads": "none", "state": "HIBERNATING"}
                for row in rows
            ],
        )
        await shelf.poll()
        assert shelf.value("sonarr") == "other"
        assert shelf.value("sonarr", "app_update") == "unknown"

    async def test_the_right_is_missing(
        self, hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
    ) -> None:
        """No apps and no error; the right is named where people see it."""
        method = "chart.release.query" if nas.version <= V24_04 else "app.query"
        nas.faults.denied(f"^{re.escape(method)}$")
        entry = await add_nas(nas, options=ONLY_APPS)
        assert not coordinator(entry, "apps").items
        issues = ir.async_get(hass).issues.values()
        told = [str(issue.translation_placeholders) for issue in issues]
        assert any(method in text for text in told), told

    async def test_the_right_was_taken(self, shelf: Shelf, nas: TrueNas) -> None:
        """What was there is not taken for gone."""
        nas.faults.denied(r"^(app|chart\.release)\.query$")
        await shelf.poll()
        assert shelf.device("sonarr") is not None
        asked = nas.calls.total()
        await shelf.poll()
        assert nas.calls.total() == asked

    async def test_the_connection_is_lost(self, clock: Clock, shelf: Shelf, nas: TrueNas) -> None:
        """All of it comes back by itself, the streams too."""
        await nas.go_down()
        await until(lambda: not coordinator(shelf.entry, "apps").watcher.open_count)
        nas.apps["sonarr"].state = "STOPPED"
        await nas.come_up()
        for _ in range(30):
            # In leaps of a minute the server would hear nothing for too long.
            await clock.forward(10)
        await shelf.becomes("sonarr", "stopped")
        await shelf.listens()
        nas.apps.become(nas.apps["sonarr"], "RUNNING")
        await shelf.becomes("sonarr", "running")


@pytest.mark.parametrize("nas", [V25_10], indirect=True, ids=str)
async def test_a_storm_of_events_writes_only_what_changed(
    hass: HomeAssistant, shelf: Shelf, nas: TrueNas
) -> None:
    """Health checks make the server tell the same again and again."""
    told: list[str] = []

    @callback
    def write(event: Event[Any]) -> None:
        told.append(event.data["entity_id"])

    @callback
    def every(_data: Any) -> bool:
        return True

    hass.bus.async_listen(EVENT_STATE_CHANGED, write)
    hass.bus.async_listen(EVENT_STATE_REPORTED, write, event_filter=every)
    nas.reset_counts()
    for _ in range(200):
        nas.apps.tell(nas.apps["sonarr"])
    nas.apps.become(nas.apps["plex"], "STOPPED")
    await shelf.becomes("plex", "stopped")
    await hass.async_block_till_done()
    shown = {entity.partition(".")[2].partition("_")[0] for entity in told}
    assert shown & set(nas.apps.all) == {"plex"}
    assert not nas.calls["app.query"]


@pytest.mark.parametrize("nas", [V24_04], indirect=True, ids=str)
async def test_an_event_from_memory_tells_the_state_alone(shelf: Shelf, nas: TrueNas) -> None:
    """What the server knows by heart of a chart may be from before its update."""
    nas.apps["sonarr"].installed = nas.apps["sonarr"].newest
    await shelf.poll()
    assert shelf.value("sonarr", "app_update") == "off"
    old = {
        "name": "sonarr",
        "status": "STOPPED",
        "chart_metadata": {"version": "1.2.30"},
        "update_available": True,
        "human_version": "4.0.14.2939_1.2.30",
    }
    nas.emit("chart.release.query", "changed", "sonarr", old)
    await shelf.becomes("sonarr", "stopped")
    assert shelf.value("sonarr", "app_update") == "off"

"""Alerts: counted, told once, and never twice."""

from typing import Any

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.home_server_monitor.systems.paths import ROOT
from custom_components.home_server_monitor.systems.truenas.host.alerts import parse
from custom_components.home_server_monitor.systems.truenas.host.alerts.models import Level
from custom_components.home_server_monitor.systems.truenas.host.alerts.plain import plain
from tests import harness
from tests.harness import Clock
from tests.lab.truenas import TrueNas

from ..conftest import every_version
from .conftest import Box, OpenBox


async def _standing(box: Box) -> None:
    watcher = harness.coordinator(box.entry, "nas_alerts").watcher
    await harness.until(lambda: watcher.open_count)
    await box.settled()


@every_version
async def test_a_new_alert_is_told(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    fired = box.fired()
    alert = nas.host.alerts.add(
        "CRITICAL",
        "Pool <b>tank</b> state is DEGRADED:<br>One &amp; more.<br><ul><li>Disk</li></ul>",
    )
    await box.until("nas_alerts", "1")
    await harness.until(lambda: fired)
    (state,) = fired
    assert state.attributes["event_type"] == "critical"
    assert state.attributes["uuid"] == alert.uuid
    assert state.attributes["kind"] == "VolumeStatus"
    assert state.attributes["text"] == "Pool tank state is DEGRADED:\nOne & more.\n- Disk"
    assert box.value("nas_critical_alert") == "on"
    nas.host.alerts.remove(alert)
    await box.until("nas_alerts", "0")
    assert box.value("nas_critical_alert") == "off"
    assert len(fired) == 1


@pytest.mark.usefixtures("all_entities_enabled")
async def test_levels_are_counted(nas: TrueNas, open_box: OpenBox) -> None:
    for level in ("INFO", "WARNING", "WARNING", "ERROR", "EMERGENCY", "APOCALYPSE"):
        nas.host.alerts.add(level)
    nas.host.alerts.add("WARNING").dismissed = True
    box = await open_box()
    assert box.value("nas_alerts") == "6"
    counts = {level: box.value(f"nas_alerts_{level}") for level in Level if level != "other"}
    assert counts == {
        "info": "1",
        "notice": "0",
        "warning": "2",
        "error": "1",
        "critical": "0",
        "alert": "0",
        "emergency": "1",
    }
    assert box.value("nas_critical_alert") == "on"


async def test_what_was_there_at_first_is_no_news(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.alerts.add("WARNING")
    box = await open_box()
    await _standing(box)
    assert box.value("nas_alerts") == "1"
    assert box.value("nas_alert") == "unknown"


async def test_nothing_is_told_twice_after_an_outage(nas: TrueNas, box: Box, clock: Clock) -> None:
    await _standing(box)
    fired = box.fired()
    nas.host.alerts.add("WARNING")
    await harness.until(lambda: fired)
    nas.cut()
    away = nas.host.alerts.add("ERROR")
    for _ in range(3):
        await clock.forward(10)
    await box.until("nas_alerts", "2")
    told = [state.attributes["uuid"] for state in fired if "uuid" in state.attributes]
    assert told[-1] == away.uuid
    assert len(set(told)) == 2
    assert len({state.state for state in fired if state.state != "unavailable"}) == 2


async def test_what_came_while_nobody_looked_is_told_once(
    nas: TrueNas, box: Box, clock: Clock
) -> None:
    await _standing(box)
    nas.host.alerts.add("WARNING")
    await box.until("nas_alerts", "1")
    assert await box.hass.config_entries.async_unload(box.entry.entry_id)
    missed = nas.host.alerts.add("ERROR")
    assert await box.hass.config_entries.async_setup(box.entry.entry_id)
    await box.hass.async_block_till_done()
    fired = box.fired()
    await clock.forward(10)
    await harness.until(lambda: fired)
    assert [state.attributes["uuid"] for state in fired] == [missed.uuid]
    await box.hass.config_entries.async_reload(box.entry.entry_id)
    await box.hass.async_block_till_done()
    again = box.fired()
    for _ in range(3):
        await clock.forward(10)
    assert {state.attributes.get("uuid") for state in again} <= {missed.uuid, None}


async def test_a_storm_is_one_reading(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    fired = box.fired()
    asked = nas.calls["alert.list"]
    with box.written() as writes:
        for _ in range(300):
            nas.host.alerts.add("INFO")
        worst = nas.host.alerts.add("EMERGENCY")
        await box.until("nas_alerts", "301")
    assert nas.calls["alert.list"] - asked <= 2
    assert writes["sensor.truenas_alerts"] <= 2
    assert writes["binary_sensor.truenas_critical_alert"] == 1
    assert len(fired) == 20
    assert fired[0].attributes["uuid"] == worst.uuid


async def test_a_change_of_what_was_seen_is_no_event(nas: TrueNas, box: Box) -> None:
    await _standing(box)
    fired = box.fired()
    alert = nas.host.alerts.add("WARNING")
    await harness.until(lambda: fired)
    for dismissed in (True, False):
        nas.host.alerts.set_aside(alert, dismissed=dismissed)
        await box.until("nas_alerts", "0" if dismissed else "1")
    assert len(fired) == 1


# --- Actions ------------------------------------------------------------------------------------


@every_version
async def test_listing(nas: TrueNas, box: Box) -> None:
    info = nas.host.alerts.add("INFO", "Scrub finished.")
    worst = nas.host.alerts.add("ALERT")
    nas.host.alerts.set_aside(info, dismissed=True)
    answer = await box.act("list_alerts", answer=True)
    (row,) = answer["alerts"]
    assert row["uuid"] == worst.uuid
    assert row["level"] == "alert"
    assert row["raised"].startswith("20")
    answer = await box.act("list_alerts", answer=True, dismissed=True)
    assert [row["uuid"] for row in answer["alerts"]] == [worst.uuid, info.uuid]
    answer = await box.act("list_alerts", answer=True, dismissed=True, minimum_level="error")
    assert [row["uuid"] for row in answer["alerts"]] == [worst.uuid]


@every_version
async def test_dismissing_and_fetching_back(nas: TrueNas, box: Box) -> None:
    alert = nas.host.alerts.add("WARNING")
    once = nas.host.alerts.add("WARNING", one_shot=True)
    await box.act("dismiss_alert", alert=[alert.uuid, once.uuid])
    assert [one.uuid for one in nas.host.alerts.all if one.dismissed] == [alert.uuid]
    assert nas.host.alerts.find(once.uuid) is None
    await box.act("restore_alert", alert=alert.uuid)
    assert not alert.dismissed
    await box.until("nas_alerts", "1")


async def test_an_alert_that_is_not_there(nas: TrueNas, box: Box) -> None:
    alert = nas.host.alerts.add("WARNING")
    with pytest.raises(HomeAssistantError, match="no alert gone"):
        await box.act("dismiss_alert", alert=[alert.uuid, "gone"])
    assert not alert.dismissed


async def test_dismissing_needs_control(nas: TrueNas, open_box: OpenBox) -> None:
    box = await open_box(options={"allow_control": False})
    alert = nas.host.alerts.add("WARNING")
    with pytest.raises(ServiceValidationError):
        await box.act("dismiss_alert", alert=alert.uuid)
    assert (await box.act("list_alerts", answer=True))["alerts"]


async def test_anybody_may_list(box: Box) -> None:
    await box.act("list_alerts", answer=True, context=Context())


# --- Words and shapes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Nothing special.", "Nothing special."),
        ("a &lt; b &amp; c", "a < b & c"),
        ("one<br/>two<br>three", "one\ntwo\nthree"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<a href='https://x'>Open</a> it", "Open it"),
        ("<script>alert(1)</script>fine", "fine"),
        ("<style>b{}</style>fine", "fine"),
        ("  lots   of\t space ", "lots of space"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("broken <b tag", "broken"),
        ("", ""),
    ],
)
def test_plain(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    "row",
    [None, 5, "x", {}, {"uuid": None}, {"uuid": 7}, []],
)
def test_one_malformed_alert_costs_itself(row: object) -> None:
    good = {"uuid": "a", "level": "ERROR", "klass": "X", "formatted": "words"}
    alerts = parse.alerts([row, good])
    assert [alert.uuid for alert in alerts.all] == ["a"]


def test_an_alert_of_few_words() -> None:
    told: list[dict[str, Any]] = [
        {"uuid": "1", "formatted": None, "text": "Something happened to %r.", "level": None},
        {"uuid": "2", "klass": "OnlyThis", "level": "STRANGE"},
        {"uuid": "3"},
    ]
    alerts = parse.alerts(told)
    assert [alert.text for alert in alerts.all] == [
        "Something happened to %r.",
        "OnlyThis",
        "Unknown",
    ]
    assert {alert.level for alert in alerts.all} == {Level.OTHER}


def test_no_list_is_no_alert() -> None:
    assert parse.alerts(None).all == ()


async def test_without_the_right(nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.denied(r"^alert\.list$")
    box = await open_box()
    assert box.value("nas_load_1") == "0.61"
    assert box.value("nas_alerts") == "missing"
    assert harness.coordinator(box.entry, "nas_alerts").items.get(ROOT) is None

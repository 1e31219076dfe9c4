"""Updates of TrueNAS: found by asking, installed as a job, alive after a restart."""

import asyncio

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests import harness
from tests.harness import Clock
from tests.lab.truenas import V24_04, V25_04, V25_10, V26, CallError, TrueNas

from ..conftest import every_version
from .conftest import Box, OpenBox

NEWER = {"24.04": "24.04.2.5", "24.10": "24.10.2.5", "25.04": "25.04.2.7", "25.10": "25.10.6"}


def _newer(nas: TrueNas) -> str:
    return NEWER.get(nas.version.label, "26.0.1")


async def _offered(nas: TrueNas, open_box: OpenBox) -> Box:
    nas.host.updates.offer(_newer(nas))
    box = await open_box()
    await box.until("nas_update", "on")
    return box


async def _install(box: Box) -> None:
    target = {"entity_id": harness.entity_id(box.hass, box.entry, (), "nas_update")}
    await box.hass.services.async_call("update", "install", target, blocking=True)


@every_version
async def test_a_newer_version(
    nas: TrueNas, open_box: OpenBox, hass_ws_client: WebSocketGenerator
) -> None:
    box = await _offered(nas, open_box)
    shown = box.state("nas_update").attributes
    assert shown["installed_version"] == nas.version.text
    assert shown["latest_version"] == _newer(nas)
    assert shown["release_url"] == nas.host.updates.notes_url
    socket = await hass_ws_client(box.hass)
    entity_id = box.state("nas_update").entity_id
    await socket.send_json({"id": 1, "type": "update/release_notes", "entity_id": entity_id})
    assert (await socket.receive_json())["result"] == nas.host.updates.notes


@every_version
async def test_it_is_installed_and_waits(nas: TrueNas, open_box: OpenBox) -> None:
    box = await _offered(nas, open_box)
    percents: list[object] = []
    harness.coordinator(box.entry, "nas_release")
    workshop = box.entry.runtime_data.workshop
    workshop.async_on_progress((), lambda _running, percent: percents.append(percent))
    await _install(box)
    assert nas.host.updates.installed == _newer(nas)
    assert nas.host.updates.settings == {"autocheck": True, "profile": "GENERAL"}
    assert {25, 50, 90} & set(percents)
    assert not nas.host.power.asked
    await box.until("nas_restart_due", "on")
    assert box.state("nas_update").attributes["latest_version"] == _newer(nas)
    with pytest.raises(HomeAssistantError, match="waits for a restart"):
        await box.act("update_nas")


@every_version
async def test_after_the_restart_it_runs(nas: TrueNas, open_box: OpenBox, clock: Clock) -> None:
    box = await _offered(nas, open_box)
    await _install(box)
    await box.until("nas_restart_due", "on")
    await nas.reboot()
    for _ in range(6):
        await clock.forward(20)
    await box.until("nas_update", "off")
    await box.until("nas_restart_due", "off")
    assert box.state("nas_update").attributes["installed_version"] == _newer(nas)


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
@pytest.mark.parametrize("delay", [10.0, 0.0])
async def test_the_action_may_restart_at_once(
    nas: TrueNas, open_box: OpenBox, delay: float
) -> None:
    """Even where the NAS is gone before it could say that it is done."""
    box = await _offered(nas, open_box)
    nas.host.updates.reboot_delay = delay
    await box.act("update_nas", reboot=True)
    assert nas.host.power.asked == [("reboot", "System upgrade")]


@every_version
async def test_a_job_that_fails(nas: TrueNas, open_box: OpenBox) -> None:
    box = await _offered(nas, open_box)
    nas.jobs.fail(r"^update\.", CallError("EFAULT", "Checksum mismatch"))
    with pytest.raises(HomeAssistantError, match="Checksum mismatch"):
        await _install(box)
    shown = box.state("nas_update")
    assert shown.state == "on"
    assert shown.attributes["in_progress"] is False
    assert nas.host.updates.installed is None
    assert box.value("nas_restart_due") == "off"


async def test_what_the_installer_warns_of(nas: TrueNas, open_box: OpenBox) -> None:
    box = await _offered(nas, open_box)
    nas.host.updates.warning = "An unsupported change was found."
    with pytest.raises(HomeAssistantError, match="unsupported change"):
        await _install(box)
    assert nas.host.updates.installed is None


@pytest.mark.parametrize("nas", [V25_10, V26], indirect=True, ids=str)
async def test_settings_are_never_touched(nas: TrueNas, open_box: OpenBox) -> None:
    """``update.update`` installs in old versions and means settings in new ones."""
    box = await _offered(nas, open_box)
    await _install(box)
    assert nas.calls["update.run"] == 1
    assert nas.calls["update.update"] == 0


async def test_a_denied_installation_does_not_try_the_other(
    nas: TrueNas, open_box: OpenBox
) -> None:
    box = await _offered(nas, open_box)
    nas.faults.denied(r"^update\.run$")
    with pytest.raises(HomeAssistantError):
        await _install(box)
    assert nas.calls["update.update"] == 0


async def test_only_one_at_a_time(nas: TrueNas, open_box: OpenBox) -> None:
    box = await _offered(nas, open_box)
    with nas.jobs.hold(r"^update\.run$"):
        first = asyncio.create_task(_install(box))
        await harness.until(lambda: nas.calls["update.run"] == 1)
        assert box.state("nas_update").attributes["in_progress"] is True
        with pytest.raises(HomeAssistantError):
            await box.act("update_nas")
    await first
    assert nas.calls["update.run"] == 1


@every_version
async def test_nothing_newer(nas: TrueNas, box: Box) -> None:
    await box.until("nas_update", "off")
    with pytest.raises(HomeAssistantError, match="nothing newer"):
        await box.act("update_nas")
    assert not nas.jobs.named("update.run")


@every_version
async def test_a_nas_without_internet(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.updates.offline = True
    box = await open_box()
    await harness.until(lambda: nas.host.updates.checks)
    await box.hass.async_block_till_done()
    assert box.value("nas_update") in ("unknown", "missing", "unavailable")
    assert box.value("nas_load_1") == "0.61"
    nas.host.updates.offline = False


async def test_it_is_looked_for_every_six_hours(nas: TrueNas, box: Box, clock: Clock) -> None:
    await box.until("nas_update", "off")
    checks = nas.host.updates.checks
    for _ in range(11):
        await clock.forward(1800)
        await box.refresh("nas_release")
    assert nas.host.updates.checks == checks
    await clock.forward(3600)
    await box.refresh("nas_release")
    assert nas.host.updates.checks == checks + 1


@pytest.mark.parametrize("nas", [V25_04, V25_10, V26], indirect=True, ids=str)
async def test_other_reasons_to_restart(nas: TrueNas, box: Box) -> None:
    await box.until("nas_restart_due", "off")
    nas.host.power.reasons["FIPS"] = "FIPS configuration was changed."
    await box.refresh("nas_release")
    assert box.value("nas_restart_due") == "on"


async def test_only_administrators_update(
    nas: TrueNas, open_box: OpenBox, hass_read_only_user: MockUser
) -> None:
    box = await _offered(nas, open_box)
    with pytest.raises(Unauthorized):
        await box.act("update_nas", context=Context(user_id=hass_read_only_user.id))
    assert not nas.calls["update.run"]


async def test_a_reading_key_sees_but_does_not_install(nas: TrueNas, open_box: OpenBox) -> None:
    nas.host.updates.offer(_newer(nas))
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    box = await open_box(username="ha", api_key=key.text)
    await box.until("nas_update", "on")
    with pytest.raises(HomeAssistantError):
        await _install(box)


async def test_denied(hass: HomeAssistant, nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.denied(r"^update\.status$")
    nas.faults.missing(r"^update\.check_available$")
    box = await open_box()
    await box.until("nas_restart_due", "off")
    assert box.value("nas_update") == "unknown"

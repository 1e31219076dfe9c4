"""Restarting and shutting down, in each version's own words."""

from typing import Any
from unittest.mock import PropertyMock, patch

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from tests import harness
from tests.harness import Clock
from tests.lab.truenas import V24_10, TrueNas

from ..conftest import every_version
from .conftest import Box, OpenBox


def _reason(nas: TrueNas, reason: str) -> str:
    return "" if nas.version.line <= V24_10.line else reason


@every_version
async def test_restarting(nas: TrueNas, box: Box, clock: Clock) -> None:
    """It is asked for in the version's words, and the entry comes back by itself."""
    booted = nas.boot_id
    await box.act("reboot_nas", reason="New memory", delay=1)
    await clock.forward(2)
    await harness.until(lambda: nas.boot_id != booted)
    assert nas.host.power.asked == [("reboot", _reason(nas, "New memory"))]
    await harness.until(lambda: nas.state == "READY")
    for _ in range(6):
        await clock.forward(20)
    await box.until("nas_load_1", "0.61")
    await box.until("nas_cpu", "7")
    await box.tick()


@every_version
async def test_shutting_down(nas: TrueNas, box: Box, clock: Clock) -> None:
    await box.act("shutdown_nas")
    await harness.until(lambda: nas.state == "SHUTTING_DOWN")
    assert nas.host.power.asked == [("shutdown", _reason(nas, "Home Assistant"))]
    for _ in range(5):
        await clock.forward(20)
    assert box.value("nas_load_1") == STATE_UNAVAILABLE
    assert box.value("nas_cpu") == STATE_UNAVAILABLE


@every_version
@pytest.mark.parametrize(("key", "how"), [("nas_reboot", "reboot"), ("nas_shutdown", "shutdown")])
async def test_the_buttons(nas: TrueNas, open_box: OpenBox, key: str, how: str) -> None:
    enabled = patch.object(
        Entity, "entity_registry_enabled_default", new_callable=PropertyMock, return_value=True
    )
    with enabled:
        box = await open_box()
    await box.press(key)
    await harness.until(lambda: nas.host.power.asked)
    assert nas.host.power.asked == [(how, _reason(nas, "Home Assistant"))]


@pytest.mark.parametrize("action", ["reboot_nas", "shutdown_nas"])
async def test_only_administrators(
    nas: TrueNas, box: Box, hass_read_only_user: MockUser, action: str
) -> None:
    with pytest.raises(Unauthorized):
        await box.act(action, context=Context(user_id=hass_read_only_user.id))
    assert not nas.host.power.asked


@pytest.mark.parametrize("action", ["reboot_nas", "shutdown_nas"])
async def test_only_where_control_is_allowed(nas: TrueNas, open_box: OpenBox, action: str) -> None:
    box = await open_box(options={"allow_control": False})
    with pytest.raises(ServiceValidationError):
        await box.act(action)
    assert not nas.host.power.asked


@every_version
async def test_a_key_that_may_not(nas: TrueNas, open_box: OpenBox) -> None:
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    box = await open_box(username="ha", api_key=key.text)
    with pytest.raises(HomeAssistantError):
        await box.act("reboot_nas")
    assert not nas.host.power.asked
    assert nas.state == "READY"


@pytest.mark.parametrize("data", [{"reason": ""}, {"delay": -1}, {"delay": 1e9}, {"force": True}])
async def test_what_makes_no_sense(nas: TrueNas, box: Box, data: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        await box.act("reboot_nas", **data)
    assert not nas.host.power.asked

"""The alert on its way to a phone: Home Assistant itself names the phone's notify action."""

from typing import Any, override

from homeassistant.components.notify.legacy import BaseNotificationService
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import harness
from tests.conftest import SetUp
from tests.lab.docker import SimulatedEngine

from .conftest import ALERT, Automate, connect


class _Phones(BaseNotificationService):
    """What the companion app's integration registers: a target for each phone, by its name."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.sent: list[tuple[str, dict[str, Any]]] = []

    @property
    @override
    def targets(self) -> dict[str, Any]:
        return {name: f"webhook of {name}" for name in self._names}

    @override
    async def async_send_message(self, message: str, **kwargs: Any) -> None:
        self.sent.append((message, kwargs))


@pytest.mark.parametrize("name", ["Pixel 9", "Anna's iPhone (work)", "Handy von Jürgen", "ØL-2"])
async def test_the_phone_that_was_chosen_gets_message_and_answer(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    automate: Automate,
    name: str,
) -> None:
    phones = _Phones(name, "Another phone")
    await phones.async_setup(hass, "notify", "mobile_app")
    await phones.async_register_services()
    entry = MockConfigEntry(domain="mobile_app", title=name)
    entry.add_to_hass(hass)
    registry = dr.async_get(hass)
    device = registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", "one")}, name=name
    )
    # What a person calls it is of no matter to the name of its notify action.
    registry.async_update_device(device.id, name_by_user="My phone")

    docker_engine.add("web")
    docker = await connect(hass, set_up, docker_engine.url)
    await automate(
        ALERT, containers=docker.targets("web"), wait={"seconds": 0.3}, phones=[device.id]
    )
    docker_engine.die("web", 1)
    await harness.until(lambda: phones.sent)
    _, told = phones.sent[0]
    assert told["title"] == "web died"
    assert told["target"] == [f"webhook of {name}"]
    buttons = {one["title"]: one["action"] for one in told["data"]["actions"]}
    assert list(buttons) == ["Restart", "Show log"]

    hass.bus.async_fire("mobile_app_notification_action", {"action": buttons["Restart"]})
    await harness.until(lambda: len(phones.sent) == 2)
    message, answer = phones.sent[1]
    assert message == "Was restarted."
    assert answer["target"] == [f"webhook of {name}"]
    assert docker_engine.find("web").running

"""What is wrong with a server is told when it begins and when it is over."""

from collections.abc import AsyncGenerator

from homeassistant.core import HomeAssistant, ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from tests import harness
from tests.conftest import SetUp
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.pools import MEDIA

from .conftest import Automate, Phone, settled

PROBLEM = "server_problem.yaml"
WAIT = {"seconds": 0.3}
MEDIA_PATH = (f"pool:{MEDIA}",)
TELL = [{"action": "test.tell", "data": {"text": "{{ title }}. {{ message }}"}}]


@pytest.fixture
async def entry(
    hass: HomeAssistant, nas: TrueNas, set_up: SetUp
) -> AsyncGenerator[MockConfigEntry]:
    entry = await set_up("truenas", url=nas.url, api_key=nas.api_key, verify_ssl=False)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def told(hass: HomeAssistant) -> list[ServiceCall]:
    calls: list[ServiceCall] = async_mock_service(hass, "test", "tell")
    return calls


async def _read(hass: HomeAssistant, entry: MockConfigEntry, state: str) -> None:
    await harness.coordinator(entry, "pools").async_refresh()
    assert harness.value(hass, entry, MEDIA_PATH, "pool_problem") == state


@pytest.mark.parametrize("tell_end", [True, False])
async def test_told_when_it_begins_and_ends(
    hass: HomeAssistant,
    nas: TrueNas,
    entry: MockConfigEntry,
    automate: Automate,
    phone: Phone,
    told: list[ServiceCall],
    tell_end: bool,
) -> None:
    problem = harness.entity_id(hass, entry, MEDIA_PATH, "pool_problem")
    await automate(
        PROBLEM,
        problems=[problem],
        wait=WAIT,
        tell_end=tell_end,
        phones=[phone.device_id],
        actions=TELL,
    )
    nas.pools.take_offline("media")
    await _read(hass, entry, "on")
    first = await phone.gets(1)
    assert first.data["title"] == "media: problem"
    assert "Part of truenas." in first.data["message"]
    assert told[0].data["text"].startswith("media: problem. It began ")

    nas.pools.bring_online("media")
    await _read(hass, entry, "off")
    if not tell_end:
        await phone.gets_nothing_more(1)
        return
    second = await phone.gets(2)
    assert second.data["title"] == "media: problem is over"
    assert second.data["data"]["tag"] == first.data["data"]["tag"]


async def test_what_is_soon_over_is_not_told(
    hass: HomeAssistant, nas: TrueNas, entry: MockConfigEntry, automate: Automate, phone: Phone
) -> None:
    problem = harness.entity_id(hass, entry, MEDIA_PATH, "pool_problem")
    await automate(PROBLEM, problems=[problem], wait={"minutes": 5}, phones=[phone.device_id])
    nas.pools.take_offline("media")
    await _read(hass, entry, "on")
    nas.pools.bring_online("media")
    await _read(hass, entry, "off")
    await settled(hass)
    assert phone.messages == []

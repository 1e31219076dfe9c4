"""Images of a registry that wants a login: found, pulled and taken back with what the options say."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.harness import container, value
from tests.lab.portainer import Portainer
from tests.lab.real import RealEngine, RealRegistry

from .conftest import GOOD, Home, Shop, ask

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

PASSWORD = "a>b?c~d ü"  # what the alphabets of base64 differ in


@pytest.fixture
async def private(real_docker: RealEngine, socket_enabled: None) -> AsyncGenerator[Shop]:
    """Give a shop whose registry serves nobody but ``me``, with a container of the old image."""
    with RealRegistry(login=("me", PASSWORD)) as registry:
        shop = Shop(real_docker, registry)
        await ask(shop.publish, GOOD)
        await ask(shop.run, "app")
        await ask(shop.publish, f"{GOOD}\nENV NEW=1")
        yield shop
        await ask(real_docker.reset)
        for image in shop.images:
            await ask(real_docker.request, "DELETE", f"/images/{image}?force=1")


@pytest.fixture
async def quiet_end(hass: HomeAssistant) -> AsyncGenerator[None]:
    """Let go of the servers before they go."""
    yield
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


def _login(shop: Shop, password: str = PASSWORD) -> dict[str, Any]:
    login = {"registry": shop.registry.host, "username": "me", "password": password}
    return {"registries": [login], "include": ["updates"]}


async def _verdict(home: Home) -> str:
    for _ in range(2):
        await home.entry.runtime_data.coordinators["updates"].async_refresh()
        await home.hass.async_block_till_done()
    return value(home.hass, home.entry, container("app"), "container_update_state")


@pytest.mark.usefixtures("all_entities_enabled", "quiet_end", "hass_storage")
async def test_with_a_login(hass: HomeAssistant, private: Shop, set_up: SetUp) -> None:
    home = Home(hass, await set_up("docker", url=private.engine.tcp_url, options=_login(private)))
    assert await _verdict(home) == "update_available"
    result = await home.update("app", keep_images=0)
    assert (result["outcome"], result["new_image_id"]) == ("updated", private.images[1])
    assert await _verdict(home) == "up_to_date"
    # The image before was not kept: it is pulled again, by its digest.
    back = await home.act("rollback_container", "app", timeout=5, settle=0)
    assert (back["outcome"], back["new_image_id"]) == ("updated", private.images[0])
    assert "a>b" not in str(home.entry.runtime_data.workshop.journal.history(container("app")))


@pytest.mark.parametrize("options", [{"include": ["updates"]}, None], ids=["none", "wrong"])
@pytest.mark.usefixtures("all_entities_enabled", "quiet_end", "hass_storage")
async def test_without_a_good_login(
    hass: HomeAssistant, private: Shop, set_up: SetUp, options: dict[str, Any] | None
) -> None:
    """It is said, and nothing is touched."""
    options = options or _login(private, "wrong>password")
    home = Home(hass, await set_up("docker", url=private.engine.tcp_url, options=options))
    assert await _verdict(home) == "refused"
    before = await ask(private.engine.inspect, "app")
    with pytest.raises(HomeAssistantError) as raised:
        await home.update("app")
    assert "wrong>" not in str(raised.value.translation_placeholders)
    after = await ask(private.engine.inspect, "app")
    assert (after["Id"], after["State"]) == (before["Id"], before["State"])
    assert home.open_records == []


@pytest.mark.usefixtures("all_entities_enabled", "quiet_end", "hass_storage")
async def test_the_engine_asks_with_the_login(
    hass: HomeAssistant, private: Shop, set_up: SetUp
) -> None:
    """Behind Portainer 127.0.0.1 is the engine's to ask."""
    async with Portainer() as front:
        number = front.add_environment("local", private.engine.url).id
        entry = await set_up(
            "portainer", url=front.url, token=front.api_key, options=_login(private)
        )
        for _ in range(2):
            await entry.runtime_data.coordinators["updates"].async_refresh()
            await hass.async_block_till_done()
        path = container("app", (f"environment:{number}",))
        assert value(hass, entry, path, "container_update_state") == "update_available"
        await hass.config_entries.async_unload(entry.entry_id)

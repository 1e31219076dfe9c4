"""The update entity: what is offered, what is new in it, and how it is brought."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.harness import sentence, until
from tests.lab.truenas import V24_04, V24_10, V26, CallError, TrueNas
from tests.systems.truenas.conftest import every_version

from .conftest import Shelf

type Socket = Callable[..., Awaitable[Any]]


def versions(shelf: Shelf, name: str) -> tuple[str, str]:
    """Return what is shown as installed and as newest."""
    shown = shelf.state(name, "app_update").attributes
    return shown["installed_version"], shown["latest_version"]


async def notes(hass: HomeAssistant, client: Any, shelf: Shelf, name: str) -> Any:
    """Ask for the release notes as the page of the update does."""
    await client.send_json_auto_id(
        {"type": "update/release_notes", "entity_id": shelf.entity_id(name, "app_update")}
    )
    return (await client.receive_json())["result"]


@every_version
class TestEveryVersion:
    """The same in all of them, however little their lists tell."""

    async def test_people_see_their_own_versions(self, shelf: Shelf) -> None:
        """The app's version and the catalogue's in one, of both."""
        await until(
            lambda: versions(shelf, "sonarr") == ("4.0.14.2939_1.2.30", "4.0.15.2941_1.2.31")
        )
        assert shelf.value("sonarr", "app_update") == "on"
        assert shelf.value("plex", "app_update") == "off"

    async def test_newer_images_are_told(self, shelf: Shelf, nas: TrueNas) -> None:
        """A custom app keeps its version; pulling makes its containers anew."""
        installed, latest = versions(shelf, "transmission")
        assert (installed, latest) == ("1.0.0_1.0.0", "1.0.0_1.0.0 (newer images)")
        await shelf.do("transmission", "app_update", "install")
        await shelf.becomes("transmission", "off", "app_update")
        assert not nas.apps["transmission"].outdated
        assert nas.apps["transmission"].made == 2

    async def test_what_is_new_is_asked_for_when_wanted(
        self, hass: HomeAssistant, hass_ws_client: Socket, shelf: Shelf, nas: TrueNas
    ) -> None:
        """The changelog, or the images; nothing before somebody looks."""
        client = await hass_ws_client(hass)
        nas.reset_counts()
        await shelf.poll()
        assert nas.calls["app.upgrade_summary"] == nas.calls["chart.release.upgrade_summary"] == 0
        assert await notes(hass, client, shelf, "sonarr") == "### Fixed\n- Imports of specials"
        images = await notes(hass, client, shelf, "transmission")
        assert images == "- `lscr.io/linuxserver/transmission:latest`"
        assert await notes(hass, client, shelf, "plex") is None

    async def test_progress_of_the_job(self, shelf: Shelf, nas: TrueNas) -> None:
        """While it runs, and none afterwards."""
        seen: list[Any] = []
        pattern = r"\.upgrade$"
        with nas.jobs.hold(pattern):
            updating = asyncio.create_task(shelf.do("sonarr", "app_update", "install"))
            await until(lambda: nas.jobs.all)
            (job,) = nas.jobs.all.values()
            await job.progress(40, "Pulling")
            await until(
                lambda: shelf.state("sonarr", "app_update").attributes["update_percentage"] == 40
            )
            seen.append(shelf.state("sonarr", "app_update").attributes["in_progress"])
        await updating
        assert seen == [True]
        await shelf.becomes("sonarr", "off", "app_update")
        shown = shelf.state("sonarr", "app_update").attributes
        assert (shown["in_progress"], shown["update_percentage"]) == (False, None)
        assert versions(shelf, "sonarr") == ("4.0.15.2941_1.2.31", "4.0.15.2941_1.2.31")
        assert nas.apps["sonarr"].installed.version == "1.2.31"

    async def test_a_failed_update_says_why(
        self, hass: HomeAssistant, shelf: Shelf, nas: TrueNas
    ) -> None:
        """In a sentence with the job's own reason; the progress is cleared, the offer stays."""
        reason = "Failed 'up' action for 'sonarr' app: no such image"
        nas.jobs.fail(r"\.upgrade$", CallError("EFAULT", reason))
        with pytest.raises(HomeAssistantError) as raised:
            await shelf.do("sonarr", "app_update", "install")
        error = raised.value
        told = await sentence(
            hass,
            "exceptions",
            f"exceptions.{error.translation_key}.message",
            error.translation_placeholders,
        )
        assert reason in told
        shown = shelf.state("sonarr", "app_update").attributes
        assert (shown["in_progress"], shown["update_percentage"]) == (False, None)
        assert shelf.value("sonarr", "app_update") == "on"

    async def test_a_stopped_app_is_not_updated(self, shelf: Shelf, nas: TrueNas) -> None:
        """The server says so; charts do not mind."""
        nas.apps.offer("nextcloud", "2.0.34", "31.0.10")
        await shelf.poll()
        if nas.version <= V24_04:
            return
        with pytest.raises(HomeAssistantError) as raised:
            await shelf.do("nextcloud", "app_update", "install")
        assert "must not be in stopped state" in str(raised.value.translation_placeholders)

    async def test_the_newest_is_named_once(self, shelf: Shelf, nas: TrueNas) -> None:
        """For each newer version there is one question at most, however often it is read."""
        nas.reset_counts()
        nas.apps.offer("radarr", "1.2.28", "5.27.0")
        for _ in range(3):
            await shelf.poll()
        assert versions(shelf, "radarr")[1] == "5.27.0_1.2.28"
        asked = nas.calls["app.upgrade_summary"] + nas.calls["chart.release.upgrade_summary"]
        assert asked == (0 if nas.version <= V24_04 or nas.version >= V26 else 1)


@pytest.mark.parametrize("nas", [V24_10], indirect=True, ids=str)
async def test_a_name_that_is_not_to_be_had(shelf: Shelf, nas: TrueNas) -> None:
    """The catalogue's version has to do, and nobody asks again and again."""
    nas.faults.error("EFAULT", r"^app\.upgrade_summary$")
    nas.apps.offer("radarr", "1.2.28", "5.27.0")
    nas.reset_counts()
    for _ in range(3):
        await shelf.poll()
    assert versions(shelf, "radarr")[1] == "1.2.28"
    assert nas.calls["app.upgrade_summary"] == 1

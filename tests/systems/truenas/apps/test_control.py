"""What is done to apps has its effect on the server, and is read back."""

import asyncio

from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.harness import until
from tests.lab.truenas import V24_04, CallError, TrueNas
from tests.systems.truenas.conftest import every_version

from .conftest import OpenShelf, Shelf


def method(nas: TrueNas, docker: str, chart: str) -> str:
    """Return the pattern of the method that this version has for something."""
    return f"^{chart if nas.version <= V24_04 else docker}$".replace(".", r"\.")


@every_version
class TestEveryVersion:
    """By the same switch, buttons and actions."""

    @pytest.mark.parametrize("by_action", [False, True])
    async def test_stop_and_start(self, shelf: Shelf, nas: TrueNas, by_action: bool) -> None:
        """The switch and the actions do the same."""

        async def do(service: str, action: str) -> None:
            if by_action:
                await shelf.act("sonarr", action)
            else:
                await shelf.do("sonarr", "app_power", service)

        await do("turn_off", "stop_app")
        assert nas.apps["sonarr"].state == "STOPPED"
        await shelf.becomes("sonarr", "stopped")
        assert shelf.value("sonarr", "app_power") == "off"
        await do("turn_on", "start_app")
        assert nas.apps["sonarr"].state == "RUNNING"
        await shelf.becomes("sonarr", "running")
        assert shelf.value("sonarr", "app_power") == "on"
        assert nas.apps["plex"].made == 1

    @pytest.mark.usefixtures("all_entities_enabled")
    async def test_restart_and_redeploy(self, shelf: Shelf, nas: TrueNas) -> None:
        """Each makes the containers anew; a stopped app offers neither."""
        await shelf.do("sonarr", "app_restart", "press")
        assert nas.apps["sonarr"].made == 2
        await shelf.do("sonarr", "app_redeploy", "press")
        await shelf.act("sonarr", "restart_app")
        await shelf.act("sonarr", "redeploy_app")
        assert nas.apps["sonarr"].made == 5
        await shelf.becomes("sonarr", "running")
        assert shelf.value("nextcloud", "app_restart") == "unavailable"
        assert shelf.value("nextcloud", "app_redeploy") == "unavailable"

    async def test_what_failed_says_why(self, shelf: Shelf, nas: TrueNas) -> None:
        """With the server's own reason."""
        nas.jobs.fail(
            method(nas, "app.stop", "chart.release.scale"),
            CallError("EFAULT", "network plex_default has active endpoints"),
        )
        with pytest.raises(HomeAssistantError) as raised:
            await shelf.do("sonarr", "app_power", "turn_off")
        assert raised.value.translation_key == "rejected"
        assert "active endpoints" in str(raised.value.translation_placeholders)
        assert shelf.value("sonarr", "app_power") == "on"

    async def test_one_thing_at_a_time_for_each_app(self, shelf: Shelf, nas: TrueNas) -> None:
        """Whoever comes second is told; another app is not concerned."""
        pattern = method(nas, "app.stop", "chart.release.scale")
        with nas.jobs.hold(pattern):
            stopping = asyncio.create_task(shelf.do("sonarr", "app_power", "turn_off"))
            await until(lambda: nas.jobs.all)
            assert (await shelf.refused("sonarr", "restart_app")).translation_key == "busy"
            assert (await shelf.refused("sonarr", "stop_app")).translation_key == "busy"
            with pytest.raises(HomeAssistantError):
                await shelf.do("sonarr", "app_update", "install")
            assert len(nas.jobs.all) == 1
            await shelf.act("radarr", "redeploy_app")
        await stopping
        await shelf.act("sonarr", "start_app")
        assert nas.apps["sonarr"].state == "RUNNING"

    async def test_a_key_that_may_only_read(self, open_shelf: OpenShelf, nas: TrueNas) -> None:
        """It shows everything; what is done is refused, with the name of the right."""
        key = nas.keys.add("reader", {"READONLY_ADMIN"})
        # 24.04 looks for the right to follow statistics at an interval, and no role has that.
        groups = ("apps",) if nas.version <= V24_04 else ("apps", "app_usage")
        shelf = await open_shelf(groups, username=key.username, api_key=key.text)
        assert shelf.value("sonarr") == "running"
        error = await shelf.refused("sonarr", "stop_app")
        assert error.translation_key == "missing_right"
        stop = "chart.release.scale" if nas.version <= V24_04 else "app.stop"
        assert stop in str(error.translation_placeholders)
        with pytest.raises(HomeAssistantError) as raised:
            await shelf.do("sonarr", "app_power", "turn_off")
        assert raised.value.translation_key == "missing_right"
        assert nas.apps["sonarr"].state == "RUNNING"


@every_version
class TestRollback:
    """Back to an earlier version."""

    async def test_versions_are_listed(self, shelf: Shelf, nas: TrueNas) -> None:
        """Those to go back to, and newer ones."""
        answer = await shelf.act("sonarr", "list_app_versions", response=True)
        assert answer["installed"]["version"] == "1.2.30"
        assert [one["version"] for one in answer["rollback"]] == ["1.2.29"]
        assert answer["upgrade"] == [{"version": "1.2.31", "human_version": "4.0.15.2941_1.2.31"}]
        answer = await shelf.act("plex", "list_app_versions", response=True)
        assert answer["rollback"] == answer["upgrade"] == []
        assert not nas.jobs.all

    @pytest.mark.parametrize("snapshot", [True, False])
    async def test_back_with_and_without_data(
        self, shelf: Shelf, nas: TrueNas, snapshot: bool
    ) -> None:
        """The data of the app's own volumes go along where that is wanted."""
        answer = await shelf.act(
            "sonarr", "rollback_app", response=True, version="1.2.29", rollback_snapshot=snapshot
        )
        assert answer["version"] == "1.2.29"
        assert answer["from_version"] == "1.2.30"
        assert nas.apps["sonarr"].installed.version == "1.2.29"
        assert nas.apps["sonarr"].data == ("old" if snapshot else "new")
        await until(
            lambda: (
                shelf.state("sonarr", "app_update")
                .attributes["installed_version"]
                .endswith("_1.2.29")
            )
        )
        assert shelf.state("sonarr", "app_update").attributes["in_progress"] is False

    async def test_there_and_back_again(self, shelf: Shelf, nas: TrueNas) -> None:
        """After an update its forerunner can be named as people see it."""
        await shelf.do("sonarr", "app_update", "install")
        assert nas.apps["sonarr"].installed.version == "1.2.31"
        await shelf.act("sonarr", "rollback_app", version="4.0.14.2939_1.2.30")
        assert nas.apps["sonarr"].installed.version == "1.2.30"

    async def test_unknown_versions_are_refused(self, shelf: Shelf, nas: TrueNas) -> None:
        """Before anything is touched, and with what there is."""
        error = await shelf.refused("sonarr", "rollback_app", version="0.9")
        assert error.translation_key == "refused_unknown_app_version"
        assert error.translation_placeholders == {
            "name": "sonarr",
            "version": "0.9",
            "versions": "1.2.29",
        }
        error = await shelf.refused("plex", "rollback_app", version="1.0")
        assert error.translation_key == "refused_no_app_versions"
        assert not nas.jobs.all

    async def test_a_rollback_that_fails(self, shelf: Shelf, nas: TrueNas) -> None:
        """It says why, and the app may be worked on again."""
        pattern = method(nas, "app.rollback", "chart.release.rollback")
        nas.jobs.fail(pattern, CallError("EFAULT", "no space left on device"), count=1)
        error = await shelf.refused("sonarr", "rollback_app", version="1.2.29")
        assert "no space left" in str(error.translation_placeholders)
        assert shelf.state("sonarr", "app_update").attributes["in_progress"] is False
        await shelf.act("sonarr", "rollback_app", version="1.2.29")
        assert nas.apps["sonarr"].installed.version == "1.2.29"

"""From the server's JSON to apps and what they use, without a server."""

from typing import Any

import pytest

from custom_components.home_server_monitor.systems.errors import BadAnswer
from custom_components.home_server_monitor.systems.truenas.apps import parse
from custom_components.home_server_monitor.systems.truenas.apps.models import (
    App,
    AppState,
    AppUsage,
)

HOST = "nas.local"
PLEX = parse.app_path("plex")


def read(**fields: Any) -> App:
    """Parse one Docker app."""
    app = parse.app({"name": "plex", "state": "RUNNING", **fields}, HOST)
    assert app is not None
    return app


def chart(**fields: Any) -> App:
    """Parse one chart."""
    row = {"name": "plex", "status": "ACTIVE", "chart_metadata": {"version": "1.0.0"}, **fields}
    app = parse.app(row, HOST)
    assert app is not None
    return app


class TestApp:
    """The list."""

    def test_one_malformed_app_costs_only_itself(self) -> None:
        """What has no name cannot be told from others; what lacks the rest is still there."""
        found = parse.apps([None, 7, {}, {"name": ""}, {"name": "plex", "portals": []}], HOST)
        assert [app.name for app in found] == ["plex"]
        assert found[0].state is AppState.OTHER
        assert found[0].installed is None

    def test_what_is_no_list_is_a_bad_answer(self) -> None:
        """It says nothing of which apps there are."""
        with pytest.raises(BadAnswer):
            parse.apps({"plex": {}}, HOST)

    @pytest.mark.parametrize("word", ["RUNNING", "STOPPED", "DEPLOYING", "STOPPING", "CRASHED"])
    def test_known_states(self, word: str) -> None:
        """Each of the server's words has one of ours."""
        assert read(state=word).state == word.lower()

    @pytest.mark.parametrize("word", ["HIBERNATING", None, 3])
    def test_an_unknown_state_is_other(self, word: object) -> None:
        """A newer version may have more words."""
        assert read(state=word).state is AppState.OTHER

    def test_a_chart_that_is_active_runs(self) -> None:
        """24.04 has a word of its own for it."""
        assert chart().state is AppState.RUNNING
        assert chart(status="DEPLOYING").state is AppState.DEPLOYING


class TestPortal:
    """The address of the app's own page."""

    @pytest.mark.parametrize(
        ("portals", "expected"),
        [
            ({"Web UI": "http://192.0.2.4:8080/web"}, "http://192.0.2.4:8080/web"),
            ({"Web UI": "http://0.0.0.0:8080"}, f"http://{HOST}:8080"),
            ({"Web UI": "https://[::]:8443/x"}, f"https://{HOST}:8443/x"),
            ({"Admin": "http://a/1", "Web UI": "http://a/2"}, "http://a/2"),
            ({"web_portal": ["http://0.0.0.0:9000/"]}, f"http://{HOST}:9000/"),
            ({"A": "ftp://files", "B": "http://a:1"}, "http://a:1"),
            ({"Web UI": "http://a:99999"}, None),
            ({"Web UI": "http://[broken"}, None),
            ({"Web UI": None}, None),
            ({}, None),
        ],
    )
    def test_portal(self, portals: dict[str, Any], expected: str | None) -> None:
        """Only what a browser can open, and where people reach the server."""
        assert read(portals=portals).portal == expected


class TestVersions:
    """What is installed and what could be."""

    def test_26_names_the_newest_for_people(self) -> None:
        """Its list tells both parts."""
        app = read(
            version="1.0.1",
            human_version="4.0_1.0.1",
            upgrade_available=True,
            latest_version="1.0.2",
            latest_app_version="4.1",
        )
        assert (app.installed, app.latest) == ("4.0_1.0.1", "4.1_1.0.2")
        assert not app.lacks_summary

    def test_before_26_the_name_is_to_be_asked_for(self) -> None:
        """Until then the catalogue's version has to do."""
        app = read(version="1.0.1", upgrade_available=True, latest_version="1.0.2")
        assert app.lacks_summary
        assert app.latest == "1.0.2"

    def test_without_upgrade_the_newest_is_installed(self) -> None:
        """Though the catalogue should tell another."""
        app = read(version="1.0.1", human_version="4.0_1.0.1", latest_version="1.0.2")
        assert app.latest == app.installed == "4.0_1.0.1"

    def test_a_custom_app_has_newer_images_only(self) -> None:
        """Its version never changes."""
        app = read(
            version="1.0.0",
            custom_app=True,
            upgrade_available=True,
            latest_version="1.0.0",
            image_updates_available=True,
        )
        assert app.latest == "1.0.0 (newer images)"
        assert not app.lacks_summary

    def test_a_converted_app_is_offered_newer_images(self) -> None:
        """It counts as upgradable though its version is the newest (``ix-app``)."""
        app = read(version="1.3.4", upgrade_available=True, latest_version="1.3.4")
        assert app.has_newer_images
        assert not app.has_newer_version

    def test_history_of_a_chart(self) -> None:
        """The newest first; what is installed is nothing to go back to."""
        answer = [
            {
                "chart_metadata": {"version": "1.3.0"},
                "history": {
                    "1.2.9": {"human_version": "4.0_1.2.9"},
                    "1.2.10": {},
                    "1.3.0": {"human_version": "4.2_1.3.0"},
                },
            }
        ]
        versions = parse.chart_history(answer)
        assert versions.back == (("1.2.10", "1.2.10"), ("1.2.9", "4.0_1.2.9"))


def use(before: AppUsage, at: float, **fields: Any) -> AppUsage:
    """Parse one message about plex."""
    row = {
        "app_name": "plex",
        "cpu_usage": 5,
        "memory": 1000,
        "networks": [{"interface_name": "eth0", "rx_bytes": 10, "tx_bytes": 20}],
        "blkio": {"read": 1000, "write": 0},
        **fields,
    }
    return parse.usages([row], {PLEX: before}, at)[PLEX]


NEW = AppUsage(chart=False)


class TestUsage:
    """What apps use."""

    def test_rates_of_block_devices_come_from_two_messages(self) -> None:
        """The first knows none."""
        first = use(NEW, 100.0)
        assert first.block_read_rate is None
        second = use(first, 110.0, blkio={"read": 6000, "write": 500})
        assert (second.block_read_rate, second.block_write_rate) == (500.0, 50.0)

    def test_a_counter_that_begins_anew_gives_no_rate_once(self) -> None:
        """The app's containers were made anew; the other counter goes on."""
        first = use(NEW, 100.0, blkio={"read": 9000, "write": 0})
        second = use(first, 110.0, blkio={"read": 100, "write": 100})
        assert second.block_read_rate is None
        assert second.block_write_rate == 10.0
        third = use(second, 120.0, blkio={"read": 1100, "write": 100})
        assert third.block_read_rate == 100.0

    def test_networks_are_summed_and_never_negative(self) -> None:
        """A container that was restarted is told as less than nothing."""
        networks = [
            {"interface_name": "eth0", "rx_bytes": 1000, "tx_bytes": -70_000},
            {"interface_name": "eth1", "rx_bytes": 500, "tx_bytes": 30},
            {"interface_name": "eth2"},
        ]
        usage = use(NEW, 1.0, networks=networks)
        assert (usage.network_receive_rate, usage.network_send_rate) == (1500, 30)

    def test_an_app_in_the_network_of_the_host_has_no_rate(self) -> None:
        """The server does not count it; that is not the same as none."""
        usage = use(NEW, 1.0, networks=[])
        assert usage.network_receive_rate is None
        assert usage.cpu == 5

    def test_a_stopped_app_uses_nothing(self) -> None:
        """It is told with zeros and no network."""
        usage = use(NEW, 1.0, cpu_usage=0, memory=0, networks=[], blkio={"read": 0, "write": 0})
        assert (usage.cpu, usage.memory, usage.network_send_rate) == (0, 0, 0)
        assert (usage.block_read_rate, usage.block_write_rate) == (0, 0)

    def test_messages_in_a_burst_make_no_rate(self) -> None:
        """After a stall several come at once; only the first counts."""
        first = use(NEW, 100.0)
        assert parse.usages([{"app_name": "plex"}], {PLEX: first}, 100.2) == {}

    def test_strangers_and_rubbish_are_left_out(self) -> None:
        """As is what is no list at all."""
        rows = [None, "plex", {"app_name": "sonarr", "cpu_usage": 3}, {}]
        assert parse.usages(rows, {PLEX: NEW}, 1.0) == {}
        assert parse.usages({"plex": 1}, {PLEX: NEW}, 1.0) == {}

    def test_charts_count_memory_in_megabytes(self) -> None:
        """And tell their network as one; nothing is told of block devices."""
        row = {
            "id": "plex",
            "stats": {"memory": 300, "cpu": 1.5, "network": {"incoming": 10.5, "outgoing": 2}},
        }
        usage = parse.usages([row], {PLEX: AppUsage(chart=True)}, 1.0)[PLEX]
        assert usage.memory == 300 * 1024**2
        assert (usage.cpu, usage.network_receive_rate, usage.network_send_rate) == (1.5, 10.5, 2)
        assert usage.block_read_rate is None

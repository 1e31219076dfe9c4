"""What engines of several kinds answer, and what is made of it; no Home Assistant."""

from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given
import pytest

from custom_components.home_server_monitor.systems.docker import parse, tree
from custom_components.home_server_monitor.systems.docker.models import (
    ContainerState,
    HealthState,
)
from custom_components.home_server_monitor.systems.errors import BadAnswer, HomeServerError
from tests.systems.docker import documents
from tests.systems.docker.documents import changed, spoilt, unhurried

_STARTED = datetime(2026, 11, 20, 18, 2, 11, 123456, tzinfo=UTC)


def _state(**values: Any) -> dict[str, Any]:
    state = {**documents.INSPECT["State"], **values}
    return {**documents.INSPECT, "State": state}


def test_container() -> None:
    container = parse.container(documents.INSPECT)
    assert container.name == "media-sonarr-1"
    assert container.image == "lscr.io/linuxserver/sonarr:4.0.16"
    assert container.version == "4.0.16.2944"
    assert container.state is ContainerState.RUNNING
    assert container.health is HealthState.HEALTHY
    assert container.started_at == _STARTED
    assert container.exit_code is None
    assert container.restart_count == 2
    assert container.restart_policy == "unless-stopped"
    assert (container.project, container.service) == ("media", "sonarr")
    assert container.ports == ("8989->8989/tcp",)
    assert not container.has_problem


def test_container_of_podman() -> None:
    container = parse.container(documents.PODMAN_INSPECT)
    assert container.name == "box"
    assert container.image == "docker.io/library/busybox:latest"
    assert container.state is ContainerState.EXITED
    assert container.health is HealthState.NONE
    assert container.exit_code == 137
    assert container.restart_policy == "no"
    assert container.created == datetime(2026, 11, 20, 18, 2, 10, 900000, tzinfo=UTC)
    assert container.created.tzinfo is UTC
    assert container.started_at is None


def test_container_that_ended() -> None:
    ended = _state(
        Status="exited", ExitCode=3, FinishedAt=documents.ENDED, Health={"Status": "unhealthy"}
    )
    container = parse.container(ended)
    assert container.exit_code == 3
    assert container.started_at is None
    assert container.health is HealthState.NONE, "the last word of a check that runs no more"


def test_container_that_never_ran() -> None:
    created = parse.container(_state(Status="created", StartedAt=documents.NEVER))
    assert created.exit_code is None
    assert created.started_at is None
    refused = parse.container(_state(Status="created", ExitCode=127, Error="no such file"))
    assert refused.exit_code == 127
    assert refused.has_problem


def test_restarting_container_has_no_exit_code() -> None:
    looping = parse.container(_state(Status="restarting", ExitCode=1, FinishedAt=documents.ENDED))
    assert looping.state is ContainerState.RESTARTING
    assert looping.exit_code is None
    assert not looping.is_running


@pytest.mark.parametrize("document", [None, [], "text", {}, {"Id": "a"}, {"Id": 1, "State": {}}])
def test_no_container(document: object) -> None:
    with pytest.raises(BadAnswer):
        parse.container(document)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("running", "running"),
        ("Running", "running"),
        ("exited", "exited"),
        ("dead", "dead"),
        ("removing", "removing"),
        ("stopped", "exited"),
        ("configured", "created"),
        ("initialized", "created"),
        ("stopping", "running"),
        ("hibernated", "other"),
        ("", "other"),
        (None, "other"),
        (7, "other"),
    ],
)
def test_states(word: object, state: str) -> None:
    assert parse.state_of(word) == state


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ("Up 3 seconds (unhealthy)", "unhealthy"),
        ("Up 2 weeks (healthy)", "healthy"),
        ("Up 2 seconds (health: starting)", "starting"),
        ("Up 2 hours", "none"),
        ("Up 2 hours (Paused)", "none"),
        ("Up 2 hours (puzzled)", "other"),
        ("Exited (137) 2 hours ago", "none"),
        ("Exited (unhealthy)", "none"),
        ("", "none"),
        (None, "none"),
        (["Up 1 second (healthy)"], "none"),
    ],
)
def test_health_in_the_list(status: object, health: str) -> None:
    assert parse.health_of_status(status) == health


@pytest.mark.parametrize(
    ("status", "young"),
    [
        ("Up Less than a second", True),
        ("Up 1 second", True),
        ("Up 59 seconds (healthy)", True),
        ("Up About a minute", True),
        ("Up 9 minutes (healthy)", True),
        ("Up 10 minutes", False),
        ("Up About an hour", False),
        ("Up 3 days (Paused)", False),
        ("Exited (0) 3 seconds ago", False),
        (None, False),
    ],
)
def test_started_lately(status: object, *, young: bool) -> None:
    assert parse.started_lately(status) is young


_COMPOSE = documents.INSPECT["Config"]["Labels"]


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        ({}, "name"),
        (_COMPOSE, "media/sonarr"),
        ({**_COMPOSE, "com.docker.compose.container-number": "3"}, "media/sonarr/3"),
        ({**_COMPOSE, "com.docker.compose.oneoff": "True"}, "name"),
        ({**_COMPOSE, "com.docker.compose.oneoff": "False"}, "media/sonarr"),
        ({"com.docker.compose.project": "media"}, "name"),
        ({"com.docker.compose.project": "", "com.docker.compose.service": "sonarr"}, "name"),
        (
            {"com.docker.compose.project": "media", "com.docker.compose.service": "sonarr"},
            "media/sonarr",
        ),
    ],
)
def test_container_key(labels: dict[str, str], key: str) -> None:
    assert parse.container_key(labels, "name") == key


def test_rows() -> None:
    (row,) = parse.rows(documents.LIST)
    assert row.key == "media/sonarr"
    assert row.names == ("media-sonarr-1",)
    assert row.state is ContainerState.RUNNING
    assert row.health is HealthState.HEALTHY
    assert not row.is_young
    (bare,) = parse.rows([{"Id": "0123456789abcdef"}, {"Id": 3}, None, "x"])
    assert bare.key == "0123456789ab"
    with pytest.raises(BadAnswer):
        parse.rows({"message": "no"})


def test_ports() -> None:
    bindings = {
        "53/udp": [{"HostIp": "192.168.1.5", "HostPort": "53"}],
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
        "81/tcp": [{"HostIp": "", "HostPort": ""}],
        "82/tcp": [],
        "83/tcp": None,
    }
    place = ("NetworkSettings", "Ports")
    assert parse.container(changed(documents.INSPECT, place, bindings)).ports == (
        "192.168.1.5:53->53/udp",
        "8080->80/tcp",
    )


@pytest.mark.parametrize("version", ["20.10.24", "26.1.5", "28.5.2"])
def test_engine_info(version: str) -> None:
    info = parse.engine_info({**documents.VERSION, "Version": version}, documents.INFO)
    assert info.version == version
    assert info.operating_system == "Debian GNU/Linux 13 (trixie)"
    assert (info.kernel, info.architecture) == ("6.12.48", "amd64")
    assert (info.cpus, info.memory, info.images) == (4, 33_554_432_000, 12)
    assert parse.engine_info(None, []).cpus is None


def test_disk_usage() -> None:
    usage = parse.disk_usage(documents.DISK_USAGE)
    assert usage.images == 1000
    assert usage.images_reclaimable == 400, "the layers that only running images have stay"
    assert usage.containers == 40
    assert usage.volumes == 330
    assert usage.volumes_reclaimable == 30
    assert usage.build_cache == 9


def test_disk_usage_of_an_empty_engine() -> None:
    usage = parse.disk_usage({"LayersSize": 0, "Images": None, "Containers": None, "Volumes": None})
    assert (usage.images, usage.containers, usage.volumes, usage.build_cache) == (0, 0, 0, 0)
    with pytest.raises(BadAnswer):
        parse.disk_usage({"message": "no"})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T18:02:11.123456789Z", _STARTED),
        ("2026-11-20T19:02:11.123456789+01:00", _STARTED),
        ("2026-11-20T18:02:11Z", _STARTED.replace(microsecond=0)),
        ("2026-11-20T18:02:11", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("yesterday", None),
        ("", None),
        (1_763_661_731, None),
        (None, None),
    ],
)
def test_timestamp(text: object, moment: datetime | None) -> None:
    assert parse.timestamp(text) == moment


@pytest.mark.parametrize(
    ("event", "nanoseconds"),
    [
        ({"time": 5, "timeNano": 5_000_000_001}, 5_000_000_001),
        ({"time": 5}, 5_000_000_000),
        ({"time": 5, "timeNano": "x"}, 5_000_000_000),
        ({"timeNano": -1}, None),
        ({"timeNano": 10**30}, None),
        ({}, None),
    ],
)
def test_event_time(event: dict[str, Any], nanoseconds: int | None) -> None:
    assert parse.event_time(event) == nanoseconds


@unhurried
@given(spoilt(documents.INSPECT) | spoilt(documents.PODMAN_INSPECT))
def test_any_container_document(document: Any) -> None:
    try:
        container = parse.container(document)
    except HomeServerError:
        return
    assert container.state in ContainerState
    assert container.health in HealthState
    assert parse.container_key(parse.labels_of(document), container.name)
    for moment in (container.created, container.started_at):
        assert moment is None or moment.tzinfo is UTC
    tree.stacks((), [container])


@unhurried
@given(spoilt(documents.LIST))
def test_any_list(document: Any) -> None:
    try:
        rows = parse.rows(document)
    except HomeServerError:
        return
    assert all(isinstance(row.key, str) for row in rows)


@unhurried
@given(spoilt(documents.DISK_USAGE))
def test_any_disk_usage(document: Any) -> None:
    try:
        parse.disk_usage(document)
    except HomeServerError:
        return


@unhurried
@given(spoilt(documents.VERSION), spoilt(documents.INFO))
def test_any_engine_info(version: Any, info: Any) -> None:
    parse.engine_info(version, info)


def test_numbers_that_only_python_reads() -> None:
    answer = json.loads('{"RestartCount": 1e999, "SizeRw": NaN}')
    assert [parse.whole(number) for number in answer.values()] == [None, None]
    assert parse.whole(True) is None
    assert parse.whole(3.0) == 3

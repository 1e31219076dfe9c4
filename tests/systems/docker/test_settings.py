"""How a container is set up, read from what ``inspect`` tells."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker.settings import (
    ContainerSettings,
    Limits,
    MountPoint,
    PublishedPort,
    container_settings,
    path_mode,
)
from tests.lab.real import RealEngine

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
DOCUMENT: dict[str, Any] = {
    "Id": "4f5e6d7c8b9a",
    "Name": "/sonarr",
    "Path": "/init",
    "Args": ["--secret", "of-the-command"],
    "Config": {
        "User": "1000:1000",
        "Image": "lscr.io/linuxserver/sonarr:4.0.10",
        "Env": ["TZ=Europe/Berlin", "EQUALS=a=b=c", "BARE", "=nameless", "PASSWORD=of-the-env"],
        "ExposedPorts": {"8989/tcp": {}, "53/udp": {}, "odd": {}},
        "Healthcheck": {"Test": ["CMD", "true"]},
        "Labels": {
            "com.docker.compose.project": "media",
            "com.docker.compose.service": "tv",
            "traefik.http.middlewares.auth": "user:of-the-labels",
        },
    },
    "HostConfig": {
        "NetworkMode": "media_default",
        "PortBindings": {
            "8989/tcp": [
                {"HostIp": "0.0.0.0", "HostPort": "8989"},
                {"HostIp": "::", "HostPort": "8989"},
            ],
            "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
            "53/udp": [{"HostIp": "192.168.1.2", "HostPort": "53"}],
            "9/tcp": None,
            "zero/tcp": [{"HostPort": "1"}],
        },
        "RestartPolicy": {"Name": "unless-stopped"},
        "Privileged": True,
        "PidMode": "host",
        "IpcMode": "shareable",
        "UsernsMode": "host",
        "ReadonlyRootfs": True,
        "CapAdd": ["CAP_NET_ADMIN", "sys_time"],
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Devices": [{"PathOnHost": "/dev//dri/"}, "odd"],
        "Memory": 1 << 30,
        "MemorySwap": -1,
        "NanoCpus": 1_500_000_000,
        "PidsLimit": 200,
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "odd": 1}},
    },
    "Mounts": [
        {
            "Type": "bind",
            "Source": "//mnt/tank/../tank/media/",
            "Destination": "/data",
            "RW": False,
        },
        {"Type": "volume", "Name": "config", "Source": "/var/lib", "Destination": "/c", "RW": True},
        "odd",
    ],
    "NetworkSettings": {"Networks": {"media_default": {}, "proxy": {}}},
}


def _with(**changes: Any) -> ContainerSettings:
    document = json.loads(json.dumps(DOCUMENT))
    document["HostConfig"].update(changes)
    return container_settings(document)


def test_everything_is_read() -> None:
    assert container_settings(DOCUMENT) == ContainerSettings(
        id="4f5e6d7c8b9a",
        name="sonarr",
        image="lscr.io/linuxserver/sonarr:4.0.10",
        user="1000:1000",
        privileged=True,
        mounts=(
            MountPoint(kind="bind", source="/mnt/tank/media", target="/data", read_only=True),
            MountPoint(kind="volume", source="config", target="/c"),
        ),
        devices=("/dev/dri",),
        networks=("media_default", "proxy"),
        network_mode="media_default",
        pid_mode="host",
        ipc_mode="shareable",
        userns_mode="host",
        capabilities_added=("NET_ADMIN", "SYS_TIME"),
        capabilities_dropped=("ALL",),
        security_options=("no-new-privileges",),
        read_only_root=True,
        environment={"TZ": "Europe/Berlin", "EQUALS": "a=b=c", "PASSWORD": "of-the-env"},
        command=("/init", "--secret", "of-the-command"),
        ports=(
            PublishedPort(address="192.168.1.2", port=53, target=53, protocol="udp"),
            PublishedPort(address="127.0.0.1", port=None, target=80),
            PublishedPort(address="", port=8989, target=8989),
        ),
        exposed=((53, "udp"), (8989, "tcp")),
        healthcheck=True,
        limits=Limits(cpus=1.5, memory=1 << 30, memory_swap=None, pids=200),
        restart_policy="unless-stopped",
        log_driver="json-file",
        log_options={"max-size": "10m"},
        labels={"com.docker.compose.project": "media", "com.docker.compose.service": "tv"},
    )


def test_secrets_are_not_shown() -> None:
    shown = repr(container_settings(DOCUMENT))
    assert "of-the" not in shown


def test_the_service_and_jobs() -> None:
    assert container_settings(DOCUMENT).service == "tv"
    assert container_settings({"Id": "1234567890abcdef"}).service == "1234567890ab"
    assert not container_settings(DOCUMENT).is_job
    assert _with(AutoRemove=True).is_job
    one_off = {"Config": {"Labels": {"com.docker.compose.oneoff": "True"}}}
    assert container_settings(one_off).is_job


@pytest.mark.parametrize("mode", ["host", "none", "container:gluetun"])
def test_a_foreign_network_publishes_nothing(mode: str) -> None:
    assert _with(NetworkMode=mode).ports == ()


def test_cpus_by_quota() -> None:
    assert _with(NanoCpus=0, CpuQuota=50_000, CpuPeriod=0).limits.cpus == 0.5
    assert _with(NanoCpus=0, CpuQuota=50_000, CpuPeriod=25_000).limits.cpus == 2
    assert _with(NanoCpus=0, CpuQuota=-1).limits.cpus is None
    assert _with(Memory=float("inf")).limits.memory is None
    assert _with(Memory=1 << 70).limits.memory is None


def test_all_ports_published() -> None:
    settings = container_settings(
        {
            "HostConfig": {"PublishAllPorts": True},
            "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}},
        }
    )
    assert settings.ports == (PublishedPort(address="", port=32768, target=80),)


def test_binds_stand_in_for_mounts() -> None:
    settings = container_settings(
        {"HostConfig": {"Binds": ["/etc:/host/etc:ro,z", "data:/data", "nonsense"]}}
    )
    assert settings.mounts == (
        MountPoint(kind="bind", source="/etc", target="/host/etc", read_only=True),
        MountPoint(kind="volume", source="data", target="/data"),
    )


@pytest.mark.parametrize(
    ("test", "checked"), [(["NONE"], False), ([], False), (None, False), (["CMD", "x"], True)]
)
def test_healthcheck(test: list[str] | None, checked: bool) -> None:
    assert container_settings({"Config": {"Healthcheck": {"Test": test}}}).healthcheck is checked


def test_nothing_is_nothing() -> None:
    assert container_settings(None) == ContainerSettings(name="")


@pytest.mark.parametrize(
    ("mode", "unix"),
    [
        (0o755 | 1 << 31, 0o755),
        (0o777 | 1 << 31 | 1 << 20, 0o1777),
        (0o770 | 1 << 31 | 1 << 22, 0o2770),
        (0o644, 0o644),
        (True, None),
        ("0755", None),
    ],
)
def test_mode_of_a_path(mode: object, unix: int | None) -> None:
    stat = json.dumps({"name": "config", "size": 4096, "mode": mode}).encode()
    assert path_mode(base64.b64encode(stat).decode()) == unix


@given(st.text() | st.none() | st.binary())
def test_any_header_will_do(header: object) -> None:
    assert path_mode(header) is None or isinstance(path_mode(header), int)


@given(JSON)
def test_any_json_will_do(document: object) -> None:
    assert isinstance(container_settings(document), ContainerSettings)


@given(st.data())
def test_any_json_in_every_place_will_do(data: st.DataObject) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    part = data.draw(st.sampled_from(["", "Config", "HostConfig", "NetworkSettings"]))
    target = document[part] if part else document
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON)
    settings = container_settings(document)
    assert all(isinstance(value, str) for value in settings.environment.values())
    assert all(port.port is None or 0 < port.port < 65_536 for port in settings.ports)


@pytest.mark.real
@pytest.mark.xdist_group("docker")
def test_what_a_real_engine_tells(real_docker: RealEngine) -> None:
    gateway = real_docker.create("gateway")
    real_docker.create(
        "app",
        labels={"traefik.enable": "true"},
        project="media",
        service="tv",
        healthcheck=True,
        more={
            "User": "1000:1000",
            "Env": ["TZ=Europe/Berlin", "PASSWORD=of-the-env"],
            "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
            "Volumes": {"/anonymous": {}},
            "HostConfig": {
                "NetworkMode": "bridge",
                "PortBindings": {
                    "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8089"}, {"HostPort": "8090"}],
                    "53/udp": [{"HostIp": "0.0.0.0", "HostPort": ""}],
                },
                "Binds": ["/etc/hostname:/host/name:ro", "config:/config"],
                "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x"}],
                "CapAdd": ["NET_ADMIN", "CAP_SYS_TIME"],
                "CapDrop": ["all"],
                "SecurityOpt": ["no-new-privileges:true"],
                "PidMode": "host",
                "IpcMode": "host",
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
                "LogConfig": {"Type": "json-file", "Config": {"max-size": "5m"}},
                "Memory": 64 << 20,
                "NanoCpus": 500_000_000,
                "PidsLimit": 50,
            },
        },
    )
    settings = container_settings(real_docker.inspect("app"))
    assert (settings.name, settings.service, settings.user) == ("app", "tv", "1000:1000")
    assert set(settings.ports) == {
        PublishedPort(address="127.0.0.1", port=8089, target=80),
        PublishedPort(address="", port=8090, target=80),
        PublishedPort(address="", port=None, target=53, protocol="udp"),
    }
    assert settings.exposed == ((53, "udp"), (80, "tcp"))
    mounts = {mount.target: mount for mount in settings.mounts}
    assert set(mounts) == {"/host/name", "/config", "/anonymous"}
    assert mounts["/host/name"] == MountPoint(
        kind="bind", source="/etc/hostname", target="/host/name", read_only=True
    )
    assert mounts["/config"] == MountPoint(kind="volume", source="config", target="/config")
    assert settings.devices == ("/dev/null",)
    assert settings.capabilities_added == ("NET_ADMIN", "SYS_TIME")
    assert settings.capabilities_dropped == ("ALL",)
    # The engine itself adds the second, since the host's processes are to be seen.
    assert settings.security_options == ("no-new-privileges:true", "label=disable")
    assert (settings.pid_mode, settings.ipc_mode) == ("host", "host")
    assert settings.environment["PASSWORD"] == "of-the-env"
    assert settings.limits.memory == 64 << 20
    assert (settings.limits.cpus, settings.limits.pids) == (0.5, 50)
    assert (settings.restart_policy, settings.log_options) == ("on-failure", {"max-size": "5m"})
    assert settings.healthcheck is True
    real_docker.create("inside", more={"HostConfig": {"NetworkMode": "container:gateway"}})
    inside = container_settings(real_docker.inspect("inside"))
    assert inside.network_mode == f"container:{gateway}"
    plain = container_settings(real_docker.inspect("gateway"))
    assert (plain.user, plain.healthcheck, plain.limits) == ("", False, Limits())
    assert (plain.log_driver, plain.restart_policy) == ("json-file", "no")

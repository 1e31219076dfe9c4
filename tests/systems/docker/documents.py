"""What engines answer, shortened to what is read, and any JSON in any place of it."""

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st

# The machine may be busy: what takes long is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(1 << 80), 1 << 80)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "Up 3 seconds ("]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)

STARTED = "2026-11-20T18:02:11.123456789Z"
ENDED = "2026-11-20T19:02:11.5Z"
NEVER = "0001-01-01T00:00:00Z"

INSPECT: dict[str, Any] = {
    "Id": "4f1c" * 16,
    "Created": "2026-11-20T18:02:10.9Z",
    "State": {
        "Status": "running",
        "Running": True,
        "OOMKilled": False,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": STARTED,
        "FinishedAt": NEVER,
        "Health": {"Status": "healthy", "FailingStreak": 0, "Log": []},
    },
    "Image": "sha256:aaaa",
    "Name": "/media-sonarr-1",
    "RestartCount": 2,
    "HostConfig": {"RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}},
    "Config": {
        "Image": "lscr.io/linuxserver/sonarr:4.0.16",
        "Tty": False,
        "Labels": {
            "com.docker.compose.project": "media",
            "com.docker.compose.service": "sonarr",
            "com.docker.compose.container-number": "1",
            "org.opencontainers.image.version": "4.0.16.2944",
        },
    },
    "NetworkSettings": {
        "Ports": {
            "8989/tcp": [
                {"HostIp": "0.0.0.0", "HostPort": "8989"},
                {"HostIp": "::", "HostPort": "8989"},
            ],
            "9898/tcp": None,
        }
    },
}

# Podman: local times, its own word, the exit code of a container that ended, and no labels.
PODMAN_INSPECT: dict[str, Any] = {
    "Id": "77ab" * 16,
    "Created": "2026-11-20T19:02:10.9+01:00",
    "State": {
        "Status": "stopped",
        "ExitCode": 137,
        "StartedAt": "2026-11-20T19:02:11.123456789+01:00",
        "FinishedAt": "2026-11-20T20:02:11.5+01:00",
        "Healthcheck": {"Status": "", "FailingStreak": 0},
    },
    "ImageName": "docker.io/library/busybox:latest",
    "Name": "box",
    "HostConfig": {"RestartPolicy": {"Name": ""}},
    "Config": {"Labels": None},
    "NetworkSettings": {},
}

LIST: list[dict[str, Any]] = [
    {
        "Id": INSPECT["Id"],
        "Names": ["/media-sonarr-1"],
        "Labels": INSPECT["Config"]["Labels"],
        "State": "running",
        "Status": "Up 3 hours (healthy)",
    }
]

VERSION: dict[str, Any] = {
    "Version": "28.5.2",
    "ApiVersion": "1.51",
    "KernelVersion": "6.12.48",
    "Arch": "amd64",
    "Components": [{"Name": "Engine", "Version": "28.5.2"}],
}
INFO: dict[str, Any] = {
    "ID": "6a21",
    "Name": "nas",
    "OperatingSystem": "Debian GNU/Linux 13 (trixie)",
    "NCPU": 4,
    "MemTotal": 33_554_432_000,
    "Images": 12,
}

DISK_USAGE: dict[str, Any] = {
    "LayersSize": 1000,
    "Images": [
        {"Id": "a", "Size": 700, "SharedSize": 100, "Containers": 1},
        {"Id": "b", "Size": 400, "SharedSize": 100, "Containers": 0},
        {"Id": "c", "Size": 50, "SharedSize": -1, "Containers": -1},
    ],
    "Containers": [{"Id": "x", "SizeRw": 40, "SizeRootFs": 740}, {"Id": "y", "SizeRootFs": 1}],
    "Volumes": [
        {"Name": "used", "UsageData": {"RefCount": 2, "Size": 300}},
        {"Name": "free", "UsageData": {"RefCount": 0, "Size": 30}},
        {"Name": "remote", "UsageData": {"RefCount": 1, "Size": -1}},
        {"Name": "unknown", "UsageData": None},
    ],
    "BuildCache": [{"Size": 9, "Shared": False}, {"Size": 5, "Shared": True}],
}

# Docker 20.10 on cgroup v1, one shot.
STATS_V1: dict[str, Any] = {
    "read": "2026-11-20T18:10:00.5Z",
    "preread": NEVER,
    "blkio_stats": {
        "io_service_bytes_recursive": [
            {"major": 8, "minor": 0, "op": "Read", "value": 4096},
            {"major": 8, "minor": 0, "op": "Write", "value": 8192},
            {"major": 8, "minor": 0, "op": "Sync", "value": 12288},
            {"major": 8, "minor": 0, "op": "Total", "value": 12288},
            {"major": 8, "minor": 16, "op": "Read", "value": 1},
        ]
    },
    "cpu_stats": {
        "cpu_usage": {"total_usage": 2_000_000_000, "percpu_usage": [1, 2, 3, 4]},
        "system_cpu_usage": 500_000_000_000,
        "online_cpus": 4,
    },
    "memory_stats": {
        "usage": 100_000,
        "max_usage": 120_000,
        "stats": {"cache": 50_000, "inactive_file": 1, "total_inactive_file": 40_000},
        "limit": 240_000,
    },
    "networks": {
        "eth0": {"rx_bytes": 1000, "tx_bytes": 500},
        "eth1": {"rx_bytes": 20, "tx_bytes": 10},
    },
}

# Docker 28 on cgroup v2, without networks.
STATS_V2: dict[str, Any] = {
    "read": "2026-11-20T18:10:00.5Z",
    "blkio_stats": {"io_service_bytes_recursive": None, "io_serviced_recursive": None},
    "cpu_stats": {
        "cpu_usage": {"total_usage": 2_000_000_000},
        "system_cpu_usage": 500_000_000_000,
        "online_cpus": 4,
    },
    "memory_stats": {
        "usage": 100_000,
        "stats": {"anon": 50_000, "file": 50_000, "inactive_file": 40_000},
        "limit": 240_000,
    },
}

# What an engine says of a container that does not run.
STATS_STOPPED: dict[str, Any] = {
    "read": NEVER,
    "preread": NEVER,
    "blkio_stats": {"io_service_bytes_recursive": None},
    "cpu_stats": {"cpu_usage": {"total_usage": 0}},
    "memory_stats": {},
}


def _places(document: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        inner = list(document.items())
    elif isinstance(document, list):
        inner = list(enumerate(document))
    return [place, *(found for key, part in inner for found in _places(part, (*place, key)))]


def changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a document with another value in one place."""
    if not place:
        return value
    copy = deepcopy(document)
    part = copy
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return copy


def spoilt(document: Any) -> st.SearchStrategy[Any]:
    """Give the document with any JSON in any place of it, twice over."""
    places = st.sampled_from(_places(document))
    once = st.builds(changed, st.just(document), places, JSON)
    return once | once.flatmap(
        lambda first: st.builds(changed, st.just(first), st.sampled_from(_places(first)), JSON)
    )

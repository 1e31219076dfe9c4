"""Inspect documents of containers as people run them, in the shape that the engine gives them."""

from __future__ import annotations

import hashlib
from typing import Any

GLUETUN_ID = hashlib.sha256(b"gluetun").hexdigest()
# Values of the tests' own making, that open nothing.
WIREGUARD_KEY = "wOEI9rqqbDwnN8/Bpp22sVz48T71vJ4fYmFWujulwUU="
PASSWORD = "Vt7-quiet-Heron-92"
API_KEY = "7f0d4cf31a0b4b0f9a3d5c2e8b1f6a90"
TUNNEL_TOKEN = "eyJhIjoiNGY1ZTZk.eyJ0IjoiMTIzNDU2Nzg5MGFi.c2lnbmF0dXJl"


def ports(*given: str) -> dict[str, list[dict[str, str]]]:
    """Return port bindings for ``[address:]outer:inner[/protocol]``."""
    found: dict[str, list[dict[str, str]]] = {}
    for text in given:
        outer, _, inner = text.rpartition(":")
        address, _, port = outer.rpartition(":")
        key = inner if "/" in inner else f"{inner}/tcp"
        found.setdefault(key, []).append({"HostIp": address, "HostPort": port})
    return found


def mount(text: str) -> dict[str, Any]:
    """Return a mount as the engine lists it for ``source:target[:ro]``."""
    source, target, *options = text.split(":")
    shown = {"Destination": target, "Mode": "".join(options), "RW": "ro" not in options}
    if source.startswith("/"):
        return {"Type": "bind", "Source": source, "Propagation": "rprivate", **shown}
    place = f"/var/lib/docker/volumes/{source}/_data"
    return {"Type": "volume", "Name": source, "Source": place, "Driver": "local", **shown}


def inspected(
    name: str,
    image: str,
    *,
    user: str = "",
    env: dict[str, str] | None = None,
    mounts: tuple[str, ...] = (),
    published: tuple[str, ...] = (),
    exposed: tuple[str, ...] = (),
    network: str = "bridge",
    healthcheck: bool = False,
    restart: str = "unless-stopped",
    command: tuple[str, ...] = (),
    devices: tuple[str, ...] = (),
    labels: dict[str, str] | None = None,
    **host: Any,
) -> dict[str, Any]:
    """Return ``/containers/{id}/json`` of a container; ``host`` goes over its ``HostConfig``."""
    bindings = ports(*published)
    config: dict[str, Any] = {
        "Hostname": name,
        "User": user,
        "Env": [f"{key}={value}" for key, value in (env or {}).items()] + ["PATH=/usr/bin:/bin"],
        "Cmd": list(command) or None,
        "Image": image,
        "Labels": labels or {},
        "ExposedPorts": {key: {} for key in (*bindings, *exposed)},
    }
    if healthcheck:
        config["Healthcheck"] = {"Test": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]}
    return {
        "Id": hashlib.sha256(name.encode()).hexdigest(),
        "Created": "2026-10-01T08:00:00.123456789Z",
        "Path": command[0] if command else "/init",
        "Args": list(command[1:]),
        "State": {"Status": "running", "Running": True},
        "Image": f"sha256:{hashlib.sha256(image.encode()).hexdigest()}",
        "Name": f"/{name}",
        "HostConfig": {
            "NetworkMode": network,
            "PortBindings": bindings,
            "RestartPolicy": {"Name": restart, "MaximumRetryCount": 0},
            "AutoRemove": False,
            "CapAdd": None,
            "CapDrop": None,
            "IpcMode": "private",
            "PidMode": "",
            "Privileged": False,
            "SecurityOpt": None,
            "LogConfig": {"Type": "json-file", "Config": {}},
            "Memory": 0,
            "NanoCpus": 0,
            "PidsLimit": None,
            "Devices": [
                {"PathOnHost": path, "PathInContainer": path, "CgroupPermissions": "rwm"}
                for path in devices
            ],
            **host,
        },
        "Mounts": [mount(text) for text in mounts],
        "Config": config,
        "NetworkSettings": {"Ports": bindings, "Networks": {network: {}}},
    }


GLUETUN = inspected(
    "gluetun",
    "qmcgaw/gluetun:v3.40.0",
    env={
        "VPN_SERVICE_PROVIDER": "mullvad",
        "WIREGUARD_PRIVATE_KEY": WIREGUARD_KEY,
        "WIREGUARD_ADDRESSES": "10.64.222.21/32",
        "SERVER_COUNTRIES": "Netherlands",
        "HTTPPROXY_LOG": "off",
        "TZ": "Europe/Amsterdam",
    },
    published=("8080:8080", "6881:6881", "6881:6881/udp"),
    devices=("/dev/net/tun",),
    healthcheck=True,
    CapAdd=["CAP_NET_ADMIN"],
)

# Every protection that the rules ask for.
HARDENED: dict[str, Any] = {
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges:true"],
    "Memory": 512 << 20,
    "NanoCpus": 500_000_000,
    "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
}

type Case = tuple[dict[str, Any], dict[str, str]]

# What nearly every container lacks that nobody has hardened.
BARE = {
    "no_new_privileges_missing": "low",
    "no_memory_limit": "low",
    "no_cpu_limit": "low",
    "log_without_rotation": "low",
}
UNCHECKED = {**BARE, "no_healthcheck": "low"}
WEB = {**UNCHECKED, "published_everywhere": "low"}

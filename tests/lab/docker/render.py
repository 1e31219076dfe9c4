"""Containers as the engine shows them: in the list and in full."""

from __future__ import annotations

from typing import Any

from ..clock import SECOND, rfc3339
from .host import Host
from .model import Container, Image, Mount, Port

_HOUR = 3600
_DAY = 24 * _HOUR
_UNITS = (
    (48 * _HOUR, _HOUR, "hours"),
    (14 * _DAY, _DAY, "days"),
    (60 * _DAY, 7 * _DAY, "weeks"),
    (730 * _DAY, 30 * _DAY, "months"),
)


def human_duration(seconds: float) -> str:
    """Say a duration as Docker does: "3 seconds", "About a minute", "2 weeks"."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < 60:
        return f"{whole} seconds"
    minutes = whole // 60
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if round(seconds / _HOUR) == 1:
        return "About an hour"
    for limit, unit, word in _UNITS:
        if whole < limit:
            return f"{round(seconds / _HOUR) if unit == _HOUR else whole // unit} {word}"
    return f"{whole // (365 * _DAY)} years"


def status_text(container: Container, now: float) -> str:
    """Return the list's Status, such as "Up 3 seconds (unhealthy)"; `now` seconds since epoch."""
    up = human_duration(now - container.started / SECOND)
    ended = human_duration(now - container.finished / SECOND)
    match container.status:
        case "running" if container.health is not None:
            word = container.health.status
            shown = "health: starting" if word == "starting" else word
            return f"Up {up} ({shown})"
        case "running":
            return f"Up {up}"
        case "paused":
            return f"Up {up} (Paused)"
        case "restarting":
            return f"Restarting ({container.exit_code}) {ended} ago"
        case "created":
            return "Created"
        case "dead":
            return "Dead"
        case "removing":
            return "Removal In Progress"
    return f"Exited ({container.exit_code}) {ended} ago"


def list_entry(host: Host, container: Container) -> dict[str, Any]:
    """Return a container as GET /containers/json lists it."""
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image_ref,
        "ImageID": container.image.id,
        "Command": _shell_words(container.full_command),
        "Created": container.created // SECOND,
        "Ports": [entry for port in container.ports for entry in _port_entry(container, port)],
        "Labels": container.labels,
        "State": container.status,
        "Status": status_text(container, host.clock.now()),
        "HostConfig": {"NetworkMode": container.networks[0]},
        "NetworkSettings": {"Networks": _endpoints(host, container, names=False)},
        "Mounts": [_mount(mount) for mount in container.mounts],
    }


def inspect(host: Host, container: Container) -> dict[str, Any]:
    """Return a container as GET /containers/{id}/json shows it."""
    words = container.full_command
    folder = f"/var/lib/docker/containers/{container.id}"
    # The engine makes the files of a container at its first start.
    been = container.started > 0
    return {
        "Id": container.id,
        "Created": rfc3339(container.created),
        "Path": words[0] if words else "",
        "Args": words[1:],
        "State": _state(container),
        "Image": container.image.id,
        "ResolvConfPath": f"{folder}/resolv.conf" if been else "",
        "HostnamePath": f"{folder}/hostname" if been else "",
        "HostsPath": f"{folder}/hosts" if been else "",
        "LogPath": f"{folder}/{container.id}-json.log" if been else "",
        "Name": f"/{container.name}",
        "RestartCount": container.restart_count,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": _host_config(host, container),
        "GraphDriver": {"Data": {"ID": container.id}, "Name": "overlay2"},
        "Mounts": [_mount(mount) for mount in container.mounts],
        "Config": _config(container),
        "NetworkSettings": _network_settings(host, container),
    }


def image_entry(host: Host, image: Image, *, shared: int = -1) -> dict[str, Any]:
    """Return an image as the list shows it; `shared` bytes, -1 when not counted."""
    users = sum(1 for container in host.containers.values() if container.image.id == image.id)
    return {
        "Containers": users,
        "Created": image.created // SECOND,
        "Id": image.id,
        "Labels": image.labels or None,
        "ParentId": "",
        # The disk usage says null where the list says [].
        "RepoDigests": image.digests or ([] if shared < 0 else None),
        "RepoTags": image.tags,
        "SharedSize": shared,
        "Size": image.size,
    }


def _shell_words(words: list[str]) -> str:
    # The engine's own, simple way: it does not care for quotes inside.
    return " ".join(f"'{word}'" if " " in word else word for word in words)


def _state(container: Container) -> dict[str, Any]:
    state: dict[str, Any] = {
        "Status": container.status,
        "Running": container.running,
        "Paused": container.status == "paused",
        "Restarting": container.status == "restarting",
        "OOMKilled": container.oom_killed,
        "Dead": container.status == "dead",
        "Pid": container.pid,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": rfc3339(container.started),
        "FinishedAt": rfc3339(container.finished),
    }
    health = container.health
    if health is not None:
        log = [
            {
                "Start": rfc3339(probe.start),
                "End": rfc3339(probe.end),
                "ExitCode": probe.exit_code,
                "Output": probe.output,
            }
            for probe in health.probes
        ]
        state["Health"] = {
            "Status": health.status,
            "FailingStreak": health.failing_streak,
            "Log": log,
        }
    return state


def _host_config(host: Host, container: Container) -> dict[str, Any]:
    published = [port for port in container.ports if port.public is not None]
    given = {
        "Binds": [
            f"{m.source}:{m.destination}:{'rw' if m.writable else 'ro'}" for m in container.mounts
        ]
        or None,
        "ContainerIDFile": "",
        "LogConfig": {"Type": "json-file", "Config": {}},
        "PortBindings": {
            port.key: [{"HostIp": port.ip, "HostPort": str(port.public)}] for port in published
        }
        or None,
        "AutoRemove": False,
        "CapAdd": None,
        "CapDrop": None,
        "CgroupnsMode": "host" if host.cgroup == 1 else "private",
        "IpcMode": "private",
        "PidMode": "",
        "Privileged": False,
        "ReadonlyRootfs": False,
        "SecurityOpt": None,
        "ShmSize": 67_108_864,
        "Runtime": "runc",
        "PidsLimit": None,
        **container.host_config,
    }
    return {
        **given,
        "NetworkMode": container.networks[0],
        "RestartPolicy": {
            "Name": container.restart_policy,
            "MaximumRetryCount": container.maximum_retries,
        },
        "Memory": container.memory_limit,
        "MemorySwap": container.memory_swap,
        "NanoCpus": container.nano_cpus,
        "CpuShares": container.cpu_shares,
    }


def _config(container: Container) -> dict[str, Any]:
    config: dict[str, Any] = {
        "Hostname": container.id[:12],
        "Domainname": "",
        "User": "",
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "WorkingDir": "",
        "Volumes": None,
        "OnBuild": None,
        **container.config,
        "Tty": container.tty,
        "Env": container.env or None,
        "Cmd": container.command,
        "Image": container.image_ref,
        "Entrypoint": container.entrypoint or None,
        "Labels": container.labels,
    }
    if container.ports:
        config["ExposedPorts"] = {port.key: {} for port in container.ports}
    if container.healthcheck is not None:
        config["Healthcheck"] = container.healthcheck
    return config


def _network_settings(host: Host, container: Container) -> dict[str, Any]:
    ports: dict[str, Any] = {}
    for port in container.ports if container.alive else ():
        binding = {"HostIp": port.ip, "HostPort": str(port.public)}
        ports[port.key] = None if port.public is None else [binding]
    return {
        "Bridge": "",
        "SandboxID": container.id if container.alive else "",
        "SandboxKey": f"/var/run/docker/netns/{container.id[:12]}" if container.alive else "",
        "Ports": ports,
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": "",
        "Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "IPAddress": "",
        "IPPrefixLen": 0,
        "IPv6Gateway": "",
        "MacAddress": "",
        "Networks": _endpoints(host, container, names=True),
    }


def _endpoints(host: Host, container: Container, *, names: bool) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in container.networks:
        network = host.networks.get(name)
        address = network.containers.get(container.id, "") if network else ""
        joined = network is not None and container.id in network.containers
        known = joined or container.started > 0
        # Names stay when a container has stopped, addresses do not.
        named = known and network is not None and network.driver == "bridge"
        result[name] = {
            "IPAMConfig": None,
            "Links": None,
            "Aliases": None,
            "MacAddress": _mac(address),
            "DriverOpts": None,
            "GwPriority": 0,
            "NetworkID": network.id if network and known else "",
            "EndpointID": container.id if joined else "",
            "Gateway": network.gateway if network and address else "",
            "IPAddress": address,
            "IPPrefixLen": 16 if address else 0,
            "IPv6Gateway": "",
            "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0,
            "DNSNames": [container.name, container.id[:12]] if names and named else None,
        }
    return result


def _mac(address: str) -> str:
    if not address:
        return ""
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def _port_entry(container: Container, port: Port) -> list[dict[str, Any]]:
    # The list shows published ports only while they are open.
    if not container.alive:
        return []
    entry: dict[str, Any] = {"PrivatePort": port.private, "Type": port.protocol}
    if port.public is None:
        return [entry]
    return [{"IP": port.ip, **entry, "PublicPort": port.public}]


def _mount(mount: Mount) -> dict[str, Any]:
    if mount.kind == "volume":
        return {
            "Type": "volume",
            "Name": mount.source,
            "Source": f"/var/lib/docker/volumes/{mount.source}/_data",
            "Destination": mount.destination,
            "Driver": "local",
            "Mode": "z",
            "RW": mount.writable,
            "Propagation": "",
        }
    return {
        "Type": "bind",
        "Source": mount.source,
        "Destination": mount.destination,
        "Mode": "rw" if mount.writable else "ro",
        "RW": mount.writable,
        "Propagation": "rprivate",
    }

"""Rules about what of the host a container sees: the engine's socket, system files, pools."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from . import images
from .fixes import joined, listed, quoted, service_lines
from .images import image_name
from .report import Finding, Severity
from .surroundings import clean_path, is_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...systems.docker.settings.models import ContainerSettings, MountPoint
    from .surroundings import Surroundings

_SOCKET_NAMES = frozenset({"docker.sock", "podman.sock", "containerd.sock", "crio.sock"})
_SOCKET_FOLDERS = frozenset({"/run", "/var/run", "/run/docker", "/run/podman", "/run/containerd"})

# (when writable, when read-only)
_SENSITIVE = {
    "/": (Severity.CRITICAL, Severity.HIGH),
    "/etc": (Severity.CRITICAL, Severity.HIGH),
    "/root": (Severity.CRITICAL, Severity.HIGH),
    "/root/.ssh": (Severity.CRITICAL, Severity.HIGH),
    "/etc/shadow": (Severity.CRITICAL, Severity.HIGH),
    "/etc/ssh": (Severity.CRITICAL, Severity.HIGH),
    "/var": (Severity.CRITICAL, Severity.HIGH),
    "/var/lib": (Severity.CRITICAL, Severity.HIGH),
    "/var/lib/docker": (Severity.CRITICAL, Severity.MEDIUM),
    "/var/lib/docker/volumes": (Severity.HIGH, Severity.MEDIUM),
    "/boot": (Severity.CRITICAL, Severity.MEDIUM),
    "/proc": (Severity.CRITICAL, Severity.MEDIUM),
    "/sys": (Severity.HIGH, Severity.MEDIUM),
    "/dev": (Severity.CRITICAL, Severity.MEDIUM),
    "/home": (Severity.HIGH, Severity.MEDIUM),
    "/usr": (Severity.CRITICAL, Severity.LOW),
    "/lib": (Severity.CRITICAL, Severity.LOW),
    "/bin": (Severity.CRITICAL, Severity.LOW),
    "/sbin": (Severity.CRITICAL, Severity.LOW),
}
_POOL = (Severity.HIGH, Severity.MEDIUM)

# What monitors of a host read to do their work, as long as they only read.
_MONITORED = frozenset({"/", "/proc", "/sys", "/var/lib/docker", "/var/lib/docker/volumes", "/dev"})

_SYSTEM = (
    "/boot", "/lib", "/lib64", "/bin", "/sbin", "/usr/bin", "/usr/lib", "/usr/sbin", "/sys", "/proc",
    "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d",
    "/etc/ssh", "/etc/ssl", "/etc/pam.d", "/etc/systemd", "/etc/cron.d", "/etc/cron.daily",
    "/etc/crontab", "/etc/fstab", "/etc/hosts", "/etc/resolv.conf", "/etc/docker", "/etc/apt",
    "/etc/ld.so.preload", "/etc/profile", "/etc/profile.d", "/etc/machine-id", "/var/lib/systemd",
)  # fmt: skip
# Nothing but the clock hangs on these; it is still not the container's to set.
_HARMLESS = ("/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo")


def check(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    """Yield what of the host should not be mounted, or not so."""
    binds = [
        mount for mount in settings.mounts if mount.kind == "bind" and mount.source.startswith("/")
    ]
    yield from _sockets(settings, [mount for mount in binds if is_engine_socket(mount)])
    rest = [mount for mount in binds if not is_engine_socket(mount)]
    yield from _sensitive(settings, rest, surroundings)
    yield from _system(settings, rest)


def is_engine_socket(mount: MountPoint) -> bool:
    """Whether a mount leads to a container engine's socket, or to the folder that it lies in."""
    path = clean_path(mount.source)
    return path in _SOCKET_FOLDERS or posixpath.basename(path) in _SOCKET_NAMES


def is_system_path(path: str) -> bool:
    """Whether a path of the host belongs to its system, so that its owner must not be changed."""
    clean = clean_path(path)
    system = (*_SYSTEM, *_HARMLESS, "/dev", "/run", "/var/run", "/etc", "/usr/share")
    return clean in _SENSITIVE or any(is_within(clean, each) for each in system)


def _sockets(settings: ContainerSettings, mounts: list[MountPoint]) -> Iterator[Finding]:
    image = image_name(settings.image)
    is_proxy = image.is_one_of(images.SOCKET_PROXIES)
    for rule, severity, found in (
        ("docker_socket", Severity.CRITICAL, [each for each in mounts if not each.read_only]),
        ("docker_socket_read_only", Severity.HIGH, [each for each in mounts if each.read_only]),
    ):
        # A proxy is what the others are told to use; read-only is how it is to be given the socket.
        if not found or is_proxy:
            continue
        paths = tuple(sorted({mount.source for mount in found}))
        expected = rule == "docker_socket" and image.is_one_of(images.DOCKER_MANAGERS)
        yield Finding(
            rule,
            Severity.HIGH if expected else severity,
            paths,
            {"paths": joined(paths)},
            _proxy_lines(settings),
            expected=expected,
        )


def _proxy_lines(settings: ContainerSettings) -> str:
    return service_lines(
        settings,
        "# take the socket out of volumes, and:",
        "environment:",
        '  DOCKER_HOST: "tcp://socket-proxy:2375"',
        "networks:",
        "  - socket-proxy",
        end=(
            "  socket-proxy:",
            "    image: lscr.io/linuxserver/socket-proxy:3.2.6",
            "    restart: unless-stopped",
            "    environment:",
            '      CONTAINERS: "1"  # and only what else is needed; POST allows changes',
            "    volumes:",
            "      - /var/run/docker.sock:/var/run/docker.sock:ro",
            "    networks:",
            "      - socket-proxy",
            "networks:",
            "  socket-proxy:",
            "    internal: true",
        ),
    )


def _levels(path: str, pools: frozenset[str]) -> tuple[Severity, Severity] | None:
    if path in _SENSITIVE:
        return _SENSITIVE[path]
    holds_a_pool = any(is_within(pool, path) for pool in pools)
    return _POOL if holds_a_pool or path == "/mnt" else None


def _sensitive(
    settings: ContainerSettings, mounts: list[MountPoint], surroundings: Surroundings
) -> Iterator[Finding]:
    monitor = image_name(settings.image).is_one_of(images.HOST_MONITORS | images.DISK_MONITORS)
    judged: list[tuple[MountPoint, Severity, bool]] = []
    for mount in mounts:
        path = clean_path(mount.source)
        levels = _levels(path, surroundings.pools)
        if levels is None:
            continue
        needed = monitor and mount.read_only and path in _MONITORED
        judged.append((mount, Severity.LOW if needed else levels[mount.read_only], needed))
    if not judged:
        return
    paths = tuple(sorted({mount.source for mount, _, _ in judged}))
    yield Finding(
        "sensitive_mount",
        max((severity for _, severity, _ in judged), key=lambda each: each.weight),
        paths,
        {"paths": joined(paths)},
        _narrower(settings, [mount for mount, _, _ in judged]),
        expected=all(needed for _, _, needed in judged),
    )


def _narrower(settings: ContainerSettings, mounts: list[MountPoint]) -> str:
    lines = []
    for mount in mounts:
        below = mount.source.rstrip("/") + "/ONLY-WHAT-IT-NEEDS"
        # Inside, the folder may stay where it was, but nothing can be mounted over the root.
        target = mount.target if mount.target not in ("", "/") else below
        lines.append(f"  - {quoted(f'{below}:{target}:ro')}")
    return service_lines(settings, "volumes:", *lines)


def _system(settings: ContainerSettings, mounts: list[MountPoint]) -> Iterator[Finding]:
    found = [
        mount
        for mount in mounts
        if not mount.read_only
        and (path := clean_path(mount.source)) not in _SENSITIVE
        and any(is_within(path, each) for each in (*_SYSTEM, *_HARMLESS))
    ]
    if not found:
        return
    harmless = all(clean_path(mount.source).startswith(_HARMLESS) for mount in found)
    paths = tuple(sorted({mount.source for mount in found}))
    yield Finding(
        "writable_system_mount",
        Severity.LOW if harmless else Severity.HIGH,
        paths,
        {"paths": joined(paths)},
        service_lines(
            settings, *listed("volumes", (f"{each.source}:{each.target}:ro" for each in found))
        ),
    )

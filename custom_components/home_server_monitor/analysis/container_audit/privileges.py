"""Rules about what a container's processes may do: user, capabilities, namespaces, devices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import images
from .fixes import joined, listed, service_lines
from .images import image_name
from .report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...systems.docker.settings.models import ContainerSettings
    from .surroundings import Surroundings

_ROOT = frozenset({"0", "root"})
# Variables by which an image is told the user to change to.
_USER_VARIABLES = ("PUID", "PLEX_UID", "USERMAP_UID", "USER_UID", "USER_ID")

_CAPABILITIES = {
    "ALL": Severity.CRITICAL,
    "SYS_ADMIN": Severity.HIGH,
    "SYS_MODULE": Severity.HIGH,
    "SYS_RAWIO": Severity.HIGH,
    "SYS_PTRACE": Severity.HIGH,
    "DAC_READ_SEARCH": Severity.HIGH,
    "BPF": Severity.HIGH,
    "MAC_ADMIN": Severity.HIGH,
    "MAC_OVERRIDE": Severity.HIGH,
    "SYS_BOOT": Severity.MEDIUM,
    "SYS_TIME": Severity.MEDIUM,
    "SYSLOG": Severity.MEDIUM,
    "PERFMON": Severity.MEDIUM,
    "NET_ADMIN": Severity.MEDIUM,
}
_NEEDED = {
    "NET_ADMIN": images.TUNNELS | images.NAME_SERVERS | images.HOME_ASSISTANT,
    "SYS_MODULE": frozenset({"wireguard", "wg-easy", "tailscale"}),
    "SYS_TIME": frozenset({"pihole", "ntp", "chrony"}),
    "SYS_RAWIO": images.DISK_MONITORS,
    "SYS_ADMIN": images.DISK_MONITORS | {"netdata"},
    "SYS_PTRACE": images.PROCESS_MONITORS,
}
_UNCONFINED = re.compile(
    r"(?:seccomp|apparmor)[:=]unconfined|systempaths[:=]unconfined|label[:=]disable", re.IGNORECASE
)
_LABELS_OFF = re.compile(r"label[:=]disable", re.IGNORECASE)
_NO_NEW_PRIVILEGES = re.compile(r"no-new-privileges(?:[:=]true)?", re.IGNORECASE)
_DISK = re.compile(r"/dev/(?:sd[a-z]+\d*|nvme\d+(?:n\d+(?:p\d+)?)?|vd[a-z]+\d*|mmcblk\d.*|dm-\d+)")
_MEMORY = frozenset({"/dev/mem", "/dev/kmem", "/dev/port"})


def check(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    """Yield what its processes may do and should not."""
    yield from _user(settings, surroundings)
    yield from _privileged(settings)
    yield from _namespaces(settings)
    yield from _capabilities(settings)
    yield from _security_options(settings, surroundings)
    yield from _devices(settings)


def runs_as(settings: ContainerSettings) -> int | None:
    """Return the user id that the application runs as in the end, None where it is not known."""
    for name in _USER_VARIABLES:
        value = settings.environment.get(name, "").strip()
        if value.isascii() and value.isdigit():
            return int(value[:10])
    user = (settings.user or "").partition(":")[0].strip()
    if user.isascii() and user.isdigit():
        return int(user[:10])
    unset = settings.user == "" and "user" not in settings.unknown
    image = image_name(settings.image)
    drops = image.is_one_of(images.DROPS_ROOT) or image.owner in images.DROPPING_OWNERS
    return 0 if user == "root" or (unset and not drops) else None


def _user(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    if surroundings.rootless and settings.userns_mode != "host":
        return
    told = next((name for name in _USER_VARIABLES if settings.environment.get(name)), None)
    image = image_name(settings.image)
    user = (settings.user or "").partition(":")[0].strip()
    if told and user in {"", *_ROOT}:
        # The image starts as root on purpose, to change to the user that it is told.
        if settings.environment[told].strip() in _ROOT:
            fix = service_lines(settings, "environment:", f'  {told}: "1000"')
            yield Finding("runs_as_root", Severity.MEDIUM, fix=fix)
        return
    if (user and user not in _ROOT) or "user" in settings.unknown:
        return
    fix = service_lines(settings, 'user: "1000:1000"')
    if settings.user is None and image.is_one_of(images.BRINGS_USER):
        return
    if not user and (image.is_one_of(images.DROPS_ROOT) or image.owner in images.DROPPING_OWNERS):
        if image.owner in images.DROPPING_OWNERS:
            fix = service_lines(settings, "environment:", '  PUID: "1000"', '  PGID: "1000"')
        yield Finding("starts_as_root", Severity.LOW, fix=fix)
    elif settings.user is not None:
        yield Finding("runs_as_root", Severity.MEDIUM, fix=fix)
    else:
        yield Finding("user_unset", Severity.MEDIUM, fix=fix)


def _privileged(settings: ContainerSettings) -> Iterator[Finding]:
    if not settings.privileged:
        return
    fix = service_lines(
        settings,
        "privileged: false",
        "# and only what it needs, for example:",
        "# devices:",
        "#   - /dev/ttyUSB0:/dev/ttyUSB0",
        "# cap_add:",
        "#   - NET_ADMIN",
    )
    expected = image_name(settings.image).is_one_of(images.HOME_ASSISTANT | images.DISK_MONITORS)
    severity = Severity.HIGH if expected else Severity.CRITICAL
    yield Finding("privileged", severity, fix=fix, expected=expected)


def _namespaces(settings: ContainerSettings) -> Iterator[Finding]:
    image = image_name(settings.image)
    if settings.network_mode == "host":
        expected = image.is_one_of(images.DISCOVERERS)
        fix = service_lines(settings, "network_mode: bridge", "ports:", '  - "127.0.0.1:8080:8080"')
        severity = Severity.LOW if expected else Severity.MEDIUM
        yield Finding("host_network", severity, fix=fix, expected=expected)
    if settings.pid_mode == "host":
        expected = image.is_one_of(images.PROCESS_MONITORS)
        fix = service_lines(settings, "# take this line out:", "# pid: host")
        severity = Severity.LOW if expected else Severity.HIGH
        yield Finding("host_pid", severity, fix=fix, expected=expected)
    if settings.ipc_mode == "host":
        fix = service_lines(settings, "ipc: private")
        yield Finding("host_ipc", Severity.MEDIUM, fix=fix)


def _capabilities(settings: ContainerSettings) -> Iterator[Finding]:
    if settings.privileged:
        return  # a privileged container has them all, and that is told already
    dangerous = sorted(set(settings.capabilities_added) & set(_CAPABILITIES))
    if not dangerous:
        return
    image = image_name(settings.image)
    needed = {name for name in dangerous if image.is_one_of(_NEEDED.get(name, frozenset()))}
    severity = max(
        (Severity.LOW if name in needed else _CAPABILITIES[name] for name in dangerous),
        key=lambda each: each.weight,
    )
    kept = sorted({*settings.capabilities_added} - {*dangerous} | needed)
    added = listed("cap_add", kept) if kept else ["cap_add: []"]
    yield Finding(
        "dangerous_capability",
        severity,
        tuple(dangerous),
        {"capabilities": joined(dangerous)},
        service_lines(settings, "cap_drop:", "  - ALL", *added),
        expected=set(dangerous) <= needed,
    )


def _security_options(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    options = [option.strip() for option in settings.security_options]
    switched_off = sorted({option for option in options if _UNCONFINED.fullmatch(option)})
    if settings.privileged or "host" in (settings.pid_mode, settings.ipc_mode):
        # The engine adds this by itself to what shares the host's processes or memory.
        switched_off = [option for option in switched_off if not _LABELS_OFF.fullmatch(option)]
    if switched_off:
        kept = [option for option in options if option not in switched_off]
        fix = listed("security_opt", kept or ["no-new-privileges:true"])
        yield Finding(
            "unconfined",
            Severity.MEDIUM,
            tuple(switched_off),
            {"options": joined(switched_off)},
            service_lines(settings, *fix),
        )
    refused = any(re.fullmatch(r"no-new-privileges[:=]false", option) for option in options)
    by_default = surroundings.no_new_privileges and not refused
    if by_default or any(_NO_NEW_PRIVILEGES.fullmatch(option) for option in options):
        return
    fix = listed("security_opt", ["no-new-privileges:true"])
    yield Finding("no_new_privileges_missing", Severity.LOW, fix=service_lines(settings, *fix))


def _devices(settings: ContainerSettings) -> Iterator[Finding]:
    reached = sorted(
        {path for path in settings.devices if _DISK.fullmatch(path) or path in _MEMORY}
    )
    if not reached:
        return
    expected = image_name(settings.image).is_one_of(images.DISK_MONITORS)
    severity = Severity.HIGH
    if expected and not _MEMORY & set(reached):
        severity = Severity.LOW
    elif _MEMORY & set(reached):
        severity = Severity.CRITICAL
    kept = [path for path in settings.devices if path not in reached]
    lines = listed("devices", kept) if kept else ["devices: []"]
    yield Finding(
        "host_device",
        severity,
        tuple(reached),
        {"devices": joined(reached)},
        service_lines(settings, *lines),
        expected=expected,
    )

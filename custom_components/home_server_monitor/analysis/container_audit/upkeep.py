"""Rules about what keeps a container working: versions, checks, limits, restarts, logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import images
from .fixes import quoted, service_lines
from .images import image_name
from .report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...systems.docker.settings.models import ContainerSettings
    from .surroundings import Surroundings

# Drivers that write files and leave the cutting to whoever set them up. `local` cuts by itself.
_GROWING = frozenset({"json-file", "k8s-file"})
_UNLIMITED = frozenset({"", "-1", "0"})
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]*")


def check(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    """Yield what will make trouble one day."""
    yield from _image(settings)
    yield from _limits(settings)
    if not settings.is_job:
        yield from _healthcheck(settings)
        yield from _restart(settings)
    yield from _log(settings, surroundings)


def _image(settings: ContainerSettings) -> Iterator[Finding]:
    if not image_name(settings.image).is_unpinned:
        return
    bare = settings.image.partition("@")[0]
    head, slash, last = bare.rpartition("/")
    pinned = f"{head}{slash}{last.partition(':')[0]}:1.2.3"
    written = pinned if _REFERENCE.fullmatch(pinned) else quoted(pinned)
    fix = service_lines(settings, f"image: {written}  # the version that runs now")
    yield Finding("unpinned_image", Severity.LOW, (), {"image": settings.image}, fix)


def _healthcheck(settings: ContainerSettings) -> Iterator[Finding]:
    brought = image_name(settings.image).is_one_of(images.BRINGS_HEALTHCHECK)
    if settings.healthcheck or (settings.healthcheck is None and brought):
        return
    fix = service_lines(
        settings,
        "healthcheck:",
        '  test: ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1"]',
        "  interval: 30s",
        "  timeout: 5s",
        "  retries: 3",
        "  start_period: 60s",
    )
    yield Finding("no_healthcheck", Severity.LOW, fix=fix)


def _limits(settings: ContainerSettings) -> Iterator[Finding]:
    if settings.limits.memory is None and "memory" not in settings.unknown:
        yield Finding("no_memory_limit", Severity.LOW, fix=service_lines(settings, "mem_limit: 2g"))
    if settings.limits.cpus is None and "cpus" not in settings.unknown:
        yield Finding("no_cpu_limit", Severity.LOW, fix=service_lines(settings, 'cpus: "1.0"'))


def _restart(settings: ContainerSettings) -> Iterator[Finding]:
    if settings.restart_policy in ("", "no") and "restart" not in settings.unknown:
        fix = service_lines(settings, "restart: unless-stopped")
        yield Finding("no_restart_policy", Severity.LOW, fix=fix)


def _log(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    driver = settings.log_driver
    if "log" in settings.unknown or (not driver and surroundings.logs_rotate):
        return
    cut = settings.log_options.get("max-size", "").strip()
    if (driver and driver not in _GROWING) or cut not in _UNLIMITED:
        return
    fix = service_lines(
        settings,
        "logging:",
        "  driver: json-file",
        "  options:",
        '    max-size: "10m"',
        '    max-file: "3"',
    )
    yield Finding("log_without_rotation", Severity.LOW, fix=fix)

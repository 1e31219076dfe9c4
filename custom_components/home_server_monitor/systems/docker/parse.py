"""From the engine's JSON to models, once. Fields that are missing become None, never an error."""

from collections.abc import Mapping
from datetime import UTC, datetime
import re
from typing import Any

from ...analysis.bandwidth import LINK_LABEL, speed
from ..errors import BadAnswer
from .models import (
    Container,
    ContainerState,
    DiskUsage,
    EngineInfo,
    HealthState,
    Limits,
    Row,
)

SET_ASIDE = "-hsm-old"
"""What the name of a container ends with while its successor proves itself."""

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_NUMBER = "com.docker.compose.container-number"
_ONE_OFF = "com.docker.compose.oneoff"
_VERSION = "org.opencontainers.image.version"
_OWN_LABELS = "home_server_monitor."

# Podman has words of its own for the same states.
_PODMAN_STATES = {
    "stopped": ContainerState.EXITED,
    "configured": ContainerState.CREATED,
    "initialized": ContainerState.CREATED,
    "stopping": ContainerState.RUNNING,
}
_LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * 10**9
_STATUS_HEALTH = re.compile(r"\((?:health: )?(\w+)\)$")
_STATUS_YOUNG = re.compile(
    r"^Up (?:Less than a second|\d+ seconds?|About a minute|a minute|\d minutes?)\b"
)


def container_key(labels: Mapping[str, Any], name: str) -> str:
    """Return what a container is called across recreations: project/service, else its name.

    One that was put aside for its successor answers to the same key as the successor.
    """
    name = name.removesuffix(SET_ASIDE)
    project, service = labels.get(_PROJECT), labels.get(_SERVICE)
    if not project or not service or str(labels.get(_ONE_OFF, "")).lower() == "true":
        return name
    number = str(labels.get(_NUMBER, "1"))
    return f"{project}/{service}" if number == "1" else f"{project}/{service}/{number}"


def state_of(word: object) -> ContainerState:
    """Return the state for Docker's or Podman's word."""
    text = str(word or "").lower()
    return _PODMAN_STATES.get(text) or ContainerState.of(text)


def health_of_status(status: object) -> HealthState:
    """Return the health that the list's status text ends with: ``Up 3 seconds (unhealthy)``."""
    match = _STATUS_HEALTH.search(str(status or ""))
    if match is None or not str(status).startswith("Up"):
        return HealthState.NONE
    return HealthState.of(match[1]) if match[1] != "Paused" else HealthState.NONE


def started_lately(status: object) -> bool:
    """Whether the list's status text tells of a start within the last minutes."""
    return bool(_STATUS_YOUNG.match(str(status or "")))


def timestamp(text: object) -> datetime | None:
    """Parse the engine's RFC 3339 time, which Podman writes in local time; year 1 means never."""
    if not isinstance(text, str) or not text or text.startswith("0001-"):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except ValueError, OverflowError:
        return None


def mapping(value: object) -> Mapping[str, Any]:
    """Return a JSON object; anything else in its place counts as empty."""
    return value if isinstance(value, dict) else {}


def whole(value: object) -> int | None:
    """Return a JSON number as int, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return int(value)
    except ValueError, OverflowError:  # Python reads NaN and 1e999 for numbers.
        return None


def rows(document: object) -> list[Row]:
    """Parse ``/containers/json``. Raises ``BadAnswer`` where it is no list."""
    if not isinstance(document, list):
        raise BadAnswer("the list of containers is not a list")
    return [
        _row(row) for row in document if isinstance(row, dict) and isinstance(row.get("Id"), str)
    ]


def _row(row: Mapping[str, Any]) -> Row:
    listed = row.get("Names")
    names = tuple(
        str(name).removeprefix("/") for name in (listed if isinstance(listed, list) else ())
    )
    return Row(
        id=row["Id"],
        names=names,
        key=container_key(mapping(row.get("Labels")), (names or (row["Id"][:12],))[0]),
        state=state_of(row.get("State")),
        health=health_of_status(row.get("Status")),
        is_young=started_lately(row.get("Status")),
    )


def event_time(event: Mapping[str, Any]) -> int | None:
    """Return when an event happened, in nanoseconds since 1970; None where it does not say."""
    nanoseconds = whole(event.get("timeNano")) or (whole(event.get("time")) or 0) * 10**9
    return nanoseconds if 0 < nanoseconds < _LATEST else None


def container(document: object) -> Container:
    """Parse ``/containers/{id}/json``. Raises ``BadAnswer`` where there is no id or state."""
    data = mapping(document)
    state = mapping(data.get("State"))
    if not isinstance(data.get("Id"), str) or not state:
        raise BadAnswer("container without id or state")
    config, host = mapping(data.get("Config")), mapping(data.get("HostConfig"))
    labels = mapping(config.get("Labels"))
    word = state_of(state.get("Status"))
    active = word.is_active
    return Container(
        id=data["Id"],
        name=str(data.get("Name") or data["Id"][:12]).removeprefix("/"),
        image=str(config.get("Image") or data.get("ImageName") or data.get("Image") or ""),
        created=timestamp(data.get("Created")),
        version=_text(labels.get(_VERSION)),
        state=word,
        health=_health(state, active),
        started_at=timestamp(state.get("StartedAt")) if active else None,
        exit_code=None if active else _exit_code(state),
        error=_text(state.get("Error")),
        oom_killed=bool(state.get("OOMKilled")),
        restart_count=whole(data.get("RestartCount")) or 0,
        restart_policy=str(mapping(host.get("RestartPolicy")).get("Name") or "no"),
        project=_text(labels.get(_PROJECT)),
        service=_text(labels.get(_SERVICE)),
        ports=_ports(mapping(data.get("NetworkSettings")).get("Ports")),
        limits=limits(host),
        labels={name: str(value) for name, value in labels.items() if name.startswith(_OWN_LABELS)},
    )


def limits(host_config: Mapping[str, Any]) -> Limits:
    """Return the limits in a ``HostConfig``."""
    nano = _above_zero(host_config.get("NanoCpus"))
    quota = _above_zero(host_config.get("CpuQuota"))
    period = _above_zero(host_config.get("CpuPeriod")) or 100_000
    return Limits(
        cpus=nano / 1e9 if nano else quota / period if quota else None,
        memory=_above_zero(host_config.get("Memory")),
        memory_swap=_above_zero(host_config.get("MemorySwap")),
        pids=_above_zero(host_config.get("PidsLimit")),
    )


def _above_zero(value: object) -> int | None:
    """Return a number that limits something; the engine writes none as 0, -1 or null."""
    number = whole(value)
    # Beyond 64 bits it is no answer of an engine, and too much for a float.
    return number if number is not None and 0 < number < 1 << 63 else None


def labels_of(document: object) -> Mapping[str, Any]:
    """Return the labels of an inspected container."""
    return mapping(mapping(mapping(document).get("Config")).get("Labels"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _health(state: Mapping[str, Any], active: bool) -> HealthState:
    """The engine keeps the last word of a stopped container's check; it says nothing any more."""
    word = _text(mapping(state.get("Health") or state.get("Healthcheck")).get("Status"))
    return HealthState.of(word) if active and word else HealthState.NONE


def _exit_code(state: Mapping[str, Any]) -> int | None:
    """A container that never ran has an exit code of zero that means nothing."""
    ended = timestamp(state.get("FinishedAt")) is not None or bool(state.get("Error"))
    return whole(state.get("ExitCode")) if ended else None


def _ports(ports: object) -> tuple[str, ...]:
    """Return published ports as ``[address:]port->port/protocol``, any address left out."""
    published = set()
    for inside, bindings in mapping(ports).items():
        for binding in bindings if isinstance(bindings, list) else ():
            address, port = mapping(binding).get("HostIp"), mapping(binding).get("HostPort")
            if port:
                where = "" if address in (None, "", "0.0.0.0", "::") else f"{address}:"  # noqa: S104 - compared with, not bound to
                published.add(f"{where}{port}->{inside}")
    return tuple(sorted(published))


def engine_info(version: object, info: object) -> EngineInfo:
    """Parse ``/version`` and ``/info``."""
    told, known = mapping(version), mapping(info)
    return EngineInfo(
        version=str(told.get("Version") or ""),
        api_version=str(told.get("ApiVersion") or ""),
        operating_system=_text(known.get("OperatingSystem")),
        kernel=_text(told.get("KernelVersion")),
        architecture=_text(told.get("Arch")),
        cpus=whole(known.get("NCPU")),
        memory=whole(known.get("MemTotal")),
        images=whole(known.get("Images")),
        link_speed=_link_speed(known.get("Labels")),
    )


def _link_speed(labels: object) -> float | None:
    """Return the link speed that a label of the engine tells, as ``name=2.5G``."""
    for label in labels if isinstance(labels, list) else ():
        name, _, text = str(label).partition("=")
        if name == LINK_LABEL:
            return speed(text)
    return None


def disk_usage(document: object) -> DiskUsage:
    """Parse ``/system/df``; what pruning frees is counted as ``docker system df`` does."""
    data = mapping(document)
    if "Images" not in data and "LayersSize" not in data:
        raise BadAnswer("not a disk usage report")
    images, volumes = _rows(data, "Images"), _rows(data, "Volumes")
    used_layers = sum(
        (whole(row.get("Size")) or 0) - max(whole(row.get("SharedSize")) or 0, 0)
        for row in images
        if (whole(row.get("Containers")) or 0) > 0
    )
    layers = whole(data.get("LayersSize")) or 0
    return DiskUsage(
        images=layers,
        images_reclaimable=max(layers - used_layers, 0),
        containers=sum(whole(row.get("SizeRw")) or 0 for row in _rows(data, "Containers")),
        volumes=sum(_volume_size(row) for row in volumes),
        volumes_reclaimable=sum(_volume_size(row) for row in volumes if not _in_use(row)),
        build_cache=sum(
            whole(row.get("Size")) or 0
            for row in _rows(data, "BuildCache")
            if not row.get("Shared")
        ),
    )


def _rows(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = data.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _volume_size(row: Mapping[str, Any]) -> int:
    return max(whole(mapping(row.get("UsageData")).get("Size")) or 0, 0)


def _in_use(row: Mapping[str, Any]) -> bool:
    return (whole(mapping(row.get("UsageData")).get("RefCount")) or 0) > 0

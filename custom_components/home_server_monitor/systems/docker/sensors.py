"""What is shown of containers, stacks and hosts: sensors, binary sensors and events."""

from collections.abc import Callable

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfDataRate, UnitOfInformation, UnitOfRatio

from ..system import BinarySensor, Description, Event, Sensor
from .events import EVENT_TYPES
from .models import (
    Container,
    ContainerState,
    ContainerUsage,
    DiskUsage,
    EngineInfo,
    Environment,
    HealthState,
    Host,
    HostUsage,
    PortainerServer,
    Stack,
    StackState,
)

_LONGEST_STATE = 255


def _detail[ItemT](
    _model: type[ItemT],
    key: str,
    value: Callable[[ItemT], str | int | None],
    exists: Callable[[ItemT], bool] = lambda _: True,
) -> Sensor[ItemT]:
    """Build a sensor that is there for whoever looks for it."""
    return Sensor(
        key=key,
        value=value,
        exists=exists,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _trouble[ItemT](
    _model: type[ItemT],
    key: str,
    value: Callable[[ItemT], bool | None],
    *,
    enabled: bool = False,
) -> BinarySensor[ItemT]:
    return BinarySensor(
        key=key,
        value=value,
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


def _percent[ItemT](
    _model: type[ItemT], key: str, value: Callable[[ItemT], float | None], *, enabled: bool = False
) -> Sensor[ItemT]:
    return Sensor(
        key=key,
        value=lambda item: _rounded(value(item), 2),
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        entity_registry_enabled_default=enabled,
    )


def _size[ItemT](
    _model: type[ItemT],
    key: str,
    value: Callable[[ItemT], int | None],
    *,
    enabled: bool = False,
    unit: UnitOfInformation = UnitOfInformation.MEBIBYTES,
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT,
    category: EntityCategory | None = None,
) -> Sensor[ItemT]:
    return Sensor(
        key=key,
        value=value,
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=unit,
        suggested_display_precision=2 if unit is UnitOfInformation.GIBIBYTES else 1,
        state_class=state_class,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


def _total(key: str, value: Callable[[ContainerUsage], int | None]) -> Sensor[ContainerUsage]:
    return _size(ContainerUsage, key, value, state_class=SensorStateClass.TOTAL_INCREASING)


def _rate[ItemT](
    _model: type[ItemT],
    key: str,
    value: Callable[[ItemT], float | None],
    *,
    enabled: bool = False,
) -> Sensor[ItemT]:
    return Sensor(
        key=key,
        value=lambda item: _rounded(value(item), 0),
        device_class=SensorDeviceClass.DATA_RATE,
        native_unit_of_measurement=UnitOfDataRate.BYTES_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.KILOBYTES_PER_SECOND,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=enabled,
    )


def _count[ItemT](
    _model: type[ItemT], key: str, value: Callable[[ItemT], int | None]
) -> Sensor[ItemT]:
    return Sensor(key=key, value=value, state_class=SensorStateClass.MEASUREMENT)


def _too_much(item: ContainerUsage | HostUsage) -> bool | None:
    return None if item.alarm is None else item.alarm.active


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


CONTAINER: tuple[Description, ...] = (
    Sensor[Container](
        key="container_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(ContainerState),
        value=lambda item: item.state,
    ),
    Sensor[Container](
        key="container_health",
        device_class=SensorDeviceClass.ENUM,
        options=list(HealthState),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.health,
    ),
    Sensor[Container](
        key="container_started",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.started_at,
    ),
    _detail(Container, "container_image", lambda item: item.image[:_LONGEST_STATE]),
    _detail(
        Container,
        "container_version",
        lambda item: item.version and item.version[:_LONGEST_STATE],
        lambda item: item.version is not None,
    ),
    _detail(Container, "container_exit_code", lambda item: item.exit_code),
    _detail(Container, "container_restart_count", lambda item: item.restart_count),
    _detail(
        Container,
        "container_ports",
        lambda item: ", ".join(item.ports)[:_LONGEST_STATE] or None,
        lambda item: bool(item.ports),
    ),
    Sensor[Container](
        key="container_cpu_limit",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=2,
        value=lambda item: item.limits.cpus,
    ),
    Sensor[Container](
        key="container_memory_limit",
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEBIBYTES,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda item: item.limits.memory,
    ),
    _trouble(Container, "container_problem", lambda item: item.has_problem),
    _trouble(Container, "container_restart_loop", lambda item: item.restart_loop),
    _trouble(Container, "container_out_of_memory", lambda item: item.oom_killed),
    Event[Container](key="container_event", event_types=EVENT_TYPES),
)

CONTAINER_USAGE: tuple[Description, ...] = (
    _percent(ContainerUsage, "container_cpu", lambda item: item.cpu, enabled=True),
    _percent(ContainerUsage, "container_cpu_cores", lambda item: item.cpu_cores),
    _size(ContainerUsage, "container_memory", lambda item: item.memory, enabled=True),
    _percent(ContainerUsage, "container_memory_percent", lambda item: item.memory_percent),
    _rate(ContainerUsage, "container_network_receive_rate", lambda item: item.network_receive_rate),
    _rate(ContainerUsage, "container_network_send_rate", lambda item: item.network_send_rate),
    _total("container_network_received", lambda item: item.network_received),
    _total("container_network_sent", lambda item: item.network_sent),
    _rate(ContainerUsage, "container_block_read_rate", lambda item: item.block_read_rate),
    _rate(ContainerUsage, "container_block_write_rate", lambda item: item.block_write_rate),
    _total("container_block_read", lambda item: item.block_read),
    _total("container_block_written", lambda item: item.block_written),
    _trouble(ContainerUsage, "container_over_quota", lambda item: item.over_quota),
    _trouble(ContainerUsage, "container_bandwidth_high", _too_much),
)

STACK: tuple[Description, ...] = (
    Sensor[Stack](
        key="stack_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(StackState),
        value=lambda item: item.state,
    ),
    _count(Stack, "stack_running", lambda item: item.running),
    _count(Stack, "stack_containers", lambda item: item.total),
)

HOST: tuple[Description, ...] = (
    _count(Host, "host_running", lambda item: item.running),
    _count(Host, "host_stopped", lambda item: item.stopped),
    _count(Host, "host_unhealthy", lambda item: item.unhealthy),
    _count(Host, "host_restart_loops", lambda item: item.looping),
    BinarySensor[Host](
        key="host_problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda item: bool(item.unhealthy or item.looping),
    ),
    Sensor[Host](
        key="host_version",
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda item: item.version,
    ),
)

HOST_USAGE: tuple[Description, ...] = (
    _percent(HostUsage, "host_cpu", lambda item: item.cpu, enabled=True),
    _size(
        HostUsage,
        "host_memory",
        lambda item: item.memory,
        enabled=True,
        unit=UnitOfInformation.GIBIBYTES,
    ),
    _rate(
        HostUsage,
        "host_network_receive_rate",
        lambda item: item.network_receive_rate,
        enabled=True,
    ),
    _rate(HostUsage, "host_network_send_rate", lambda item: item.network_send_rate, enabled=True),
    _trouble(HostUsage, "host_bandwidth_high", _too_much, enabled=True),
)

ENGINE_INFO: tuple[Description, ...] = (
    Sensor[EngineInfo](
        key="engine_images",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda item: item.images,
    ),
    _detail(EngineInfo, "engine_api_version", lambda item: item.api_version),
    _detail(EngineInfo, "engine_operating_system", lambda item: item.operating_system),
    _detail(EngineInfo, "engine_kernel", lambda item: item.kernel),
    _detail(EngineInfo, "engine_architecture", lambda item: item.architecture),
    _detail(EngineInfo, "engine_cpus", lambda item: item.cpus),
    _size(EngineInfo, "engine_memory", lambda item: item.memory, unit=UnitOfInformation.GIBIBYTES),
)


def _disk(
    key: str, value: Callable[[DiskUsage], int | None], *, enabled: bool = True
) -> Sensor[DiskUsage]:
    return _size(
        DiskUsage,
        key,
        value,
        enabled=enabled,
        unit=UnitOfInformation.GIBIBYTES,
        category=EntityCategory.DIAGNOSTIC,
    )


DISK_USAGE: tuple[Description, ...] = (
    _disk("disk_images", lambda item: item.images),
    _disk("disk_images_reclaimable", lambda item: item.images_reclaimable),
    _disk("disk_containers", lambda item: item.containers, enabled=False),
    _disk("disk_volumes", lambda item: item.volumes),
    _disk("disk_volumes_reclaimable", lambda item: item.volumes_reclaimable, enabled=False),
    _disk("disk_build_cache", lambda item: item.build_cache, enabled=False),
)

ENVIRONMENT: tuple[Description, ...] = (
    BinarySensor[Environment](
        key="environment_connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda item: item.is_up,
    ),
)

PORTAINER: tuple[Description, ...] = (
    Sensor[PortainerServer](
        key="portainer_version",
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda item: item.version,
    ),
)

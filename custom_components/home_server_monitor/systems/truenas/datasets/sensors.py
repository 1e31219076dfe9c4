"""What is shown of datasets, and of the space of pools."""

from collections.abc import Callable

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfInformation, UnitOfRatio

from ...system import BinarySensor, Description, Sensor
from .models import Dataset, Encryption, PoolSpace


def _size[ItemT](
    _model: type[ItemT], key: str, value: Callable[[ItemT], int | None], *, enabled: bool = False
) -> Sensor[ItemT]:
    return Sensor(
        key=key,
        value=value,
        device_class=SensorDeviceClass.DATA_SIZE,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=enabled,
    )


def _percent[ItemT](
    _model: type[ItemT],
    key: str,
    value: Callable[[ItemT], float | None],
    exists: Callable[[ItemT], bool] = lambda _: True,
) -> Sensor[ItemT]:
    return Sensor(
        key=key,
        value=lambda item: None if (share := value(item)) is None else round(share, 2),
        exists=exists,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
    )


def _ratio[ItemT: (Dataset, PoolSpace)](_model: type[ItemT], key: str) -> Sensor[ItemT]:
    return Sensor(
        key=key,
        value=lambda item: item.ratio,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    )


def _encryption[ItemT: (Dataset, PoolSpace)](_model: type[ItemT], key: str) -> Sensor[ItemT]:
    return Sensor(
        key=key,
        value=lambda item: item.encryption,
        exists=lambda item: item.encryption is not Encryption.NONE,
        device_class=SensorDeviceClass.ENUM,
        options=list(Encryption),
        entity_category=EntityCategory.DIAGNOSTIC,
    )


POOL: tuple[Description, ...] = (
    _percent(PoolSpace, "pool_used_percent", lambda item: item.used_percent),
    _size(PoolSpace, "pool_free", lambda item: item.available, enabled=True),
    _size(PoolSpace, "pool_used", lambda item: item.used),
    _size(PoolSpace, "pool_size", lambda item: item.size),
    _size(PoolSpace, "snapshot_space", lambda item: item.snapshots),
    _ratio(PoolSpace, "pool_compression"),
    _encryption(PoolSpace, "pool_encryption"),
)

DATASET: tuple[Description, ...] = (
    _size(Dataset, "dataset_used", lambda item: item.used, enabled=True),
    _size(Dataset, "dataset_available", lambda item: item.available),
    _percent(
        Dataset,
        "dataset_quota_used",
        lambda item: item.quota_used,
        exists=lambda item: item.has_quota,
    ),
    BinarySensor[Dataset](
        key="dataset_quota_alarm",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=lambda item: item.quota_alarm,
        exists=lambda item: item.has_quota,
    ),
    _size(Dataset, "dataset_quota", lambda item: item.quota or item.own_quota),
    _size(Dataset, "snapshot_space", lambda item: item.snapshots),
    _ratio(Dataset, "dataset_compression"),
    _encryption(Dataset, "dataset_encryption"),
)

"""What is shown of the NAS itself."""

from collections.abc import Callable

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory

from ....system import Description, Sensor
from .models import Nas


def _load(
    minutes: int, value: Callable[[Nas], float | None], *, enabled: bool = False
) -> Sensor[Nas]:
    return Sensor(
        key=f"nas_load_{minutes}",
        value=value,
        exists=lambda nas: value(nas) is not None,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_registry_enabled_default=enabled,
    )


NAS: tuple[Description, ...] = (
    _load(1, lambda nas: nas.load_1, enabled=True),
    _load(5, lambda nas: nas.load_5),
    _load(15, lambda nas: nas.load_15),
    Sensor[Nas](
        key="nas_booted",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=lambda nas: nas.booted,
        exists=lambda nas: nas.booted is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)

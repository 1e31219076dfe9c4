"""What is shown of a container's image: the update that is offered, and why there is none."""

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory

from ...procedures import container_update
from ..system import Description, Sensor, Update
from .groups import Engines
from .updates import ContainerImage, Verdict

CONTAINER_IMAGE: tuple[Description, ...] = (
    Update[Engines, ContainerImage](
        key="container_update",
        installed=lambda item: item.installed,
        latest=lambda item: item.latest,
        release_url=lambda item: item.release_url,
        install=container_update.install,
        # Where nothing can be newer there is nothing to offer; the sensor says why.
        exists=lambda item: item.image_id is not None and item.verdict.is_followed,
        entity_registry_enabled_default=False,
    ),
    Sensor[ContainerImage](
        key="container_update_state",
        device_class=SensorDeviceClass.ENUM,
        options=[verdict.value for verdict in Verdict],
        value=lambda item: item.verdict.value,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

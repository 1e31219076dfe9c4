"""How a container is set up, as against how it fares: read from what ``inspect`` tells."""

from .models import ContainerSettings, Limits, MountPoint, PublishedPort
from .parse import container_settings, path_mode

__all__ = [
    "ContainerSettings",
    "Limits",
    "MountPoint",
    "PublishedPort",
    "container_settings",
    "path_mode",
]

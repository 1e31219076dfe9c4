"""A simulated Docker Engine (and Podman), and a proxy that permits only part of it."""

from .household import furnish, furnish_attic
from .images import SimulatedEngine
from .model import Container, EngineError, Image, Mount
from .proxy import SocketProxy
from .usage import HOST_CPUS, HOST_MEMORY, Usage, Wave

__all__ = [
    "HOST_CPUS",
    "HOST_MEMORY",
    "Container",
    "EngineError",
    "Image",
    "Mount",
    "SimulatedEngine",
    "SocketProxy",
    "Usage",
    "Wave",
    "furnish",
    "furnish_attic",
]

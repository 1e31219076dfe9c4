"""What is known of a container's neighbourhood, which its own document does not tell."""

from __future__ import annotations

from dataclasses import dataclass
import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...systems.docker.settings.models import ContainerSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """The host around a container.

    ``neighbours`` are all containers of the host, the judged one may be among them. ``pool_roots``
    are the mount points of storage pools (``/mnt/tank``). ``outside_ports`` are the host's ports that
    are known to be reached from the internet, as (port, "tcp" or "udp"). ``administrators`` are user
    ids that are more than an application's. The engine: ``rootless`` when root inside is nobody
    outside (rootless mode or user namespaces), ``no_new_privileges`` and ``logs_rotate`` when its own
    configuration sees to these by default.
    """

    neighbours: tuple[ContainerSettings, ...] = ()
    pool_roots: tuple[str, ...] = ()
    outside_ports: frozenset[tuple[int, str]] = frozenset()
    administrators: frozenset[int] = frozenset({0})
    rootless: bool = False
    no_new_privileges: bool = False
    logs_rotate: bool = False

    @property
    def pools(self) -> frozenset[str]:
        """Return the pool roots as the mounts write their paths."""
        return frozenset(clean_path(root) for root in self.pool_roots if root.startswith("/"))


NOWHERE = Surroundings()


def clean_path(path: str) -> str:
    """Return an absolute path in its shortest form, anything else as it is."""
    if not path.startswith("/"):
        return path
    return "/" + posixpath.normpath(path).lstrip("/")


def is_within(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")

"""What must be so before a container is touched, or the update is refused."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
import socket
from typing import Any

from ..systems.docker import parse
from ..systems.docker.operations import name_of
from ..systems.errors import Refused

LABEL = "home_server_monitor.update"

_SWARM_TASK = "com.docker.swarm.task.id"
_PORTAINER = ("portainer/portainer", "portainer/agent", "portainer-ce", "portainer-ee")
_PROXIES = ("socket-proxy", "socketproxy", "dockerproxy", "docker-proxy")
# Mounted from the container's own folder at the engine; other mounts may be of other containers.
_OWN_FILES = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")

type Document = Mapping[str, Any]


async def own_traces() -> str:
    """Return what tells the id of the container that Home Assistant runs in, if it runs in one."""

    def read() -> str:
        return traces(socket.gethostname(), *map(_text, ("cgroup", "mountinfo")))

    return await asyncio.to_thread(read)


def _text(name: str) -> str:
    try:
        return FilePath("/proc/self", name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def traces(hostname: str, cgroup: str, mountinfo: str) -> str:
    """Keep what tells of one's own container: the host name, then lines that may hold its id."""
    mounts = (line.split(" ") for line in mountinfo.splitlines())
    own = (mount[3] for mount in mounts if len(mount) > 4 and mount[4] in _OWN_FILES)
    return "\n".join((hostname, cgroup, *own))


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What is around a container: all ``others``, the ``traces`` that ``own_traces`` found.

    ``behind_portainer`` tells that the engine is reached through Portainer, ``left_alone`` that
    the options keep the container from being updated.
    """

    others: Sequence[Document]
    traces: str
    behind_portainer: bool = False
    left_alone: bool = False


def check(container: Document, around: Surroundings, *, aside: str, force: bool) -> None:
    """Raise ``Refused`` for a container that cannot be exchanged safely.

    ``aside`` is the ending of the name that the old container gets. ``force`` lets only those
    pass of which the user may know better.
    """
    others = around.others
    _check_kind(container, aside)
    if is_own(container, around.traces):
        raise Refused("home_assistant")
    if around.behind_portainer and _is_portainer(container):
        raise Refused("portainer_itself")
    _check_sharing(container, others)
    name = name_of(container)
    if any(name_of(other) == name + aside for other in others):
        raise Refused("name_taken", name=name + aside)
    if not force:
        _check_wishes(container)
        if around.left_alone:
            raise Refused("left_alone")


def _check_kind(container: Document, aside: str) -> None:
    config, host = (
        parse.mapping(container.get("Config")),
        parse.mapping(container.get("HostConfig")),
    )
    state = parse.mapping(container.get("State"))
    if _SWARM_TASK in parse.mapping(config.get("Labels")):
        raise Refused("swarm")
    if host.get("AutoRemove"):
        raise Refused("auto_remove")
    if name_of(container).endswith(aside):
        raise Refused("set_aside")
    if not state.get("Running") or state.get("Paused"):
        raise Refused("not_running")


def is_own(container: Document, traces: str) -> bool:
    """Whether this is the container that Home Assistant runs in."""
    container_id = str(container["Id"])
    hostname, _, rest = traces.partition("\n")
    return container_id in rest or hostname == container_id[:12]


def _check_sharing(container: Document, others: Sequence[Document]) -> None:
    mode = str(parse.mapping(container.get("HostConfig")).get("NetworkMode") or "")
    if mode.startswith("container:"):
        raise Refused("shares_network", name=_called(mode.partition(":")[2], others))
    if users := sorted(name_of(other) for other in others if _depends(other, container)):
        raise Refused("shared", names=", ".join(users))


def _called(reference: str, others: Sequence[Document]) -> str:
    names = (name_of(other) for other in others if str(other["Id"]) == reference)
    return next(names, reference)


def _depends(other: Document, container: Document) -> bool:
    """Whether another container lives in this one's namespaces, or is linked to it."""
    name, container_id = name_of(container), str(container["Id"])
    for reference in _references(parse.mapping(other.get("HostConfig"))):
        if reference == name or (reference and container_id.startswith(reference)):
            return True
    return False


def _references(host: Document) -> Iterator[str]:
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        word, _, reference = str(host.get(key) or "").partition(":")
        if word == "container":
            yield reference
    for link in host.get("Links") or ():
        yield str(link).partition(":")[0].removeprefix("/")


def _check_wishes(container: Document) -> None:
    config = parse.mapping(container.get("Config"))
    if _is_portainer(container):
        raise Refused("portainer")
    if any(word in _image(container) for word in _PROXIES):
        raise Refused("socket_proxy")
    if str(parse.mapping(config.get("Labels")).get(LABEL, "")).lower() == "false":
        raise Refused("opted_out", label=LABEL)


def _image(container: Document) -> str:
    return str(parse.mapping(container.get("Config")).get("Image") or "").lower()


def _is_portainer(container: Document) -> bool:
    return any(word in _image(container) for word in _PORTAINER)


def check_image(reference: str, image: Document) -> None:
    """Raise ``Refused`` for an image of which nothing newer can be had."""
    if "@" in reference or reference.startswith("sha256:"):
        raise Refused("pinned", image=reference)
    if not image.get("RepoDigests"):
        raise Refused("built_locally", image=reference)

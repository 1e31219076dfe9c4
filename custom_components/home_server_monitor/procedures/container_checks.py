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

    ``behind_portainer`` tells that the engine is reached through Portainer, ``updates`` that the
    container is to be updated and not only made anew, ``left_alone`` that the options forbid that.
    """

    others: Sequence[Document]
    traces: str
    behind_portainer: bool = False
    updates: bool = True
    left_alone: bool = False


def check(
    container: Document, around: Surroundings, *, aside: str, force: bool
) -> tuple[Document, ...]:
    """Return the guests of a container, those that live in its network, by name.

    Raises ``Refused`` for one that cannot be exchanged safely together with them. ``aside`` is the
    ending of the name that the old container gets. ``force`` lets only those pass of which the
    user may know better.
    """
    others = around.others
    _check_kind(container, aside)
    if is_own(container, around.traces):
        raise Refused("home_assistant")
    if around.behind_portainer and _is_portainer(container):
        raise Refused("portainer_itself")
    _check_host(container, others)
    guests = _guests(container, others)
    for guest in guests:
        _check_guest(guest, around, aside=aside, force=force)
    for name in map(name_of, (container, *guests)):
        if any(name_of(other) == name + aside for other in others):
            raise Refused("name_taken", name=name + aside)
    if not force:
        _check_wishes(container)
        if around.updates:
            _check_opted_out(container, around)
    return guests


def _check_kind(container: Document, aside: str) -> None:
    _check_lasting(container, aside)
    state = parse.mapping(container.get("State"))
    if not state.get("Running") or state.get("Paused"):
        raise Refused("not_running")


def _check_lasting(container: Document, aside: str) -> None:
    config, host = (
        parse.mapping(container.get("Config")),
        parse.mapping(container.get("HostConfig")),
    )
    if _SWARM_TASK in parse.mapping(config.get("Labels")):
        raise Refused("swarm")
    if host.get("AutoRemove"):
        raise Refused("auto_remove")
    if name_of(container).endswith(aside):
        raise Refused("set_aside")


def is_own(container: Document, traces: str) -> bool:
    """Whether this is the container that Home Assistant runs in."""
    container_id = str(container["Id"])
    hostname, _, rest = traces.partition("\n")
    return container_id in rest or hostname == container_id[:12]


# --- sharing --------------------------------------------------------------------------------------


def _check_host(container: Document, others: Sequence[Document]) -> None:
    """A guest can be made anew only while the one whose network it lives in runs."""
    for key, reference in _references(container):
        if key != "NetworkMode":
            continue
        host = next((other for other in others if _is_meant(reference, other)), None)
        if host is None or not parse.mapping(host.get("State")).get("Running"):
            raise Refused("shares_network", name=name_of(host) if host else reference)


def _guests(container: Document, others: Sequence[Document]) -> tuple[Document, ...]:
    """Return those that live in its network; refuse what hangs on it, or on them, otherwise."""
    hanging = {name_of(other): other for other in others if _ways(other, container)}
    bound = [name for name, other in hanging.items() if _ways(other, container) != {"NetworkMode"}]
    for guest in hanging.values():
        bound += [name_of(other) for other in (*others, container) if _ways(other, guest)]
    if bound:
        raise Refused("shared", names=", ".join(sorted(set(bound))))
    return tuple(hanging[name] for name in sorted(hanging))


def _ways(other: Document, container: Document) -> set[str]:
    """Return the settings by which another container hangs on this one."""
    return {key for key, reference in _references(other) if _is_meant(reference, container)}


def _is_meant(reference: str, container: Document) -> bool:
    return bool(reference) and (
        reference == name_of(container) or str(container["Id"]).startswith(reference)
    )


def _references(container: Document) -> Iterator[tuple[str, str]]:
    host = parse.mapping(container.get("HostConfig"))
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        word, _, reference = str(host.get(key) or "").partition(":")
        if word == "container":
            yield key, reference
    for link in host.get("Links") or ():
        yield "Links", str(link).partition(":")[0].removeprefix("/")


def _check_guest(guest: Document, around: Surroundings, *, aside: str, force: bool) -> None:
    """Refuse what cannot be made anew together with its host."""
    name, state = name_of(guest), parse.mapping(guest.get("State"))
    if is_own(guest, around.traces):
        raise Refused("guest_home_assistant", name=name)
    if _is_portainer(guest) and (around.behind_portainer or not force):
        raise Refused("guest_portainer", name=name)
    if _is_proxy(guest) and not force:
        raise Refused("guest_socket_proxy", name=name)
    try:
        _check_lasting(guest, aside)
    except Refused as err:
        raise Refused("guest", name=name) from err
    if state.get("Paused"):
        raise Refused("guest_paused", name=name)


# --- the container itself -------------------------------------------------------------------------


def _check_wishes(container: Document) -> None:
    if _is_portainer(container):
        raise Refused("portainer")
    if _is_proxy(container):
        raise Refused("socket_proxy")


def _check_opted_out(container: Document, around: Surroundings) -> None:
    if around.left_alone:
        raise Refused("left_alone")
    config = parse.mapping(container.get("Config"))
    if str(parse.mapping(config.get("Labels")).get(LABEL, "")).lower() == "false":
        raise Refused("opted_out", label=LABEL)


def _image(container: Document) -> str:
    return str(parse.mapping(container.get("Config")).get("Image") or "").lower()


def _is_portainer(container: Document) -> bool:
    return any(word in _image(container) for word in _PORTAINER)


def _is_proxy(container: Document) -> bool:
    return any(word in _image(container) for word in _PROXIES)


def check_image(reference: str, image: Document) -> None:
    """Raise ``Refused`` for an image of which nothing newer can be had."""
    if "@" in reference or reference.startswith("sha256:"):
        raise Refused("pinned", image=reference)
    if not image.get("RepoDigests"):
        raise Refused("built_locally", image=reference)

"""The audit of mount points: who owns the host's folder, and who may change it.

Whoever calls reads owner and mode by whatever way there is; this only judges.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
import re
import shlex
from typing import TYPE_CHECKING

from .mounts import is_engine_socket, is_system_path
from .privileges import runs_as
from .report import Finding, Severity
from .surroundings import NOWHERE, Surroundings, clean_path, is_within

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ...systems.docker.settings.models import ContainerSettings, MountPoint

FIRST_ID = 3000
_STICKY = 0o1000
_LAST_ID = 60_000
_NOT_A_USER_NAME = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class PathFacts:
    """What is known of the host's side of a mount.

    ``mode`` are Unix permission bits (0o000 to 0o7777; a file's type bits do no harm). ``uid`` and
    ``gid`` are None where they are not known. ``shared_with`` names the other containers that mount the same folder, or one within it.
    """

    mount: MountPoint
    mode: int
    uid: int | None = None
    gid: int | None = None
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a mount point should belong to: a user (and group) of the container's own."""

    name: str
    id: int


def judge_path(
    facts: PathFacts, owner: Owner, surroundings: Surroundings = NOWHERE
) -> tuple[Finding, ...]:
    """Return what is wrong with a mount point, with the shell commands that give it to ``owner``.

    Nothing is said of system files, engine sockets, whole pools and the engine's own volumes: there
    the owner is right, and changing it would break the host.
    """
    mount, path = facts.mount, clean_path(facts.mount.source)
    if mount.kind != "bind" or not path.startswith("/") or is_engine_socket(mount):
        return ()
    if is_system_path(path) or any(is_within(pool, path) for pool in surroundings.pools):
        return ()
    return tuple(_findings(facts, path, owner, surroundings))


def _findings(
    facts: PathFacts, path: str, owner: Owner, surroundings: Surroundings
) -> Iterator[Finding]:
    mode = f"{facts.mode & 0o7777:o}"
    fix = _commands(facts, path, owner)
    if facts.mode & 0o002:
        # Sticky, as /tmp is: everybody may add, nobody may take another's away.
        severity = Severity.MEDIUM if facts.mode & _STICKY else Severity.HIGH
        yield Finding("world_writable_path", severity, (path,), {"path": path, "mode": mode}, fix)
    if facts.uid in surroundings.administrators and not facts.mount.read_only:
        values = {"path": path, "owner": "root" if facts.uid == 0 else str(facts.uid)}
        yield Finding("administrator_owned_path", Severity.MEDIUM, (path,), values, fix)


def _commands(facts: PathFacts, path: str, owner: Owner) -> str:
    place = shlex.quote(path)
    if facts.shared_with:
        # Several write here: what they share is a group, and new files must be of that group too.
        return "\n".join(
            (
                f"groupadd --gid {owner.id} shared",
                f"chown -R {owner.id}:{owner.id} {place}",
                f"chmod -R g+rwX,o-rwx {place}",
                f"chmod 2770 {place}",
                f"# and in each of the containers that use it: group_add: ['{owner.id}']",
            )
        )
    return "\n".join(
        (
            f"groupadd --gid {owner.id} {owner.name}",
            f"useradd --uid {owner.id} --gid {owner.id} -M -s /usr/sbin/nologin {owner.name}",
            f"chown -R {owner.id}:{owner.id} {place}",
            f"chmod -R o-rwx {place}",
            f"chmod 750 {place}",
            f"# and in the compose file: user: '{owner.id}:{owner.id}' (or PUID and PGID)",
        )
    )


def owners(
    containers: Iterable[ContainerSettings], taken: Collection[int] = ()
) -> Mapping[str, Owner]:
    """Return a user of its own for each container, by container name.

    A container that runs as an ordinary user which is nobody else's keeps that id; the others get
    ids that are free, and the same containers always the same. ``taken`` are the host's ids in use.
    """
    every = {each.name: runs_as(each) for each in containers}
    used = Counter(every.values())
    kept = {name: uid for name, uid in every.items() if uid and used[uid] == 1}
    free = iter(sorted(set(range(FIRST_ID, _LAST_ID)) - {*taken, *kept.values()}))
    return {
        name: Owner(_user_name(name), kept[name] if name in kept else next(free))
        for name in sorted(every)
    }


def _user_name(name: str) -> str:
    short = _NOT_A_USER_NAME.sub("-", name.lower()).strip("-_")[:28]
    return short if short[:1].isalpha() else f"app-{short}".rstrip("-")


def sharers(
    mount: MountPoint, settings: ContainerSettings, containers: Iterable[ContainerSettings]
) -> tuple[str, ...]:
    """Return the names of the other containers that mount the same folder, or one within or above."""
    path = clean_path(mount.source)
    return tuple(
        sorted(
            {
                other.name
                for other in containers
                if other.name != settings.name
                for each in other.mounts
                if each.kind == "bind" and _overlap(path, clean_path(each.source))
            }
        )
    )


def _overlap(one: str, other: str) -> bool:
    if "/" in (one, other):
        return one == other
    return is_within(one, other) or is_within(other, one)

"""Who owns what a container mounts, and who may change it.

Told by the machine itself where that is a system of its own here, else read through the engine.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
import io
import tarfile

from ...analysis import container_audit
from ...analysis.container_audit import Finding, Owner, PathFacts, Surroundings
from ..errors import CannotConnect, HomeServerError, InvalidAuth
from ..neighbours import FileTeller, Neighbour
from .client import Engine
from .settings import ContainerSettings, MountPoint, path_mode

# The smallest archive there is, and enough for one entry with an extended header before it.
_HEAD = 1536
_AT_ONCE = 4


async def file_teller(engine: Engine, neighbours: Iterable[Neighbour]) -> FileTeller | None:
    """Return the client of the machine that the engine runs on, told by the machine's name."""
    tellers = [one.client for one in neighbours if isinstance(one.client, FileTeller)]
    if not tellers:
        return None
    _, name = await engine.identity()
    return next((one for one in tellers if name and _short(one.hostname) == _short(name)), None)


def _short(name: str) -> str:
    return name.partition(".")[0].lower()


async def judge_mounts(
    engine: Engine,
    settings: ContainerSettings,
    around: Surroundings,
    teller: FileTeller | None = None,
) -> tuple[list[Finding], list[str]]:
    """Return what is wrong with the folders that are mounted, and the targets that are not known.

    ``teller`` is asked first. Raises what is the engine's own trouble.
    """
    owner = container_audit.owners(around.neighbours)[settings.name]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(mount: MountPoint) -> PathFacts | None:
        async with gate:
            shared_with = container_audit.sharers(mount, settings, around.neighbours)
            told = await _told_by_machine(teller, mount) if teller else None
            told = told or await _told_by_engine(engine, settings.id, mount)
            return replace(told, shared_with=shared_with) if told else None

    mounts = [mount for mount in settings.mounts if mount.kind == "bind"]
    found = await asyncio.gather(*map(read, mounts))
    unread = [mount.target for mount, facts in zip(mounts, found, strict=True) if facts is None]
    return _judged([facts for facts in found if facts], owner, around), unread


def _judged(known: list[PathFacts], owner: Owner, around: Surroundings) -> list[Finding]:
    return [
        finding for facts in known for finding in container_audit.judge_path(facts, owner, around)
    ]


async def _told_by_machine(teller: FileTeller, mount: MountPoint) -> PathFacts | None:
    """Return owner and mode of what is mounted; None where the machine does not tell."""
    try:
        told = await teller.stat(mount.source)
    except HomeServerError:
        return None
    return PathFacts(mount=mount, mode=told.mode, uid=told.uid, gid=told.gid)


async def _told_by_engine(engine: Engine, container_id: str, mount: MountPoint) -> PathFacts | None:
    """Return owner and mode of one mount point; None where the engine does not tell."""
    try:
        stat, head = await engine.peek(container_id, mount.target, _HEAD)
    except InvalidAuth, CannotConnect:
        raise
    except HomeServerError:
        return None
    mode = path_mode(stat)
    if mode is None:
        return None
    uid, gid = _owner(head)
    return PathFacts(mount=mount, mode=mode, uid=uid, gid=gid)


def _owner(head: bytes) -> tuple[int | None, int | None]:
    """Return user and group of the first entry of an archive that breaks off."""
    try:
        with tarfile.open(fileobj=io.BytesIO(head), mode="r:") as archive:
            entry = archive.next()
    except tarfile.TarError:
        return None, None
    return (entry.uid, entry.gid) if entry else (None, None)

"""Trying whether a backup can be restored: a clone of its newest snapshot is made, read and removed.

The clone gets a name that nobody else uses, and stands in the journal before it is made. It is
removed whatever happens: at once, else as soon as the system lets it, after a restart too.
"""

import asyncio
import secrets

from ..analysis.backups import Compared, Restored
from ..systems.errors import CannotConnect, HomeServerError, NotFound
from ..systems.paths import Path, child
from ..systems.system import Workshop
from ..systems.truenas.backups import zfs
from ..systems.truenas.backups.files import Comparison, FolderTree
from ..systems.truenas.backups.neighbour import find_nas
from ..systems.truenas.backups.pairs import RestorePoint
from ..systems.truenas.client import Ask, TrueNas
from ..systems.truenas.scratch import SCRATCH
from .journal import Record

PROCEDURE = "restore_test"
_PAUSES = (0.5, 2.0, 5.0)


async def restore_test(point: RestorePoint, path: Path, workshop: Workshop) -> Restored:
    """Restore the snapshot of ``point`` into a scratch dataset and look whether its files are right."""
    scratch = f"{point.dataset.partition('/')[0]}/{SCRATCH}-{secrets.token_hex(4)}"
    record = await workshop.journal.begin(
        PROCEDURE,
        child(path, PROCEDURE, "scratch"),
        {"scratch": scratch, "origin": f"{point.dataset}@{point.snapshot}", "host": point.host},
    )
    compared: Compared | None = None
    problem, unsure = "", False
    try:
        await workshop.journal.note(record, "clone", {})
        await _clone(point.nas, str(record.facts["origin"]), scratch)
        await workshop.journal.note(record, "compare", {})
        compared = await _compare(point, scratch)
    except HomeServerError as err:
        problem = str(err.detail or err.key)
        # What was asked for may still come about.
        unsure = isinstance(err, CannotConnect)
    removed = await _removed(point.nas, record, workshop, unsure=unsure)
    return Restored(
        compared=compared,
        problem=problem,
        alone=_source_root(point) is None,
        left="" if removed else scratch,
    )


async def resume(client: TrueNas, record: Record, workshop: Workshop) -> None:
    """Remove the clone that an earlier run left."""
    host = record.facts.get("host")
    nas = await find_nas(workshop, client, str(host)) if host else client
    if nas is None:
        raise CannotConnect(f"{host} is not loaded")
    await _discard(nas, record)
    await workshop.journal.end(record, {"removed": record.facts["scratch"]})


async def _clone(nas: TrueNas, origin: str, scratch: str) -> None:
    asked = {
        "snapshot": origin,
        "dataset_dst": scratch,
        "dataset_properties": {"readonly": "on"},
    }
    await nas.first(Ask("pool.snapshot.clone", asked), Ask("zfs.snapshot.clone", asked))


async def _compare(point: RestorePoint, scratch: str) -> Compared:
    found = await zfs.datasets(point.nas, scratch)
    if not found or found[0].mountpoint is None:
        raise NotFound(f"the files of {scratch}: it was not mounted")
    target = FolderTree(point.nas, found[0].mountpoint)
    root = _source_root(point)
    source = (
        target if root is None or point.source_nas is None else FolderTree(point.source_nas, root)
    )
    return await Comparison(source=source, target=target, timed=source is not target).run()


def _source_root(point: RestorePoint) -> str | None:
    """Return where the source shows the same snapshot, None where it cannot be seen."""
    if point.source_nas is None or point.source_mountpoint is None:
        return None
    return f"{point.source_mountpoint}/.zfs/snapshot/{point.snapshot}"


async def _removed(nas: TrueNas, record: Record, workshop: Workshop, *, unsure: bool) -> bool:
    """Remove the clone, patiently; false where it has to be tried again later."""
    await workshop.journal.note(record, "remove", {})
    for number, pause in enumerate(_PAUSES, 1):
        try:
            found = await _discard(nas, record)
        except HomeServerError:
            await asyncio.sleep(pause)
            continue
        if found or not unsure or number == len(_PAUSES):
            await workshop.journal.end(record, {"removed": record.facts["scratch"]})
            return True
        await asyncio.sleep(pause)
    return False


async def _discard(nas: TrueNas, record: Record) -> bool:
    """Remove the clone if it is there and ours; false where there was nothing to remove."""
    scratch, origin = str(record.facts["scratch"]), record.facts["origin"]
    found = [one for one in await zfs.datasets(nas, scratch) if one.name == scratch]
    if not found or found[0].origin != origin:
        return False
    try:
        await nas.call("pool.dataset.delete", scratch, {"recursive": False, "force": True})
    except NotFound:
        return False
    return True

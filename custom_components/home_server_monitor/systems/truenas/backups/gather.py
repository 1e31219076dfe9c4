"""Finding out what there is to know of a backup, before it is judged."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from ....analysis.backups import Compared, Evidence, LastRun, Pair, Sizes, promised
from ...errors import CannotConnect, HomeServerError, MissingRight
from ..client import TrueNas
from .cloud import CloudBackupTree, CloudSyncTree, newest_snapshot, size_of, taken_at
from .files import Comparison, FolderTree, Tree
from .models import (
    BackupTask,
    CloudBackup,
    CloudSync,
    Direction,
    Replication,
    Rsync,
    RunState,
)
from .pairs import Pairs, RestorePoint

_LAST_RUNS = {
    RunState.SUCCESS: LastRun.SUCCESS,
    RunState.FAILED: LastRun.FAILED,
    RunState.ABORTED: LastRun.FAILED,
    RunState.NEVER: LastRun.NEVER,
}

type FindNas = Callable[[str], Awaitable[TrueNas | None]]
"""Returns the system at a host, where it is set up in Home Assistant too."""


@dataclass(kw_only=True)
class Inquiry:
    """What is found out of one task.

    ``restore_point`` is what a trial restore would be made of, ``size`` what lies at the target in
    bytes, None where it cannot be seen.
    """

    nas: TrueNas
    task: BackupTask
    earlier: tuple[int, ...]
    find: FindNas
    now: datetime
    zone: tzinfo
    restore_point: RestorePoint | None = None
    size: int | None = None
    pairs: tuple[Pair, ...] = ()
    newest: datetime | None = None
    files: Compared | None = None
    unseen: list[str] = field(default_factory=list)

    async def run(self) -> Evidence:
        """Find out what can be seen. Raises ``CannotConnect`` while the system is away."""
        task = self.task
        if task.locked:
            self.unseen.append("The data of the task are encrypted and locked.")
        elif isinstance(task, Replication):
            await self._replication(task)
        elif isinstance(task, Rsync):
            await self._rsync(task)
        elif isinstance(task, CloudSync):
            await self._cloud_sync(task)
        elif isinstance(task, CloudBackup):
            await self._cloud_backup(task)
        return self._evidence()

    def _evidence(self) -> Evidence:
        task = self.task
        follows = isinstance(task, Replication) and task.follows_snapshots
        exact = follows or isinstance(task, CloudBackup)
        last_run = _LAST_RUNS.get(task.result, LastRun.UNKNOWN)
        if task.last_success is None and last_run is not LastRun.SUCCESS:
            last_run = LastRun.NEVER
        return Evidence(
            zone=self.zone,
            last_run=last_run,
            error=task.error or "",
            last_success=task.last_success,
            overdue_since=task.overdue_since,
            promised=promised(
                task.schedules if task.enabled else (),
                duration=task.duration,
                now=self.now,
                zone=self.zone,
                behind=0 if exact else 1,
            ),
            strict=follows and not (isinstance(task, Replication) and task.skips_empty),
            pairs=self.pairs,
            newest=self.newest,
            files=self.files,
            sizes=None if self.size is None else Sizes(present=self.size, earlier=self.earlier),
            unseen=tuple(self.unseen),
        )

    async def _other(self, host: str | None) -> TrueNas | None:
        """Return the system at the other side, or say that it cannot be seen."""
        if host is None:
            return None
        other = await self.find(host)
        if other is None:
            self.unseen.append(
                f"The other side, {host}, is not set up in Home Assistant, so that it cannot be seen."
            )
        return other

    async def _seen[T](self, what: str, asking: Awaitable[T], whose: TrueNas | None) -> T | None:
        """Return an answer, or say why there is none; raises while the system itself is away."""
        try:
            return await asking
        except CannotConnect as err:
            if whose is self.nas:
                raise
            self.unseen.append(f"{what} cannot be seen: {err}")
        except MissingRight as err:
            self.unseen.append(f"{what} cannot be seen: the key lacks the right to {err.detail}.")
        except HomeServerError as err:
            self.unseen.append(f"{what} cannot be seen: {err.detail or err.key}")
        return None

    # --- The four kinds -------------------------------------------------------------------------

    async def _replication(self, task: Replication) -> None:
        other = await self._other(task.host)
        pull = task.direction is Direction.PULL
        pairs = Pairs(
            nas=self.nas,
            task=task,
            source=other if pull and task.host else self.nas,
            target=self.nas if pull or not task.host else other,
            seen=self._seen,
        )
        self.pairs = await pairs.read()
        self.size = pairs.size
        self.restore_point = pairs.restore_point
        if pairs.left_out:
            self.unseen.append(f"{pairs.left_out} more datasets were not looked at.")

    async def _rsync(self, task: Rsync) -> None:
        if task.remote_module is not None or not task.remote_path:
            self.unseen.append("Where an rsync module keeps its files is not told.")
            return
        other = await self._other(task.host)
        if other is None:
            return
        if task.direction is Direction.PULL:
            source = FolderTree(other, task.remote_path)
            target = FolderTree(self.nas, _into(task.path, task.remote_path))
        else:
            source = FolderTree(self.nas, task.path)
            target = FolderTree(other, _into(task.remote_path, task.path))
        await self._compare(source, target, other, timed=task.keeps_times, picks=task.picks)

    async def _cloud_sync(self, task: CloudSync) -> None:
        here: Tree = FolderTree(self.nas, task.path)
        there: Tree = CloudSyncTree(self.nas, task.id)
        source, target = (there, here) if task.direction is Direction.PULL else (here, there)
        if task.mode == "move":
            self.unseen.append("The task moves files, so that there is nothing to compare with.")
            return
        await self._compare(source, target, self.nas, timed=False, picks=task.picks)

    async def _cloud_backup(self, task: CloudBackup) -> None:
        found = await self._seen(
            "The snapshots in the cloud", newest_snapshot(self.nas, task.id), self.nas
        )
        if found is None:
            return
        self.newest = taken_at(found)
        target = CloudBackupTree(self.nas, task.id, found, task.path)
        source = FolderTree(self.nas, task.path)
        await self._compare(source, target, self.nas, timed=False, until=self.newest)
        self.size = size_of(found) or self.size

    async def _compare(
        self,
        source: Tree,
        target: Tree,
        whose: TrueNas,
        *,
        timed: bool,
        picks: bool = False,
        until: datetime | None = None,
    ) -> None:
        begun = until or self._last_begun()
        comparison = Comparison(
            source=source,
            target=target,
            until=begun.timestamp() if begun is not None else None,
            timed=timed,
            picks=picks,
        )
        self.files = await self._seen("The files", comparison.run(), whose)
        if self.files is not None:
            self.size = comparison.size

    def _last_begun(self) -> datetime | None:
        """Return when the last good run began, as far as it can be told."""
        run = self.task.run
        if run.state is RunState.SUCCESS and run.started is not None:
            return run.started
        return self.task.last_success


def _into(folder: str, copied: str) -> str:
    """Return where rsync puts what it copies: into a folder of its name unless that ends in /."""
    folder = folder.rstrip("/")
    return folder if copied.endswith("/") else f"{folder}/{copied.rpartition('/')[2]}"

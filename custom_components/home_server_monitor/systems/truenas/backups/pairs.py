"""The datasets of a replication at both sides, with their snapshots."""

from collections.abc import Awaitable
from dataclasses import dataclass
import re
from typing import Protocol

from ....analysis.backups import Pair, Snapshot, eligible, is_excluded, newest, proven, target_of
from ..client import TrueNas
from ..wire import mapping, whole
from . import zfs
from .models import Direction, Replication

_PAIRS = 50
_NAMES = 5


class Seen(Protocol):
    """Asks, and takes note of why there is no answer."""

    async def __call__[T](self, what: str, asking: Awaitable[T], whose: TrueNas | None) -> T | None:
        """Return the answer or None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RestorePoint:
    """What a trial restore is made of: a snapshot that both sides have, with its files.

    ``source`` is the same snapshot at the source, None where that cannot be seen. ``host`` is the
    machine that keeps the target, None for the system itself.
    """

    nas: TrueNas
    dataset: str
    snapshot: str
    host: str | None
    source_nas: TrueNas | None
    source_mountpoint: str | None


@dataclass(kw_only=True)
class Pairs:
    """Reads the pairs of a replication. ``source`` and ``target`` are None where they cannot be seen."""

    nas: TrueNas
    task: Replication
    source: TrueNas | None
    target: TrueNas | None
    seen: Seen
    left_out: int = 0
    size: int | None = None
    restore_point: RestorePoint | None = None

    async def read(self) -> tuple[Pair, ...]:
        """Return the pairs, at most fifty of them; the first are those of the sources themselves."""
        mounted: dict[str, str | None] = {}
        names = await self._sources(mounted)
        self.left_out = max(len(names) - _PAIRS, 0)
        pairs = [await self._pair(name) for name in names[:_PAIRS]]
        if pairs and self.target is None and self.task.direction is Direction.PUSH:
            pairs[0] = await self._with_names(pairs[0])
        self._measure(pairs)
        await self._choose(pairs, mounted)
        return tuple(pairs)

    async def _sources(self, mounted: dict[str, str | None]) -> list[str]:
        """Return the names of the source's datasets; what is mounted where goes into ``mounted``."""
        if self.source is None:
            return await self._sources_of_target()
        names = []
        for base in self.task.sources:
            found = await self.seen(
                f"The datasets of {base}", zfs.datasets(self.source, base), self.source
            )
            for one in found or ():
                mounted[one.name] = one.mountpoint
                if one.name == base or self._copied(one.name):
                    names.append(one.name)
            if not found:
                names.append(base)
        return list(dict.fromkeys(names))

    def _copied(self, name: str) -> bool:
        return self.task.recursive and not is_excluded(name, self.task.exclude)

    async def _sources_of_target(self) -> list[str]:
        """Return what the source must have for the target to be as it is."""
        sources = list(self.task.sources)
        if not self.task.recursive or len(sources) != 1 or self.target is None:
            return sources
        found = await self.seen(
            f"The datasets of {self.task.target}",
            zfs.datasets(self.target, self.task.target),
            self.target,
        )
        below = [one.name.removeprefix(self.task.target) for one in found or ()]
        return [sources[0] + rest for rest in below] or sources

    async def _pair(self, name: str) -> Pair:
        target = target_of(name, self.task.sources, self.task.target)
        theirs = await self._names(self.target, target)
        own = await self._names(self.source, name)
        if own is not None:
            own = [one for one in own if eligible(one, self.task.schemas, self.task.name_regex)]
        # Those that only one side has, and those that should be the same.
        known = set(theirs or ())
        common = [one for one in own or () if one in known][-_NAMES:]
        return Pair(
            source=name,
            target=target,
            source_snapshots=await self._opened(self.source, name, own, common),
            target_snapshots=await self._opened(self.target, target, theirs, common),
        )

    async def _names(self, nas: TrueNas | None, dataset: str) -> list[str] | None:
        if nas is None:
            return None
        return await self.seen(f"The snapshots of {dataset}", zfs.names(nas, dataset), nas)

    async def _opened(
        self, nas: TrueNas | None, dataset: str, names: list[str] | None, common: list[str]
    ) -> tuple[Snapshot, ...] | None:
        """Return all snapshots, the newest and the common ones with what is known of them."""
        if nas is None or names is None:
            return None
        wanted = list(dict.fromkeys([*names[-_NAMES:], *common]))
        found = await self.seen(
            f"The snapshots of {dataset}", zfs.opened(nas, dataset, wanted), nas
        )
        if found is None:
            return None
        known = {one.name: one for one in found}
        return tuple(known.get(name) or Snapshot(name=name) for name in names)

    async def _with_names(self, pair: Pair) -> Pair:
        """Let TrueNAS ask the other side for the names of the newest snapshots."""
        wanted = sorted(pair.source_snapshots or (), key=_age, reverse=True)[:_NAMES]
        named: Snapshot | None = None
        for one in wanted:
            answer = await self.seen(
                f"The names of the snapshots of {pair.target}", self._count(pair, one), self.nas
            )
            if answer is None:
                return pair
            if answer:
                named = one
                break
        return Pair(
            source=pair.source,
            target=pair.target,
            source_snapshots=pair.source_snapshots,
            target_snapshots=None,
            asked_names=bool(wanted),
            named=named,
        )

    async def _count(self, pair: Pair, snapshot: Snapshot) -> int:
        answer = await self.nas.call(
            "replication.count_eligible_manual_snapshots",
            {
                "datasets": [pair.target],
                "name_regex": re.escape(snapshot.name),
                "transport": self.task.transport.upper(),
                "ssh_credentials": self.task.credential,
            },
        )
        return whole(mapping(answer).get("eligible")) or 0

    def _measure(self, pairs: list[Pair]) -> None:
        """Add up what the newest snapshots at the target hold."""
        if self.target is None or any(pair.target_snapshots is None for pair in pairs):
            return
        last = (newest(pair.target_snapshots or ()) for pair in pairs)
        held = [one.size for one in last if one is not None and one.size is not None]
        self.size = sum(held) if held else None

    async def _choose(self, pairs: list[Pair], mounted: dict[str, str | None]) -> None:
        """Choose the largest dataset with files for a trial restore."""
        if self.target is None:
            return
        found = await self.seen(
            f"The datasets of {self.task.target}",
            zfs.datasets(self.target, self.task.target),
            self.target,
        )
        shown = {one.name for one in found or () if one.mountpoint is not None}
        best: tuple[int, Pair, Snapshot] | None = None
        for pair in pairs:
            last = proven(pair)
            if last is None or pair.target not in shown:
                continue
            if best is None or (last.size or 0) > best[0]:
                best = (last.size or 0, pair, last)
        if best is None:
            return
        _, pair, last = best
        self.restore_point = RestorePoint(
            nas=self.target,
            dataset=pair.target,
            snapshot=last.name,
            host=None if self.target is self.nas else self.task.host,
            source_nas=self.source,
            source_mountpoint=mounted.get(pair.source),
        )


def _age(snapshot: Snapshot) -> tuple[float, str]:
    moment = snapshot.created
    return (moment.timestamp() if moment is not None else 0.0, snapshot.name)

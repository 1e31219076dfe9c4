"""How disks are: SMART values where the version gives them, else what TrueNAS and ZFS say of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ....analysis.disk_health import DiskKind, NvmeHealth, SmartSample
from ...archive import Archive
from ...errors import CannotConnect, HomeServerError, InvalidAuth
from ...paths import ROOT, Path
from ...smart import judging
from ...smart.judging import Seen
from ...smart.models import DiskBays, DiskHealth, SmartReport
from ...system import Follow, Group, Reading, Refresh, Sink, Watch
from ..client import Round, TrueNas
from ..pools.groups import POOLS
from ..pools.models import Pool, Vdev
from . import parse
from .groups import DISKS
from .models import Disk, DiskAlert

HEALTH = "disk_health"

_INTERVAL = timedelta(minutes=30)
_SLACK = timedelta(minutes=5)
# Disks that were never asked follow soon after one another; all others are spread over the day.
_NEXT_NEW = timedelta(seconds=20)
_ENTITIES_FIRST = timedelta(seconds=5)
_ALERT_SETTLE = 5.0
# Spare blocks are alerted about when less than this percentage of them is left.
_SPARE_THRESHOLD = 90


async def fetch(refresh: Refresh[TrueNas]) -> Reading:
    """Judge all disks; of one of them, at most, SMART values are read."""
    disks = disks_of(refresh.latest(DISKS.key))
    round_ = refresh.client.round()
    told = parse.alerts(await _ask(round_, "alert.list"))
    today = refresh.now.date()
    chosen = _due(disks, refresh.previous, refresh.archive, refresh.now)
    denied = len(round_.lacking)
    report = None if chosen is None else await read_smart(round_, disks[chosen].name)
    # Who may not ask has not asked: the right is lacking for as long as it is wanted.
    asked = chosen if len(round_.lacking) == denied else None
    seen = {
        path: seen_of(
            disk,
            evidence(disk, refresh.latest(POOLS.key), told, refresh.now),
            told,
            report=report if path == chosen else None,
            asked=refresh.now if path == asked else _asked(refresh.previous, path),
        )
        for path, disk in disks.items()
    }
    health = await judging.judge(refresh.archive, seen, today)
    fan = judging.hint_of(judging.bays(refresh.archive, seen.values()), today)
    known = any(isinstance(item, DiskHealth) for item in refresh.previous.values())
    changes = judging.level_changes(refresh.memory, health) if known else ()
    for gone in refresh.previous.keys() - health.keys() - {ROOT}:
        refresh.memory.forget(gone)
    return Reading(
        items={ROOT: DiskBays(fan=fan), **health},
        again=_again(health, report=report, known=known),
        events=changes,
        lacking=round_.lacking,
    )


def disks_of(items: Mapping[Path, Any]) -> dict[Path, Disk]:
    """Return the disks among the items of their group."""
    return {path: item for path, item in items.items() if isinstance(item, Disk)}


async def _ask(round_: Round, method: str, *params: Any) -> Any:
    """Return the answer; None where it is not to be had, for whatever reason but the connection."""
    try:
        return await round_.ask(method, *params)
    except CannotConnect, InvalidAuth:
        raise
    except HomeServerError:
        return None


async def read_smart(round_: Round, name: str) -> SmartReport | None:
    """Read a disk's SMART values; None of one that sleeps, and from 25.10 on.

    The public method would wake it.
    """
    arguments = ["-n", "standby", "-a", "-j"]
    options = {"cache": False, "silent": True}
    return parse.smart(await _ask(round_, "disk.smartctl", name, arguments, options))


# --- Which disk is asked next --------------------------------------------------------------------


def _due(
    disks: Mapping[Path, Disk], previous: Mapping[Path, Any], archive: Archive, now: datetime
) -> Path | None:
    """Return the disk that has waited longest, of those that were not read today."""
    waiting = [
        path
        for path, disk in disks.items()
        if judging.read_on(archive, disk.key) != now.date()
        if (asked := _asked(previous, path)) is None or now - asked > _INTERVAL - _SLACK
    ]
    return min(waiting, key=lambda path: _turn(disks[path], _asked(previous, path)), default=None)


def _turn(disk: Disk, asked: datetime | None) -> tuple[float, bool, str]:
    """Let solid state disks go first, for they do not sleep."""
    return (asked.timestamp() if asked else 0.0, disk.kind is DiskKind.HDD, disk.key)


def _asked(previous: Mapping[Path, Any], path: Path) -> datetime | None:
    before = previous.get(path)
    return before.asked if isinstance(before, DiskHealth) else None


def _again(
    health: Mapping[Path, DiskHealth], *, report: SmartReport | None, known: bool
) -> timedelta | None:
    if not known and health:
        # Nobody listens to events before the entities are made of this reading.
        return _ENTITIES_FIRST
    new = any(disk.asked is None and disk.values.read is None for disk in health.values())
    return _NEXT_NEW if new and report is not None else None


# --- What is seen of a disk ----------------------------------------------------------------------


def evidence(
    disk: Disk, pools: Mapping[Path, Any], alerts: Iterable[DiskAlert], now: datetime
) -> SmartSample:
    """Return what ZFS and TrueNAS itself know of a disk today."""
    own = [alert for alert in alerts if alert.serial == disk.serial]
    vdev = next(_vdevs(disk, pools), None)
    spare = _count(own, "SMARTSpareBlockCount")
    return SmartSample(
        now.date(),
        nvme=None if spare is None else NvmeHealth(None, spare, _SPARE_THRESHOLD),
        temperature=disk.temperature,
        zfs_read_errors=None if vdev is None else vdev.read_errors,
        zfs_write_errors=None if vdev is None else vdev.write_errors,
        zfs_checksum_errors=None if vdev is None else vdev.checksum_errors,
        failed_self_tests=1 if any(one.kind == "SMARTFailedSelfTest" for one in own) else None,
        uncorrected_errors=_count(own, "SMARTUncorrectedErrors"),
    )


def _count(alerts: Iterable[DiskAlert], kind: str) -> int | None:
    counts = [alert.count for alert in alerts if alert.kind == kind and alert.count is not None]
    return max(counts, default=None)


def _vdevs(disk: Disk, pools: Mapping[Path, Any]) -> Iterator[Vdev]:
    """Yield the vdev that a disk is, by its number and else by the name that it has at present."""
    vdevs = [vdev for pool in pools.values() if isinstance(pool, Pool) for vdev in pool.vdevs]
    yield from (vdev for vdev in vdevs if disk.guid is not None and vdev.guid == disk.guid)
    yield from (vdev for vdev in vdevs if vdev.disk == disk.name)


def seen_of(
    disk: Disk,
    sample: SmartSample,
    alerts: Iterable[DiskAlert],
    *,
    report: SmartReport | None = None,
    asked: datetime | None = None,
) -> Seen:
    """Return a disk as it is judged."""
    return Seen(
        label=disk.label,
        name=disk.name,
        evidence=sample,
        report=report,
        pool=disk.pool,
        slot=disk.place,
        bay="" if disk.enclosure is None else str(disk.enclosure),
        alerts=tuple(alert.text for alert in alerts if alert.serial == disk.serial),
        asked=asked,
    )


# --- News ----------------------------------------------------------------------------------------


async def _follow(client: TrueNas, _scope: Path, sink: Sink) -> None:
    """Judge anew when TrueNAS itself says something of a disk."""
    async with client.subscribe("alert.list") as changes:
        sink.connected()
        async for change in changes:
            if change.kind == "removed" or change.fields.get("klass") in parse.ALERT_KINDS:
                sink.refresh_soon(_ALERT_SETTLE)


def _is_news(health: Mapping[Path, Any], disks: Mapping[Path, Any], _changed: set[Path]) -> bool:
    """Whether a disk came or went."""
    judged = {path for path, item in health.items() if isinstance(item, DiskHealth)}
    return judged != disks_of(disks).keys()


def _scopes(_items: Mapping[Path, Any]) -> Iterable[Path]:
    return (ROOT,)


GROUP: Group[TrueNas] = Group(
    key=HEALTH,
    interval=_INTERVAL,
    fetch=fetch,
    watch=Watch(scopes=_scopes, run=_follow),
    follow=Follow(group=DISKS.key, hurry=_is_news),
    grace=timedelta(hours=1),
    timeout=90.0,
    optional=True,
    deferred=True,
)

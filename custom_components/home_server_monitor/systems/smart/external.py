"""What the systems have in common that do nothing but tell of disks: groups, kinds and the action."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...analysis.disk_health import SmartSample
from ..archive import DiskLabel
from ..errors import HomeServerError
from ..paths import ROOT, Path, child, kind_of
from ..system import Action, Call, DeviceDetails, Kind, Reading, Refresh
from . import entities, judging
from .judging import Seen
from .models import DiskHealth, SmartReport
from .report import REPORT, report

GROUP = "external_disks"
DISK = "disk"

INTERVAL = timedelta(minutes=10)
_ENTITIES_FIRST = timedelta(seconds=5)
# A disk that sleeps may not be told of. One that was not told of for so long is gone.
_GONE_AFTER = timedelta(days=7)
_SEEN = "seen"
_NAME = "name"


@dataclass(frozen=True, kw_only=True)
class DiskServer:
    """The server that tells of the disks; ``url`` where people open it."""

    name: str
    maker: str
    url: str
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Told:
    """A disk as a server tells of it.

    ``report`` is how it was on ``day``, None where there is nothing newer than was read already;
    ``before`` how it was on earlier days. Disks of one ``host`` are cooled by the same fans.
    """

    label: DiskLabel
    name: str
    day: date
    report: SmartReport | None = None
    before: Mapping[date, SmartReport] = field(default_factory=dict)
    host: str = ""

    @property
    def path(self) -> Path:
        """Where the disk stands."""
        return child(ROOT, DISK, self.label.serial)


async def reading(
    refresh: Refresh[Any],
    server: DiskServer,
    told: Iterable[Told],
    failed: Mapping[Path, HomeServerError] | None = None,
) -> Reading:
    """Write down what was told, and judge the disks."""
    today = refresh.now.date()
    seen: dict[Path, Seen] = {}
    for disk in told:
        seen[disk.path] = _seen(disk)
        if disk.before:
            samples = [report.sample(day) for day, report in disk.before.items()]
            refresh.archive.add(disk.label, *samples)
        refresh.memory.remember(disk.path, {_SEEN: today.isoformat(), _NAME: disk.name})
    asleep = dict(_absent(refresh, seen.keys() | (failed or {}).keys()))
    health = await judging.judge(refresh.archive, {**seen, **asleep}, today)
    known = any(isinstance(item, DiskHealth) for item in refresh.previous.values())
    return Reading(
        items={ROOT: server, **health},
        failed=failed or {},
        again=None if known or not health else _ENTITIES_FIRST,
        events=judging.level_changes(refresh.memory, health) if known else (),
    )


def _seen(disk: Told) -> Seen:
    return Seen(
        label=disk.label,
        name=disk.name,
        evidence=SmartSample(disk.day),
        report=disk.report,
        bay=disk.host,
    )


def _absent(refresh: Refresh[Any], present: Collection[Path]) -> Iterator[tuple[Path, Seen]]:
    """Yield the disks that were told of lately, and are not now: those that sleep are left out.

    What is known of them stands. Those of long ago are forgotten.
    """
    for path in refresh.memory.paths():
        if kind_of(path) != DISK or path in present:
            continue
        serial = path[-1].removeprefix(f"{DISK}:")
        facts, history = refresh.memory.recall(path), refresh.archive.history(serial)
        if history is None or refresh.now.date() - _day(facts.get(_SEEN)) >= _GONE_AFTER:
            refresh.memory.forget(path)
            continue
        label = DiskLabel(
            serial=serial,
            kind=history.kind,
            model=history.model,
            capacity=history.capacity_bytes,
        )
        evidence = SmartSample(refresh.now.date())
        yield path, Seen(label=label, name=str(facts.get(_NAME, "")), evidence=evidence)


def _day(told: object) -> date:
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        return date.min


# --- Showing --------------------------------------------------------------------------------------


def _server_device(_path: Path, server: DiskServer) -> DeviceDetails:
    return DeviceDetails(
        name=server.name,
        parent=None,
        manufacturer=server.maker,
        model=server.name,
        sw_version=server.version,
        configuration_url=server.url,
    )


def _disk_device(_path: Path, disk: DiskHealth) -> DeviceDetails:
    label = disk.label
    model = label.model or entities.kind_word(label.kind)
    return DeviceDetails(
        name=f"{model} {label.serial}".strip(),
        parent=ROOT,
        physical=True,
        model=model,
        serial_number=label.serial or None,
    )


KINDS: tuple[Kind[Any], ...] = (
    Kind(model=DiskServer, group=GROUP, device=_server_device),
    Kind(
        model=DiskHealth,
        group=GROUP,
        name=DISK,
        device=_disk_device,
        entities=entities.DISK_HEALTH,
        issues=entities.replacement,
    ),
)


async def _report(call: Call[Any, DiskHealth]) -> JsonObjectType | None:
    """Return the report; there is nothing newer to be had than what the server told last."""
    return report(call.item)


ACTIONS: tuple[Action[Any, Any], ...] = (
    Action[Any, DiskHealth](
        name=REPORT,
        model=DiskHealth,
        run=_report,
        schema={vol.Optional("read_now", default=False): cv.boolean},
        control=False,
        response=SupportsResponse.ONLY,
    ),
)

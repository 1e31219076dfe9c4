"""From TrueNAS's disks, temperatures and alerts to models, once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
import json
from typing import Any

from ....analysis.disk_health import DiskKind
from ...errors import BadAnswer
from ...smart import smartctl
from ...smart.models import SmartReport
from ..host.alerts.plain import plain
from ..wire import mapping, number, sequence, text, whole
from .models import Disk, DiskAlert

FIELDS = (
    *("identifier", "name", "serial", "size", "model", "type", "rotationrate", "subsystem"),
    *("pool", "zfs_guid", "enclosure"),
)

# What cheap bridges and virtual disks print where a serial number should be.
_NO_SERIALS = frozenset(
    {"none", "unknown", "n/a", "0123456789abcdef", "0123456789", "123456789", "1234567890"}
)
# The number in the arguments of each class that speaks of one disk.
_ALERTS = {
    "SMARTUncorrectedErrors": "ue",
    "SMARTFailedSelfTest": "",
    "SMARTSpareBlockCount": "sb",
    "SMARTEraseCycleCount": "ec",
    "DiskTemperatureTooHot": "temp",
}
ALERT_KINDS = frozenset(_ALERTS)
_LONGEST_ALERT = 300


def disks(answer: object) -> tuple[list[Disk], bool]:
    """Return the disks, and whether one was left out because it could not be understood."""
    if not isinstance(answer, list):
        raise BadAnswer("not a list")
    found = [disk for row in answer if (disk := _disk(mapping(row))) is not None]
    return list(_keyed(found)), len(found) < len(answer)


def _disk(row: Mapping[str, Any]) -> Disk | None:
    identifier, name = text(row.get("identifier")), text(row.get("name"))
    if identifier is None or name is None:
        return None
    enclosure = mapping(row.get("enclosure"))
    return Disk(
        key=identifier,
        identifier=identifier,
        name=name,
        serial=_serial(row.get("serial")),
        model=text(row.get("model")),
        kind=_kind(row, name),
        size=whole(row.get("size")),
        rotation=whole(row.get("rotationrate")) or None,
        pool=text(row.get("pool")),
        guid=_guid(row.get("zfs_guid")),
        enclosure=whole(enclosure.get("number")),
        slot=whole(enclosure.get("slot")),
    )


def _keyed(found: Iterable[Disk]) -> Iterator[Disk]:
    """Give each disk the key that stays: the serial number, where it tells the disk from others."""
    found = {disk.identifier: disk for disk in found}.values()
    count = Counter(disk.serial for disk in found)
    for disk in found:
        unique = disk.serial is not None and count[disk.serial] == 1
        yield replace(disk, key=disk.serial) if unique and disk.serial else disk


def _serial(value: object) -> str | None:
    serial = text(value)
    if serial is None or serial.lower() in _NO_SERIALS or not serial.strip("0.- "):
        return None
    return serial


def _guid(value: object) -> str | None:
    return str(value) if isinstance(value, (str, int)) and value else None


def _kind(row: Mapping[str, Any], name: str) -> DiskKind:
    if name.startswith("nvme") or str(row.get("subsystem")).lower() == "nvme":
        return DiskKind.NVME
    return DiskKind.SSD if row.get("type") == "SSD" else DiskKind.HDD


# --- Temperatures -------------------------------------------------------------------------------


def temperatures(answer: object) -> dict[str, float]:
    """Read ``disk.temperatures``: °C by the disk's name; those that sleep are left out."""
    return {
        str(name): degrees
        for name, value in mapping(answer).items()
        if (degrees := _degrees(value)) is not None
    }


def graphs(answer: object) -> dict[str, float]:
    """Read the graphs ``disktemp``: the newest value by the disk's name.

    A graph is named ``sda | Type: HDD | Model: … | Serial: …``; zero stands for no measurement.
    """
    found: dict[str, float] = {}
    for graph in sequence(answer):
        name = (text(mapping(graph).get("identifier")) or "").partition("|")[0].strip()
        rows = (sequence(row) for row in reversed(sequence(mapping(graph).get("data"))))
        newest = (degrees for row in rows if (degrees := _degrees(*row[1:2])) is not None)
        if name and (degrees := next(newest, None)) is not None:
            found[name] = degrees
    return found


def _degrees(value: object = None) -> float | None:
    degrees = number(value)
    return None if not degrees or not -60 < degrees < 200 else degrees


# --- SMART and alerts ---------------------------------------------------------------------------


def smart(answer: object) -> SmartReport | None:
    """Read what ``disk.smartctl`` printed; None of a disk that sleeps or does not answer."""
    if not isinstance(answer, str):
        return None
    try:
        return smartctl.report(json.loads(answer))
    except ValueError:
        return None


def alerts(answer: object) -> list[DiskAlert]:
    """Read the alerts that speak of a disk; what somebody dismissed is still so."""
    return [alert for row in sequence(answer) if (alert := disk_alert(mapping(row))) is not None]


def disk_alert(row: Mapping[str, Any]) -> DiskAlert | None:
    """Read one alert; None where it does not speak of a disk."""
    kind, args = text(row.get("klass")), mapping(row.get("args"))
    serial = text(args.get("serial"))
    if kind not in ALERT_KINDS or serial is None:
        return None
    words = text(row.get("formatted"))
    return DiskAlert(
        serial=serial,
        kind=kind,
        text=(plain(words) if words else kind)[:_LONGEST_ALERT],
        count=whole(args.get(_ALERTS[kind])),
    )

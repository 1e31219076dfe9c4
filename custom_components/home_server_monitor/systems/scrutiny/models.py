"""What Scrutiny tells of disks."""

from dataclasses import dataclass
from datetime import date

from ...analysis.disk_health import DiskKind
from ..archive import DiskLabel
from ..smart.models import SmartReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A disk in the summary.

    ``key`` is what Scrutiny knows it by, ``capacity`` bytes, ``failed`` the disk's own judgement,
    ``collected`` when its SMART values were last collected, in Scrutiny's words.
    """

    key: str
    name: str
    model: str
    serial: str
    kind: DiskKind
    capacity: int | None = None
    firmware: str | None = None
    host: str = ""
    failed: bool | None = None
    collected: str | None = None

    @property
    def label(self) -> DiskLabel:
        """What the disk is."""
        return DiskLabel(
            serial=self.serial or self.key,
            kind=self.kind,
            model=self.model,
            capacity=self.capacity,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What was collected of a disk on a day."""

    day: date
    report: SmartReport

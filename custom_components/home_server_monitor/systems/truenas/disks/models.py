"""What is read of disks. None means unknown or that there is none."""

from dataclasses import dataclass

from ....analysis.disk_health import DiskKind
from ...archive import DiskLabel
from ...paths import ROOT, Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """A disk as ``disk.query`` shows it.

    ``key`` is its serial number, or TrueNAS's own identifier where that is empty or not the only one.
    ``name`` is the present name in the operating system, which may be another after the next start.
    ``size`` is bytes, ``rotation`` turns per minute, ``temperature`` °C and None while the disk sleeps.
    ``guid`` is that of the vdev which the disk is, ``parent`` where its pool stands.
    """

    key: str
    identifier: str
    name: str
    serial: str | None
    model: str | None
    kind: DiskKind
    size: int | None = None
    rotation: int | None = None
    pool: str | None = None
    guid: str | None = None
    enclosure: int | None = None
    slot: int | None = None
    temperature: float | None = None
    parent: Path = ROOT

    @property
    def label(self) -> DiskLabel:
        """What the disk is, for the archive."""
        return DiskLabel(
            serial=self.key, kind=self.kind, model=self.model or "", capacity=self.size
        )

    @property
    def place(self) -> str | None:
        """Where it is built in, in words; None where the machine does not tell."""
        if self.slot is None:
            return None
        return f"enclosure {self.enclosure}, slot {self.slot}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskAlert:
    """What TrueNAS itself says of a disk.

    ``kind`` is the class of the alert, ``text`` its words, ``count`` the number that it is about.
    """

    serial: str
    kind: str
    text: str
    count: int | None = None

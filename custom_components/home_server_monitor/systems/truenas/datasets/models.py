"""What is read of datasets. Sizes are bytes, None means unknown or that there is none."""

from dataclasses import dataclass
from enum import StrEnum


class Encryption(StrEnum):
    """Whether the data can be read at present."""

    NONE = "none"
    UNLOCKED = "unlocked"
    LOCKED = "locked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A dataset (file system or volume) as ``pool.dataset.query`` shows it.

    ``id`` is its full name, ``tank/photos``. ``used`` includes snapshots and what lies below it;
    ``own`` is what its own files take, ``snapshots`` what only its snapshots hold. ``quota`` limits
    ``used``, ``own_quota`` limits ``own``. ``ratio`` is how much smaller compression made it, 1.0 is
    not at all. ``quota_alarm`` is judged with what was before, None where there is no quota.
    """

    id: str
    pool: str
    is_volume: bool = False
    used: int | None = None
    available: int | None = None
    own: int | None = None
    snapshots: int | None = None
    quota: int | None = None
    own_quota: int | None = None
    ratio: float | None = None
    encryption: Encryption = Encryption.NONE
    readonly: bool | None = None
    mountpoint: str | None = None
    quota_alarm: bool | None = None

    @property
    def name(self) -> str:
        """What it is called within its pool; empty for the root."""
        return self.id.partition("/")[2]

    @property
    def has_quota(self) -> bool:
        """Whether any quota limits it."""
        return bool(self.quota or self.own_quota)

    @property
    def quota_used(self) -> float | None:
        """How full its fuller quota is, in percent."""
        shares = [
            used / limit * 100
            for used, limit in ((self.used, self.quota), (self.own, self.own_quota))
            if limit and used is not None
        ]
        return max(shares, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolSpace:
    """The space of a pool that files can use: what its root dataset says, parity left out.

    ``snapshots`` is what only snapshots hold, in all datasets of the pool together.
    """

    used: int | None = None
    available: int | None = None
    snapshots: int | None = None
    ratio: float | None = None
    encryption: Encryption = Encryption.NONE

    @property
    def size(self) -> int | None:
        """What there is, used or not."""
        if self.used is None or self.available is None:
            return None
        return self.used + self.available

    @property
    def used_percent(self) -> float | None:
        """How full it is, in percent."""
        return self.used / self.size * 100 if self.used is not None and self.size else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetNames:
    """The full names of all datasets, chosen or not: what the options offer."""

    names: tuple[str, ...]

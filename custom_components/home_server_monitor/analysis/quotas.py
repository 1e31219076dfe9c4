"""How much of the host a container should get, and whether it keeps to it.

CPUs are whole cores (0.5 is half a core), memory is bytes, block I/O bytes per second. None means
no limit. Nothing here is applied by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
import math
import re

LABEL = "home_server_monitor.quota."

GIB = 1 << 30
SMALLEST_MEMORY = 6 << 20
"""Docker refuses less."""

_NEAR = 0.9
_CPU_NOISE = 1.05  # The scheduler lets a throttled container have a little more at times.
_WORDS_OF_NO_LIMIT = ("none", "unlimited", "0", "-1")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LARGEST = 1 << 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """What a container may use. ``memory_swap`` is memory and swap together, as Docker counts."""

    cpus: float | None = None
    memory: int | None = None
    memory_swap: int | None = None
    pids: int | None = None
    io_read: int | None = None
    io_write: int | None = None


LIMITS = tuple(part.name for part in fields(Quota))


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenQuota:
    """A quota and where it comes from: the row of the table, and what was said of this container.

    ``given`` names the limits that labels or options set; ``complaints`` are those of them that
    mean nothing.
    """

    kind: str
    quota: Quota
    given: frozenset[str] = frozenset()
    complaints: tuple[str, ...] = ()


OTHERS = "other"
_DOWNLOADER = Quota(cpus=2, memory=GIB, io_read=500_000_000, io_write=500_000_000)
_ARR = Quota(cpus=1, memory=2 * GIB)
TABLE: Mapping[str, Quota] = {
    "plex": Quota(cpus=4, memory=8 * GIB),
    "sonarr": _ARR,
    "radarr": _ARR,
    "prowlarr": Quota(cpus=0.5, memory=GIB),
    "transmission": _DOWNLOADER,
    "qbittorrent": _DOWNLOADER,
    OTHERS: Quota(cpus=1, memory=2 * GIB),
}

# Image names dress the program's name up; anything else beside it is another program.
_OTHER_NAMES = {"pms": "plex", "qbittorrentvpn": "qbittorrent", "transmissionvpn": "transmission"}
_DRESS = frozenset(
    (
        "arch",
        "docker",
        "nox",
        "openvpn",
        "wireguard",
        "vpn",
        "alpine",
        "media",
        "server",
        "official",
    )
)


def kind_of(image: str) -> str:
    """Return the row of the table for an image: ``lscr.io/linuxserver/sonarr:4`` is ``sonarr``."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    words = [word for word in re.split(r"[-_.]", name) if word and word not in _DRESS]
    if len(words) != 1:
        return OTHERS
    word = _OTHER_NAMES.get(words[0], words[0])
    return word if word in TABLE else OTHERS


def size(text: str) -> int:
    """Return the bytes of ``2g``, ``512m`` or ``1073741824``, counted by 1024 as Docker does.

    Raises ``ValueError`` for what is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size such as 512m or 2g")
    number = float(match[1]) * 1024.0 ** _POWERS[match[2].lower()]
    if number > _LARGEST:
        raise ValueError(f"{text!r} is too large")
    return int(number)


def cores(text: str) -> float:
    """Return the CPUs of ``1.5``. Raises ``ValueError`` for what is no number above zero."""
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError(f"{text!r} is not a number of CPUs")
    return number


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is not a whole number")
    return int(text[:18])


_READERS = {"cpus": cores, "pids": _number}


def chosen(
    image: str, labels: Mapping[str, str], options: Mapping[str, str] | None = None
) -> ChosenQuota:
    """Return the quota of a container: the table's, with what labels and ``options`` say instead.

    ``options`` are texts by limit, as the labels are; they were typed for this very container,
    so they beat its labels.
    """
    kind = kind_of(image)
    complaints: list[str] = []
    marked = {
        label.removeprefix(LABEL): text for label, text in labels.items() if label.startswith(LABEL)
    }
    changes = {
        **_read(marked, LABEL, complaints),
        **_read(options or {}, "Option ", complaints),
    }
    return ChosenQuota(
        kind=kind,
        quota=replace(TABLE[kind], **changes),  # type: ignore[arg-type] # each reader gives its field's type
        given=frozenset(changes),
        complaints=tuple(complaints),
    )


def _read(
    texts: Mapping[str, str], origin: str, complaints: list[str]
) -> dict[str, float | int | None]:
    """Return the limits that the texts give; what means nothing is complained of."""
    found: dict[str, float | int | None] = {}
    for name, text in sorted(texts.items()):
        if name not in LIMITS:
            complaints.append(f"{origin}{name}: there is no such limit")
            continue
        try:
            found[name] = limit_of(name, text)
        except ValueError as err:
            complaints.append(f"{origin}{name}: {err}")
    return found


def limit_of(name: str, text: str) -> float | int | None:
    """Return the value of a limit that somebody typed; None takes it out of the quota.

    Raises ``ValueError`` for what means nothing.
    """
    text = text.strip().lower()
    if text in _WORDS_OF_NO_LIMIT:
        return None
    value = _READERS.get(name, size)(text)
    if name == "memory" and value < SMALLEST_MEMORY:
        raise ValueError("less than the 6 MiB that a container needs")
    return value


class Verdict(StrEnum):
    """How a container keeps to its limit; ``none`` is one without a limit."""

    OVER = "over"
    NEAR = "near"
    NONE = "none"
    UNKNOWN = "unknown"
    UNDER = "under"


_GRAVITY = tuple(Verdict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Peak:
    """The most that was seen since then: cores and bytes. CPU is the mean between two polls."""

    since: datetime
    cpus: float | None = None
    memory: int | None = None


def higher(peak: Peak | None, cpus: float | None, memory: int | None, now: datetime) -> Peak | None:
    """Return the peak with one more measurement; None while nothing was ever measured."""
    if cpus is None and memory is None:
        return peak
    old = peak or Peak(since=now)
    return Peak(
        since=old.since,
        cpus=max((old.cpus, cpus), key=_or_nothing),
        memory=max((old.memory, memory), key=_or_nothing),
    )


def _or_nothing(value: float | None) -> float:
    return -math.inf if value is None else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One resource of one container.

    ``limit`` is what the engine enforces, ``quota`` what table, label or option gives.
    """

    resource: str
    verdict: Verdict
    reason: str
    limit: float | None
    quota: float | None
    usage: float | None
    peak: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Compliance:
    """How a container keeps to its quota; the gravest check decides."""

    kind: str
    checks: tuple[Check, ...]
    complaints: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict."""
        return min((check.verdict for check in self.checks), key=_GRAVITY.index)


def compliance(
    found: ChosenQuota,
    *,
    cpu_limit: float | None,
    memory_limit: int | None,
    cpus: float | None,
    memory: int | None,
    peak: Peak | None,
) -> Compliance:
    """Judge a container's CPU and memory by the limits it has and the quota it should have."""
    quota, given = found.quota, found.given
    most_cpus, most_memory = (peak.cpus, peak.memory) if peak else (None, None)
    return Compliance(
        kind=found.kind,
        complaints=found.complaints,
        checks=(
            _check("cpus", cpu_limit, quota.cpus, cpus, most_cpus, given="cpus" in given),
            _check(
                "memory",
                memory_limit,
                quota.memory,
                memory,
                most_memory,
                given="memory" in given,
            ),
        ),
    )


def _check(
    resource: str,
    limit: float | None,
    quota: float | None,
    usage: float | None,
    peak: float | None,
    *,
    given: bool,
) -> Check:
    """A limit that somebody set beats the table; what was said of the container beats both."""
    target = quota if given or limit is None else limit
    verdict, reason = _judge(resource, limit, target, usage, peak)
    return Check(
        resource=resource,
        verdict=verdict,
        reason=reason,
        limit=limit,
        quota=quota,
        usage=usage,
        peak=peak,
    )


def _judge(
    resource: str,
    limit: float | None,
    target: float | None,
    usage: float | None,
    peak: float | None,
) -> tuple[Verdict, str]:
    if target is None:
        return Verdict.NONE, "It has no quota."
    allowed = in_words(resource, target)
    if usage is None:
        return Verdict.UNKNOWN, f"What it uses of {allowed} is not known."
    uses = f"It uses {in_words(resource, usage)} of {allowed}"
    if usage > target * (_CPU_NOISE if resource == "cpus" else 1):
        return Verdict.OVER, f"{uses}{_unlimited(limit)}."
    if limit is None:
        return Verdict.NONE, f"No limit is set. {uses} that its quota gives."
    if usage >= target * _NEAR:
        return Verdict.NEAR, f"{uses}: almost all."
    if peak is not None and peak >= target * _NEAR:
        return Verdict.NEAR, f"{uses}, but it needed {in_words(resource, peak)} at its peak."
    return Verdict.UNDER, f"{uses}."


def _unlimited(limit: float | None) -> str:
    return ", and no limit keeps it from taking more" if limit is None else ""


def in_words(resource: str, amount: float) -> str:
    """Return an amount for people: ``1.5 CPUs``, ``512 MiB``, ``64 processes``."""
    if resource == "cpus":
        return f"{amount:.2f}".rstrip("0").rstrip(".") + " CPUs"
    if resource == "pids":
        return f"{amount:g} processes"
    unit, factor = ("GiB", GIB) if amount >= GIB else ("MiB", 1 << 20)
    return f"{amount / factor:.1f}".removesuffix(".0") + f" {unit}"

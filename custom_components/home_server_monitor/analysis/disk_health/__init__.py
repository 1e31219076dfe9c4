"""How likely a disk is to fail soon, why, and what to do about it.

`assess` is the one door. Everything here is a pure function of a disk's history; the limits and the
probabilities were measured on Backblaze's Drive Stats (see `docs/disk-health.md`).
"""

from .history import DiskKind, NvmeHealth, SmartHistory, SmartSample
from .judge import assess, risk_of
from .surroundings import fan_hint
from .trace import LEVELS, Level, trace
from .verdict import Advice, DaysLeft, DiskVerdict, LeftBy, Reason

__all__ = [
    "LEVELS",
    "Advice",
    "DaysLeft",
    "DiskKind",
    "DiskVerdict",
    "LeftBy",
    "Level",
    "NvmeHealth",
    "Reason",
    "SmartHistory",
    "SmartSample",
    "assess",
    "fan_hint",
    "risk_of",
    "trace",
]

"""Backups: whether they came when they were due, and whether they are worth anything.

All of it judges what it is handed; sizes are bytes, the clock is passed in.
"""

from .evidence import Compared, Evidence, LastRun, Pair, Restored, Snapshot
from .names import eligible
from .punctuality import lateness, meet, promised
from .sizes import Sizes
from .verdict import Finding, Outcome, Verdict, judge, newest, proven

__all__ = [
    "Compared",
    "Evidence",
    "Finding",
    "LastRun",
    "Outcome",
    "Pair",
    "Restored",
    "Sizes",
    "Snapshot",
    "Verdict",
    "eligible",
    "judge",
    "lateness",
    "meet",
    "newest",
    "promised",
    "proven",
]

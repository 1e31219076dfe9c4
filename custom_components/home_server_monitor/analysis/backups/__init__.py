"""Backups: whether they came when they were due, and whether they are worth anything.

All of it judges what it is handed; sizes are bytes, the clock is passed in.
"""

from .evidence import Compared, Evidence, LastRun, Pair, Restored, Snapshot
from .layout import is_excluded, target_of
from .names import eligible
from .punctuality import lateness, meet, promised
from .sizes import Sizes
from .standing import Standing, broken_off, not_begun, transferred
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
    "Standing",
    "Verdict",
    "broken_off",
    "eligible",
    "is_excluded",
    "judge",
    "lateness",
    "meet",
    "newest",
    "not_begun",
    "promised",
    "proven",
    "target_of",
    "transferred",
]

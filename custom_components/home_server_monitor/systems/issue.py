"""What a model can say that a person has to see to: Home Assistant shows it among its repairs."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Issue:
    """Something that should be mended, though nothing is broken.

    ``key`` is a translation key under ``issues`` and ``placeholders`` fills it. ``identity`` tells
    the issues of one item apart: an "ignore" is remembered for as long as it stays the same.
    ``urgent`` issues are shown as errors, others as warnings.
    """

    key: str
    identity: str
    placeholders: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False

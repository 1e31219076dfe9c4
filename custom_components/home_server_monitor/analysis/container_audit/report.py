"""What an audit says: findings, their weight, and the score that they leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FULL_SCORE = 100


class Severity(StrEnum):
    """How much harm it can do. Critical: whoever gets into the container has the host."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def weight(self) -> int:
        """Return the points that a finding costs."""
        return _WEIGHTS[self]


_WEIGHTS = {Severity.CRITICAL: 40, Severity.HIGH: 15, Severity.MEDIUM: 6, Severity.LOW: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is risky about a container, a compose file or a mount point.

    ``rule`` is a translation key and ``values`` are its placeholders; ``text`` and ``why`` are the
    same in English. ``subjects`` are what it is about: paths, ports, names of variables, never
    their values. ``fix`` is what mends it, as lines of a compose file or of a shell. ``expected``
    says that the image cannot do its work without it, which is why the severity is lower.
    """

    rule: str
    severity: Severity
    subjects: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    fix: str = ""
    expected: bool = False

    @property
    def text(self) -> str:
        """Return what was found, as an English sentence."""
        return RULES[self.rule].text.format(**self.values)

    @property
    def why(self) -> str:
        """Return why it matters, in English."""
        return RULES[self.rule].why

    @property
    def identity(self) -> str:
        """Return what an "ignore" is remembered by: new subjects make it another finding."""
        return ":".join((self.rule, *sorted(self.subjects)))

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as data for an action's response."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "text": self.text,
            "why": self.why,
            "fix": self.fix,
            "subjects": list(self.subjects),
            "expected": self.expected,
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The findings about one container or service, the worst first."""

    name: str
    image: str
    findings: tuple[Finding, ...]

    @property
    def score(self) -> int:
        """Return 100 for nothing found, down to 0."""
        return score_of(self.findings)

    @property
    def rules(self) -> frozenset[str]:
        """Return the rules that are not kept."""
        return frozenset(finding.rule for finding in self.findings)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)

    def without(self, ignored: Iterable[str]) -> AuditReport:
        """Return the report without the findings whose ``identity`` is among ``ignored``."""
        identities = frozenset(ignored)
        kept = tuple(each for each in self.findings if each.identity not in identities)
        return AuditReport(self.name, self.image, kept)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as data for an action's response."""
        return {
            "name": self.name,
            "image": self.image,
            "score": self.score,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def report(name: str, image: str, findings: Iterable[Finding]) -> AuditReport:
    """Return a report with the worst findings first, and by rule within a severity."""
    ordered = sorted(findings, key=lambda each: (-each.severity.weight, each.rule, each.subjects))
    return AuditReport(name, image, tuple(ordered))


def score_of(findings: Iterable[Finding]) -> int:
    """Return what is left of 100 after each finding took its weight, 0 at least."""
    return max(0, FULL_SCORE - sum(finding.severity.weight for finding in findings))


def host_score(reports: Iterable[AuditReport]) -> int | None:
    """Return a host's score, None without containers.

    Half-way between the mean and the worst: one open door makes a house unsafe, however well the
    others are locked.
    """
    scores = [each.score for each in reports]
    if not scores:
        return None
    return (sum(scores) + min(scores) * len(scores)) // (2 * len(scores))

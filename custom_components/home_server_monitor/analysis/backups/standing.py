"""What is safe at the other side, and what is not, after a backup that may have failed."""

from dataclasses import dataclass

from .evidence import Evidence, Pair
from .verdict import Outcome, Verdict, newest, proven

_NOTHING_SENT = "Nothing was sent: at the other side all is as it was before."
_CHANGES = "What changed since the last success is not backed up."


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Sentences on what can be relied on, and on what cannot."""

    safe: tuple[str, ...]
    not_safe: tuple[str, ...]


def not_begun(evidence: Evidence) -> Standing:
    """Return how things stand where nothing was sent."""
    return Standing(safe=(_NOTHING_SENT, *_last(evidence)), not_safe=(_CHANGES,))


def broken_off(evidence: Evidence, *, by_snapshots: bool, deletes: bool = False) -> Standing:
    """Return how things stand where a transfer broke off.

    ``by_snapshots``: what is there already is never changed; else single files are, and with
    ``deletes`` removed.
    """
    if by_snapshots:
        known = _whole(evidence)
        safe = known or ("What was there before is not touched by a transfer that breaks off.",)
        missing = tuple(sentence for pair in evidence.pairs for sentence in _lacking(pair))
        rest = "What was sent in part is no use by itself; the next run continues or replaces it."
        return Standing(safe=(*safe, *_last(evidence)), not_safe=(*missing, _CHANGES, rest))
    mixed = "At the other side some files may be new and others old: they do not belong together."
    gone = ("Files that the source lacks may be removed there already.",) if deletes else ()
    compared = evidence.files
    good: tuple[str, ...] = ()
    if compared is not None and compared.checked:
        count = compared.checked - compared.bad
        good = (
            f"Of {compared.checked} files that were looked at {count} are there as they should be.",
        )
    return Standing(safe=good, not_safe=(mixed, *gone, _CHANGES))


def transferred(evidence: Evidence, verdict: Verdict) -> Standing:
    """Return how things stand after a transfer that TrueNAS called a success."""
    looked_at = tuple(
        finding.reason
        for finding in verdict.findings
        if finding.outcome is Outcome.OK and finding.check in ("files", "restore")
    )
    return Standing(
        safe=(*_whole(evidence), *looked_at) or _last(evidence),
        not_safe=tuple(
            finding.reason for finding in verdict.findings if finding.outcome is Outcome.FAILED
        ),
    )


def _whole(evidence: Evidence) -> tuple[str, ...]:
    """Name the newest snapshot of each dataset that the other side is known to have."""
    return tuple(
        f"{pair.target}@{found.name} of {evidence.at(found.created)} is there whole."
        for pair in evidence.pairs
        if (found := proven(pair)) is not None
    )


def _lacking(pair: Pair) -> tuple[str, ...]:
    last, found = newest(pair.source_snapshots or ()), proven(pair)
    if last is None or (found is not None and found.name == last.name):
        return ()
    return (f"{pair.source}@{last.name} is not there.",)


def _last(evidence: Evidence) -> tuple[str, ...]:
    if evidence.last_success is None:
        return ()
    return (f"The last run that succeeded ended at {evidence.at(evidence.last_success)}.",)

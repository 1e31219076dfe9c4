"""Whether a backup is worth anything, and why."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from .evidence import Compared, Evidence, LastRun, Pair, Snapshot

_NAMED = 5
_GIB = 1 << 30
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Outcome(StrEnum):
    """What a check came to; ``unknown`` is for what could not be seen."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check came to, with the reason in a sentence."""

    check: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The whole: the worst of what was found."""

    outcome: Outcome
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> list[str]:
        """Why it is not good; empty where it is."""
        bad = (Outcome.WARNING, Outcome.FAILED)
        return [finding.reason for finding in self.findings if finding.outcome in bad]


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on what was found out.

    Nothing is good of which nothing could be seen: such a backup gets a warning.
    """
    findings = [finding for check in _CHECKS for finding in check(evidence)]
    outcomes = {finding.outcome for finding in findings}
    if Outcome.FAILED in outcomes:
        return Verdict(outcome=Outcome.FAILED, findings=tuple(findings))
    if not _seen(evidence):
        findings.append(_warning("visible", "Nothing of what lies at the target could be seen."))
        outcomes.add(Outcome.WARNING)
    whole = Outcome.WARNING if Outcome.WARNING in outcomes else Outcome.OK
    return Verdict(outcome=whole, findings=tuple(findings))


def _seen(evidence: Evidence) -> bool:
    return (
        evidence.newest is not None
        or evidence.files is not None
        or any(pair.target_snapshots is not None or pair.asked_names for pair in evidence.pairs)
    )


def newest(snapshots: Iterable[Snapshot]) -> Snapshot | None:
    """Return the newest snapshot, None of none."""
    return max(snapshots, key=lambda one: (one.created or _BEGINNING, one.name), default=None)


def proven(pair: Pair) -> Snapshot | None:
    """Return the newest snapshot that the target is known to have of the source."""
    if pair.target_snapshots is None:
        return pair.named
    if pair.source_snapshots is None:
        return newest(pair.target_snapshots)
    guids = {one.guid for one in pair.source_snapshots if one.guid}
    return newest(one for one in pair.target_snapshots if one.guid in guids)


# --- The checks ---------------------------------------------------------------------------------


def _last_run(evidence: Evidence) -> Iterator[Finding]:
    if evidence.last_run is LastRun.FAILED:
        why = f": {evidence.error}" if evidence.error else "."
        yield _warning("last_run", f"The last run failed{why}")
    elif evidence.last_run is LastRun.NEVER:
        yield _failed("last_run", "The task has never succeeded.")
    elif evidence.last_success is not None:
        yield _ok("last_run", f"The last success was at {evidence.at(evidence.last_success)}.")


def _on_time(evidence: Evidence) -> Iterator[Finding]:
    if evidence.overdue_since is not None:
        due = evidence.at(evidence.overdue_since)
        yield _failed("on_time", f"It was due at {due} and has not succeeded since.")


def _newest(evidence: Evidence) -> Iterator[Finding]:
    if evidence.newest is not None:
        yield _age(evidence, "the target", evidence.newest)
    for pair in evidence.pairs:
        yield from _pair_age(evidence, pair)


def _pair_age(evidence: Evidence, pair: Pair) -> Iterator[Finding]:
    if pair.target_snapshots is None and not pair.asked_names:
        return
    found = proven(pair)
    if found is None:
        if not pair.target_snapshots:
            yield _failed("newest", f"{pair.target} has no snapshot of {pair.source}.")
        return
    last = newest(pair.source_snapshots or ())
    if last is not None and last.name == found.name and not evidence.strict:
        yield _ok("newest", f"{pair.target} has the newest snapshot of {pair.source}: {last.name}.")
    elif found.created is not None:
        known = pair.source_snapshots is not None
        yield _age(evidence, pair.target, found.created, known=known)


def _age(evidence: Evidence, place: str, created: datetime, *, known: bool = True) -> Finding:
    told = f"The newest copy at {place} is of {evidence.at(created)}"
    if evidence.promised is None or created >= evidence.promised:
        return _ok("newest", f"{told}.")
    reason = f"{told}, and should not be older than {evidence.at(evidence.promised)}."
    # Of a source that cannot be seen nobody knows whether it had anything newer.
    return _failed("newest", reason) if known else _warning("newest", reason)


def _guids(evidence: Evidence) -> Iterator[Finding]:
    for pair in evidence.pairs:
        if pair.source_snapshots is not None and pair.target_snapshots:
            yield from _both_sides(pair, pair.source_snapshots, pair.target_snapshots)
        elif pair.asked_names and pair.named is not None:
            reason = f"{pair.target} has a snapshot called {pair.named.name}; its guid is not told."
            yield Finding(check="guids", outcome=Outcome.UNKNOWN, reason=reason)


def _both_sides(
    pair: Pair, source: tuple[Snapshot, ...], target: tuple[Snapshot, ...]
) -> Iterator[Finding]:
    if not source:
        yield _warning("guids", f"{pair.source} has no snapshot that the task would send.")
        return
    guids = {one.name: one.guid for one in source if one.guid}
    other = [
        one.name for one in target if one.guid and one.name in guids and one.guid != guids[one.name]
    ]
    if other:
        reason = (
            f"{pair.target} has other snapshots than {pair.source} under the same names: "
            f"{_some(other)}."
        )
        yield _failed("guids", reason)
        return
    common = [one for one in target if one.guid and one.guid in guids.values()]
    if not common:
        reason = f"{pair.source} and {pair.target} have no snapshot in common."
        yield _failed("guids", reason)
        return
    last, last_common = newest(target), newest(common)
    if last is not None and last is not last_common:
        reason = f"{pair.target} has a newer snapshot that {pair.source} lacks: {last.name}."
        yield _warning("guids", reason)
    name = last_common.name if last_common is not None else ""
    yield _ok("guids", f"{pair.source} and {pair.target} have the same snapshot {name}.")


def _sizes(evidence: Evidence) -> Iterator[Finding]:
    sizes = evidence.sizes
    if sizes is None:
        return
    if sizes.usual is None:
        reason = f"It is {_gib(sizes.present)}; there is no earlier size to compare with."
        yield _ok("size", reason)
        return
    told = f"It is {_gib(sizes.present)}, and was {_gib(sizes.usual)} before"
    if sizes.collapsed:
        yield _failed("size", f"The size collapsed. {told}.")
    elif sizes.dropped:
        yield _warning("size", f"It is smaller than usual. {told}.")
    else:
        yield _ok("size", f"{told}.")


def _files(evidence: Evidence) -> Iterator[Finding]:
    if evidence.files is not None:
        yield _comparison("files", "at the target", evidence.files)


def _restored(evidence: Evidence) -> Iterator[Finding]:
    restored = evidence.restored
    if restored is None:
        return
    if restored.problem:
        yield _warning("restore", f"The trial restore could not be made: {restored.problem}")
    if restored.compared is not None and restored.alone:
        told = f"{restored.compared.checked} files can be seen in the restored copy"
        yield _ok("restore", f"{told}, and nothing that they could be compared with.")
    elif restored.compared is not None:
        yield _comparison("restore", "in the restored copy", restored.compared)
    if restored.left:
        reason = (
            f"The scratch dataset {restored.left} is still there, and removed as soon as possible."
        )
        yield _warning("restore", reason)


def _comparison(check: str, place: str, compared: Compared) -> Finding:
    if compared.bad:
        parts = []
        if compared.missing:
            parts.append(f"{len(compared.missing)} are missing ({_some(compared.missing)})")
        if compared.different:
            parts.append(f"{len(compared.different)} differ ({_some(compared.different)})")
        reason = f"Of {compared.checked} files {' and '.join(parts)} {place}."
        return _failed(check, reason)
    if not compared.checked:
        return _warning(check, f"There was no file to compare {place}.")
    return _ok(check, f"{compared.checked} files are as they should be {place}.")


def _unseen(evidence: Evidence) -> Iterator[Finding]:
    for sentence in evidence.unseen:
        yield Finding(check="visible", outcome=Outcome.UNKNOWN, reason=sentence)


_CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _last_run,
    _on_time,
    _newest,
    _guids,
    _sizes,
    _files,
    _restored,
    _unseen,
)


# --- Words --------------------------------------------------------------------------------------


def _ok(check: str, reason: str) -> Finding:
    return Finding(check=check, outcome=Outcome.OK, reason=reason)


def _warning(check: str, reason: str) -> Finding:
    return Finding(check=check, outcome=Outcome.WARNING, reason=reason)


def _failed(check: str, reason: str) -> Finding:
    return Finding(check=check, outcome=Outcome.FAILED, reason=reason)


def _some(names: Iterable[str]) -> str:
    """Name a few and count the others."""
    known = list(names)
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more


def _gib(size: float) -> str:
    return f"{size / _GIB:.2f} GiB"

"""Whether backups came when they were due, and what they are worth."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.home_server_monitor.analysis import schedules
from custom_components.home_server_monitor.analysis.backups import (
    Compared,
    Evidence,
    LastRun,
    Outcome,
    Pair,
    Restored,
    Sizes,
    Snapshot,
    broken_off,
    eligible,
    is_excluded,
    judge,
    lateness,
    meet,
    not_begun,
    promised,
    target_of,
    transferred,
)

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTLY = schedules.parse({"minute": "0", "hour": "3"})
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN)
GIB = 1 << 30


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of that November."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


def late(
    last: datetime | None,
    *,
    now: datetime = NOW,
    known: datetime = NOW,
    duration: float | None = None,
    running: datetime | None = None,
) -> datetime | None:
    """Return since when a nightly backup is overdue."""
    return lateness(
        (NIGHTLY,),
        last_success=last,
        known_since=known,
        duration=duration,
        running_since=running,
        now=now,
        zone=BERLIN,
    )


def test_on_time() -> None:
    assert late(at(25, 3, 5)) is None
    assert late(at(24, 3, 5)) == at(25, 3)
    assert late(at(22, 3, 5)) == at(23, 3)


def test_it_may_come_a_little_late() -> None:
    assert late(at(24, 3, 5), now=at(25, 3, 59)) is None
    assert late(at(24, 3, 5), now=at(25, 4, 0)) == at(25, 3)
    # One that takes four hours is not overdue while it takes them.
    assert late(at(24, 7, 0), now=at(25, 9, 59), duration=4 * 3600) is None
    assert late(at(24, 7, 0), now=at(25, 10, 0), duration=4 * 3600) == at(25, 3)


def test_while_it_runs() -> None:
    assert late(at(22, 3), running=at(25, 3)) is None
    assert late(at(22, 3), running=at(24, 3)) == at(23, 3)


def test_that_never_succeeded() -> None:
    """It is expected since it was first seen."""
    assert late(None, known=at(25, 8)) is None
    assert late(None, known=at(24, 8)) == at(25, 3)


def test_without_a_schedule_nothing_is_promised() -> None:
    told = lateness(
        (),
        last_success=None,
        known_since=at(1, 0),
        duration=None,
        running_since=None,
        now=NOW,
        zone=BERLIN,
    )
    assert told is None
    assert promised((), duration=None, now=NOW, zone=BERLIN) is None


def test_what_is_promised() -> None:
    assert promised((NIGHTLY,), duration=None, now=NOW, zone=BERLIN) == at(25, 3)
    assert promised((NIGHTLY,), duration=None, now=NOW, zone=BERLIN, behind=1) == at(24, 3)
    assert promised((NIGHTLY,), duration=None, now=at(25, 3, 30), zone=BERLIN) == at(24, 3)
    hourly = schedules.parse({"minute": "0"})
    assert promised((NIGHTLY, hourly), duration=None, now=NOW, zone=BERLIN) == at(25, 11)


def test_one_schedule_within_another() -> None:
    often = schedules.parse({"minute": "*/15"})
    nights = schedules.parse({"minute": "*", "hour": "1-4", "begin": "02:00", "end": "23:59"})
    both = meet(often, nights)
    assert schedules.next_due(both, at(25, 0), BERLIN) == at(25, 2)
    assert schedules.next_due(both, at(25, 2), BERLIN) == at(25, 2, 15)
    assert schedules.next_due(both, at(25, 4, 45), BERLIN) == at(26, 2)
    # A part of the day over midnight is that of the limit.
    over = schedules.parse({"minute": "*", "begin": "22:00", "end": "02:00"})
    assert (meet(often, over).begin, meet(often, over).end) == (over.begin, over.end)
    either = schedules.parse({"minute": "0", "dom": "1", "dow": "mon"})
    assert meet(NIGHTLY, either).days == either.days


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("auto-2026-11-25_00-00", True),
        ("auto-2026-11-25_00-00-daily", False),
        ("manual", False),
        ("auto-2026-11-25", False),
    ],
)
def test_names(name: str, fits: bool) -> None:
    assert eligible(name, ["auto-%Y-%m-%d_%H-%M"], None) is fits


def test_names_by_an_expression() -> None:
    assert eligible("weekly-1", [], r"weekly-\d+")
    assert not eligible("weekly-1x", [], r"weekly-\d+")
    assert eligible("anything", [], None)
    assert eligible("anything", [], "(")
    assert eligible("100%_x-Monday", ["100%%_x-%A"], None)


def test_where_datasets_go() -> None:
    assert target_of("tank/a", ["tank/a"], "vault/b") == "vault/b"
    assert target_of("tank/a/c/d", ["tank/a"], "vault/b") == "vault/b/c/d"
    assert target_of("tank/a/x", ["tank/a/x", "tank/a/y"], "vault") == "vault/x"
    assert target_of("tank/ab", ["tank/ab", "tank/ac"], "vault") == "vault/ab"
    assert is_excluded("tank/a/b", ["tank/a"])
    assert not is_excluded("tank/ab", ["tank/a"])


@pytest.mark.parametrize(
    ("present", "earlier", "collapsed", "dropped"),
    [
        (100, [], False, False),
        (49, [100], True, True),
        (50, [100], False, False),
        (70, [100, 100, 100], False, True),
        # Where it always differs that much it tells nothing.
        (70, [100, 75, 125, 60, 140], False, False),
        # Only the last ten count.
        (100, [*[1000] * 20, *[100] * 10], False, False),
    ],
)
def test_sizes(present: int, earlier: list[int], collapsed: bool, dropped: bool) -> None:
    sizes = Sizes(present=present, earlier=earlier)
    assert sizes.collapsed is collapsed
    if len(earlier) >= 3:
        assert sizes.dropped is dropped


# --- The verdict --------------------------------------------------------------------------------


def snapshot(day: int, guid: str = "") -> Snapshot:
    """Return the snapshot of a midnight."""
    return Snapshot(name=f"s{day}", guid=guid or f"g{day}", created=at(day, 0), size=GIB)


def pair(source: list[Snapshot] | None, target: list[Snapshot] | None) -> Pair:
    """Return a dataset and its copy."""
    return Pair(
        source="tank/a",
        target="vault/a",
        source_snapshots=None if source is None else tuple(source),
        target_snapshots=None if target is None else tuple(target),
    )


GOOD = Evidence(
    zone=BERLIN,
    last_run=LastRun.SUCCESS,
    last_success=at(25, 0, 5),
    promised=at(25, 0),
    strict=True,
    pairs=(pair([snapshot(24), snapshot(25)], [snapshot(24), snapshot(25)]),),
)


def with_pair(source: list[Snapshot] | None, target: list[Snapshot] | None) -> Evidence:
    """Return evidence of one dataset."""
    return replace(GOOD, pairs=(pair(source, target),))


def test_all_is_good() -> None:
    verdict = judge(GOOD)
    assert verdict.outcome is Outcome.OK
    assert verdict.reasons == []


def test_the_worst_counts() -> None:
    failed = replace(GOOD, last_run=LastRun.FAILED, error="no space", overdue_since=at(25, 3))
    verdict = judge(failed)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.reasons == [
        "The last run failed: no space",
        "It was due at 2026-11-25 03:00 and has not succeeded since.",
    ]
    assert judge(replace(GOOD, last_run=LastRun.FAILED)).outcome is Outcome.WARNING
    assert judge(replace(GOOD, last_run=LastRun.NEVER)).outcome is Outcome.FAILED


def test_what_nobody_has_seen_is_not_good() -> None:
    unseen = replace(GOOD, pairs=(pair([snapshot(25)], None),), unseen=("It is far away.",))
    verdict = judge(unseen)
    assert verdict.outcome is Outcome.WARNING
    assert verdict.reasons == ["Nothing of what lies at the target could be seen."]
    assert "It is far away." in [finding.reason for finding in verdict.findings]


def test_behind() -> None:
    old = with_pair([snapshot(24), snapshot(25)], [snapshot(24)])
    assert judge(old).outcome is Outcome.FAILED
    # A source that makes a snapshot only where something changed may have nothing newer.
    same = with_pair([snapshot(23)], [snapshot(23)])
    assert judge(same).outcome is Outcome.FAILED
    assert judge(replace(same, strict=False)).outcome is Outcome.OK
    # Of a source that cannot be seen nobody knows whether it has.
    assert judge(with_pair(None, [snapshot(23)])).outcome is Outcome.WARNING


def test_guids() -> None:
    other = with_pair([snapshot(25)], [snapshot(24), snapshot(25, "other")])
    assert judge(other).outcome is Outcome.FAILED
    none = with_pair([snapshot(25)], [snapshot(24), snapshot(23)])
    assert "tank/a and vault/a have no snapshot in common." in judge(none).reasons
    newer = with_pair([snapshot(24), snapshot(25)], [snapshot(24), snapshot(25), snapshot(26)])
    assert judge(newer).reasons == ["vault/a has a newer snapshot that tank/a lacks: s26."]
    empty = with_pair([], [snapshot(25)])
    assert "tank/a has no snapshot that the task would send." in judge(empty).reasons
    # Of old ones only the names are known: they are neither good nor bad.
    named = with_pair([Snapshot(name="s1"), snapshot(25)], [Snapshot(name="s1"), snapshot(25)])
    assert judge(named).outcome is Outcome.OK


def test_names_alone() -> None:
    asked = replace(pair([snapshot(25)], None), asked_names=True, named=snapshot(25))
    assert judge(replace(GOOD, pairs=(asked,))).outcome is Outcome.OK
    absent = replace(asked, named=None)
    assert judge(replace(GOOD, pairs=(absent,))).reasons == ["vault/a has no snapshot of tank/a."]


def test_files_and_restores() -> None:
    compared = Compared(checked=9, missing=("a",) * 7, different=("b",))
    assert judge(replace(GOOD, files=compared)).reasons == [
        "Of 9 files 7 are missing (a, a, a, a, a and 2 more) and 1 differ (b) at the target."
    ]
    assert judge(replace(GOOD, files=Compared(checked=0))).outcome is Outcome.WARNING
    restored = Restored(compared=Compared(checked=3), left="vault/scratch")
    assert judge(replace(GOOD, restored=restored)).outcome is Outcome.WARNING
    alone = Restored(compared=Compared(checked=3), alone=True)
    assert judge(replace(GOOD, restored=alone)).outcome is Outcome.OK
    assert judge(replace(GOOD, restored=Restored(problem="full"))).outcome is Outcome.WARNING


def test_sizes_in_the_verdict() -> None:
    sized = replace(GOOD, sizes=Sizes(present=GIB, earlier=[4 * GIB]))
    assert judge(sized).outcome is Outcome.FAILED
    sized = replace(GOOD, sizes=Sizes(present=3 * GIB, earlier=[4 * GIB] * 3))
    assert judge(sized).outcome is Outcome.WARNING
    sized = replace(GOOD, sizes=Sizes(present=4 * GIB, earlier=[4 * GIB] * 3))
    assert judge(sized).outcome is Outcome.OK


# --- What is safe -------------------------------------------------------------------------------


def test_nothing_was_sent() -> None:
    told = not_begun(GOOD)
    assert told.safe == (
        "Nothing was sent: at the other side all is as it was before.",
        "The last run that succeeded ended at 2026-11-25 00:05.",
    )


def test_a_transfer_of_snapshots_broke_off() -> None:
    told = broken_off(with_pair([snapshot(24), snapshot(25)], [snapshot(24)]), by_snapshots=True)
    assert told.safe[0] == "vault/a@s24 of 2026-11-24 00:00 is there whole."
    assert told.not_safe[0] == "tank/a@s25 is not there."


def test_a_transfer_of_files_broke_off() -> None:
    told = broken_off(
        replace(GOOD, files=Compared(checked=4, missing=("a",))), by_snapshots=False, deletes=True
    )
    assert told.safe == ("Of 4 files that were looked at 3 are there as they should be.",)
    assert len(told.not_safe) == 3


def test_a_transfer_that_ended() -> None:
    bad = with_pair([snapshot(25)], [snapshot(24), snapshot(25, "other")])
    told = transferred(bad, judge(bad))
    assert told.not_safe
    told = transferred(GOOD, judge(GOOD))
    assert told.not_safe == ()
    assert told.safe == ("vault/a@s25 of 2026-11-25 00:00 is there whole.",)


def test_a_moment_that_is_not_known() -> None:
    assert GOOD.at(None) == "an unknown time"
    assert GOOD.at(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01 01:00"

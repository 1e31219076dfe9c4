"""Alarms about levels: they do not flutter."""

from custom_components.home_server_monitor.analysis.levels import alarmed


def run(*levels: float | None) -> list[bool]:
    states, on = [], False
    for level in levels:
        on = alarmed(level, before=on, on=90, off=85)
        states.append(on)
    return states


def test_begins_at_its_limit() -> None:
    assert run(89.9, 90, 99) == [False, True, True]


def test_ends_below_the_other() -> None:
    assert run(90, 86, 85, 84.9, 89) == [True, True, True, False, False]


def test_what_is_unknown_changes_nothing() -> None:
    assert run(None, 90, None, 80, None) == [False, True, True, False, False]

"""Alarms about a level, such as a quota that fills up: they do not flutter at their limit."""


def alarmed(level: float | None, *, before: bool, on: float, off: float) -> bool:
    """Whether the alarm is on: from ``on`` upwards, until the level is below ``off``.

    What is not known leaves it as it was.
    """
    if level is None:
        return before
    return level >= on or (before and level >= off)

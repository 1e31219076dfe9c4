"""Whatever the NAS says, reading it raises nothing, and what is shown stays within sense."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.truenas.host.alerts import parse as alerts
from custom_components.home_server_monitor.systems.truenas.host.alerts.plain import plain
from custom_components.home_server_monitor.systems.truenas.host.realtime import parse
from custom_components.home_server_monitor.systems.truenas.host.realtime.models import Traffic
from custom_components.home_server_monitor.systems.truenas.host.release import parse as release
from custom_components.home_server_monitor.systems.truenas.host.ups import parse as ups

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**15), max_value=10**15)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(max_size=8)
)
_KEYS = st.sampled_from(
    [
        *("cpu", "average", "usage", "temp", "temperature_celsius", "memory", "arc_size", "zfs"),
        *("physical_memory_total", "physical_memory_available", "virtual_memory", "total"),
        *("available", "cache_hit_ratio", "demand_accesses_per_second", "interfaces", "eno1"),
        *("demand_data_hits_per_second", "link_state", "speed", "received_bytes_rate", "0"),
        *("uuid", "level", "formatted", "code", "status", "error", "errname", "new_version"),
        *("version", "name", "data", "identifier", "reboot_required_reasons", "reason"),
    ]
)
ANYTHING = st.recursive(
    _LEAVES,
    lambda part: st.lists(part, max_size=4) | st.dictionaries(_KEYS, part, max_size=6),
    max_leaves=25,
)


@given(st.lists(st.dictionaries(_KEYS, ANYTHING, max_size=8), min_size=1, max_size=3))
def test_ticks(messages: list[dict[str, Any]]) -> None:
    ticks = [parse.tick(message) for message in messages]
    live = parse.live(ticks, NOW, None)
    assert live.arc_hit_ratio is None or live.arc_hit_ratio >= 0
    assert live.memory_usage is None or live.memory_used is not None


@given(ANYTHING)
def test_answers(answer: Any) -> None:
    alerts.alerts(answer)
    ups.ups(answer)
    release.reasons(answer)
    found = release.release(answer, installed="25.10.5", before=None, now=NOW)
    assert found.installed == "25.10.5"


@given(st.text())
def test_texts(html: str) -> None:
    assert plain(html) == plain(html).strip()


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (0, 0),
        (4_999, 0),
        (5_001, 10_000),
        (131_000, 130_000),
        (999_000, 1_000_000),
        (1_234_567, 1_200_000),
        (118_456_789, 120_000_000),
        (None, None),
    ],
)
def test_rates_in_steps(told: float | None, shown: int | None) -> None:
    traffic = Traffic(up=True, speed=1000, received=told, sent=None)
    assert parse.interface("eno1", traffic, physical=True).received == shown

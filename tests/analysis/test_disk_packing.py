"""Histories as plain numbers: the same again, and small."""

from datetime import timedelta
import json

from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.home_server_monitor.analysis.disk_health import (
    DiskKind,
    SmartHistory,
    SmartSample,
)
from custom_components.home_server_monitor.analysis.disk_health.packing import packed, unpacked
from scripts.disk_model.benchmark import made_up
from tests.analysis.disk_histories import START

COUNTS = st.none() | st.integers(0, 1 << 40)


@given(
    st.lists(
        st.builds(
            SmartSample,
            st.integers(0, 900).map(lambda day: START + timedelta(days=day)),
            st.dictionaries(st.sampled_from((5, 187, 197)), st.integers(0, 1 << 40), max_size=3),
            power_on_hours=COUNTS,
            temperature=st.none() | st.floats(-40, 90),
            zfs_read_errors=COUNTS,
        ),
        max_size=20,
    )
)
def test_there_and_back(samples: list[SmartSample]) -> None:
    history = SmartHistory.from_samples(DiskKind.HDD, "ST4000VN006", samples, 4_000_000_000_000)
    again = unpacked(json.loads(json.dumps(packed(history))))
    assert (again.kind, again.model, again.capacity_bytes) == (
        history.kind,
        history.model,
        history.capacity_bytes,
    )
    assert np.array_equal(again.days, history.days)
    for name in {*again.columns, *history.columns}:
        assert np.array_equal(again.column(name), history.column(name)), name


def test_three_years_of_a_disk_are_small() -> None:
    history = made_up(1, 1100)[0]
    assert len(json.dumps(packed(history))) < 4000


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"days": [1, 3], "columns": {"pending": [0, 2]}},
        {"days": [1, 0]},
        {"days": [1]},
        {"kind": "drum"},
        {"columns": {"pending": None}},
    ],
)
def test_what_is_no_history(broken: dict[str, object]) -> None:
    whole: dict[str, object] = {
        "kind": "hdd",
        "model": "",
        "capacity": None,
        "days": [1, 3],
        "columns": {},
    }
    with pytest.raises((ValueError, KeyError, TypeError)):
        unpacked({**whole, **broken} if broken else {})

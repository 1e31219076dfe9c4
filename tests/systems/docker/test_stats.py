"""What a container uses, as ``docker stats`` counts it; no Home Assistant."""

from copy import deepcopy
from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker.models import ContainerUsage
from custom_components.home_server_monitor.systems.docker.stats import IDLE, total, usage
from tests.systems.docker import documents
from tests.systems.docker.documents import spoilt, unhurried

_RATES = (
    "network_receive_rate",
    "network_send_rate",
    "block_read_rate",
    "block_write_rate",
)


def _sample(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an answer with other counters: cpu, system, rx, tx, second, cores."""
    answer = deepcopy(document)
    if "second" in more:
        answer["read"] = f"2026-11-20T18:10:{more['second']:02}Z"
    if "cpu" in more:
        answer["cpu_stats"]["cpu_usage"]["total_usage"] = more["cpu"]
    if "system" in more:
        answer["cpu_stats"]["system_cpu_usage"] = more["system"]
    for key, name in (("rx", "rx_bytes"), ("tx", "tx_bytes")):
        if key in more:
            answer["networks"] = {"eth0": {**answer.get("networks", {}).get("eth0", {})}}
            answer["networks"]["eth0"][name] = more[key]
    return answer


def _docker_cpu_percent(before: dict[str, Any], now: dict[str, Any]) -> float:
    """Compute CPU % as Docker's API reference says: cpu_delta / system_delta * cpus * 100."""
    old, new = before["cpu_stats"], now["cpu_stats"]
    cpu_delta: int = new["cpu_usage"]["total_usage"] - old["cpu_usage"]["total_usage"]
    system_delta: int = new["system_cpu_usage"] - old["system_cpu_usage"]
    cores: int = new["online_cpus"]
    return cpu_delta / system_delta * cores * 100.0


def test_first_sample_has_totals_but_no_rates() -> None:
    first = usage(documents.STATS_V1, None)
    assert first.memory == 60_000
    assert first.memory_percent == 25.0
    assert (first.network_received, first.network_sent) == (1020, 510)
    assert (first.block_read, first.block_written) == (4097, 8192)
    assert first.cpu is None
    assert first.cpu_cores is None
    assert {getattr(first, name) for name in _RATES} == {None}


def test_cgroup_v2() -> None:
    first = usage(documents.STATS_V2, None)
    assert first.memory == 60_000
    assert first.memory_percent == 25.0
    assert (first.block_read, first.block_written) == (0, 0), "null lists: nothing was written"
    assert first.network_received is None
    assert first.network_sent is None


def test_second_sample() -> None:
    before = usage(_sample(documents.STATS_V1, second=0), None)
    later = _sample(
        documents.STATS_V1, second=10, cpu=7_000_000_000, system=540_000_000_000, rx=11_000, tx=520
    )
    now = usage(later, before.counters)
    assert now.cpu == pytest.approx(12.5), "5 of 40 seconds of all cores"
    assert now.cpu_cores == pytest.approx(50.0)
    assert now.network_receive_rate == pytest.approx((11_000 - 1020) / 10)
    assert now.network_send_rate == pytest.approx(1.0)
    assert now.block_read_rate == 0


@unhurried
@given(
    st.integers(0, 1 << 50),
    st.integers(0, 1 << 40),
    st.integers(1, 1 << 50),
    st.integers(1, 128),
)
def test_cpu_is_dockers_own_formula(start: int, worked: int, passed: int, cores: int) -> None:
    before = _sample(documents.STATS_V2, cpu=start, system=0)
    now = _sample(documents.STATS_V2, cpu=start + worked, system=passed)
    for answer in (before, now):
        answer["cpu_stats"]["online_cpus"] = cores
    found = usage(now, usage(before, None).counters)
    docker = _docker_cpu_percent(before, now)
    assert found.cpu == pytest.approx(min(docker / cores, 100))
    assert found.cpu_cores == pytest.approx(min(docker, 100 * cores))


def test_cores_are_counted_where_they_are_not_told() -> None:
    before, now = _sample(documents.STATS_V1), _sample(documents.STATS_V1, cpu=3_000_000_000)
    now["cpu_stats"]["system_cpu_usage"] += 10_000_000_000
    del now["cpu_stats"]["online_cpus"]
    found = usage(now, usage(before, None).counters)
    assert found.cpu == pytest.approx(10)
    assert found.cpu_cores == pytest.approx(40)
    del now["cpu_stats"]["cpu_usage"]["percpu_usage"]
    assert usage(now, usage(before, None).counters).cpu_cores is None


def test_counters_that_fell_give_no_rate() -> None:
    before = usage(_sample(documents.STATS_V1, second=0), None)
    restarted = _sample(
        documents.STATS_V1, second=10, cpu=1, system=540_000_000_000, rx=3, tx=10_000
    )
    now = usage(restarted, before.counters)
    assert now.cpu is None
    assert now.network_receive_rate is None
    assert now.network_send_rate is not None
    assert now.network_received == 3


def test_clock_that_went_back_gives_no_rate_but_cpu() -> None:
    before = usage(_sample(documents.STATS_V1, second=30), None)
    later = _sample(documents.STATS_V1, second=10, cpu=7_000_000_000, system=540_000_000_000)
    now = usage(later, before.counters)
    assert {getattr(now, name) for name in _RATES} == {None}
    assert now.cpu == pytest.approx(12.5), "the host's CPU time does not follow the clock"


def test_the_same_moment_twice() -> None:
    before = usage(documents.STATS_V1, None)
    now = usage(documents.STATS_V1, before.counters)
    assert now.cpu is None
    assert now.block_read_rate is None


@pytest.mark.parametrize("document", [documents.STATS_STOPPED, {}, None, [], "", {"read": "x"}])
def test_stopped_container_uses_nothing_known(document: object) -> None:
    assert usage(document, usage(documents.STATS_V1, None).counters) == IDLE
    assert IDLE.memory is None


def test_memory_below_its_cache() -> None:
    answer = deepcopy(documents.STATS_V1)
    answer["memory_stats"]["usage"] = 30_000
    assert usage(answer, None).memory == 30_000


def test_memory_without_a_limit() -> None:
    answer = deepcopy(documents.STATS_V1)
    answer["memory_stats"]["limit"] = 0
    assert usage(answer, None).memory_percent is None


def test_total_of_a_host() -> None:
    parts = [
        ContainerUsage(cpu=1.5, memory=10),
        ContainerUsage(memory=5),
        IDLE,
        "something else",
    ]
    assert total(parts).cpu == 1.5
    assert total(parts).memory == 15
    assert total([IDLE]).memory is None
    assert total([]).cpu is None


_COUNTER = st.integers(0, (1 << 64) - 1)


@st.composite
def _samples(draw: st.DrawFn) -> dict[str, Any]:
    """Give an answer with any counters, as after resets and jumps of the clock."""
    base = draw(st.sampled_from([documents.STATS_V1, documents.STATS_V2]))
    answer = _sample(
        base,
        cpu=draw(_COUNTER),
        system=draw(_COUNTER),
        rx=draw(_COUNTER),
        tx=draw(_COUNTER),
        second=draw(st.integers(0, 59)),
    )
    answer["cpu_stats"]["online_cpus"] = draw(st.integers(0, 256))
    answer["memory_stats"]["usage"] = draw(_COUNTER)
    answer["memory_stats"]["limit"] = draw(_COUNTER)
    answer["memory_stats"]["stats"]["inactive_file"] = draw(_COUNTER)
    return answer


@unhurried
@given(st.lists(_samples(), min_size=2, max_size=4))
def test_nothing_is_ever_negative(answers: list[dict[str, Any]]) -> None:
    before = None
    for answer in answers:
        now = usage(answer, before)
        for name in (*_RATES, "cpu", "cpu_cores", "memory", "memory_percent"):
            value = getattr(now, name)
            assert value is None or value >= 0, name
        assert now.cpu is None or now.cpu <= 100
        before = now.counters


@unhurried
@given(spoilt(documents.STATS_V1), spoilt(documents.STATS_V2))
def test_any_answer(first: Any, second: Any) -> None:
    counters = usage(documents.STATS_V2, None).counters
    for document, other in pairwise((documents.STATS_V1, first, second, documents.STATS_V1)):
        counters = usage(document, counters).counters
        found = usage(other, counters)
        assert found.counters is None or isinstance(found.counters.read_at, datetime)

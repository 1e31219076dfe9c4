"""What hangs on containers: stacks, hosts, restart loops, recreation; no Home Assistant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker import tree
from custom_components.home_server_monitor.systems.docker.models import (
    Container,
    ContainerState,
    HealthState,
)
from custom_components.home_server_monitor.systems.paths import Path
from tests.systems.docker.documents import unhurried

_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_HOST: Path = ("environment:1",)


def _container(name: str = "one", **values: Any) -> Container:
    values.setdefault("state", ContainerState.RUNNING)
    return Container(id=values.pop("id", f"id-{name}"), name=name, image="lab/app", **values)


def _after(seconds: float) -> datetime:
    return _NOW + timedelta(seconds=seconds)


# --- Which of two is meant ------------------------------------------------------------------------

_OLD = _container(id="old", created=_NOW)
_NEW = _container(id="new", created=_after(5))


@pytest.mark.parametrize(
    ("new", "old", "better"),
    [
        (_NEW, _OLD, True),
        (_OLD, _NEW, False),
        (replace(_NEW, state=ContainerState.CREATED), _OLD, False),
        (_OLD, replace(_NEW, state=ContainerState.CREATED), True),
        (replace(_OLD, state=ContainerState.RESTARTING), _NEW, False),
        (
            replace(_NEW, state=ContainerState.EXITED),
            replace(_OLD, state=ContainerState.EXITED),
            True,
        ),
        (replace(_NEW, created=None), _OLD, True),
        (_NEW, replace(_OLD, created=None), True),
        (replace(_OLD, state=ContainerState.EXITED), _OLD, True),
        (replace(_NEW, created=_NOW), _OLD, True),
    ],
)
def test_is_better(new: Container, old: Container, *, better: bool) -> None:
    assert tree.is_better(new, old) is better


# --- Stacks and hosts -----------------------------------------------------------------------------

_DONE = {"state": ContainerState.EXITED, "exit_code": 0, "project": "media"}


@pytest.mark.parametrize(
    ("others", "state", "running"),
    [
        ([], "running", 1),
        ([_container("b", project="media")], "running", 2),
        ([_container("b", project="media", state=ContainerState.PAUSED)], "running", 2),
        ([_container("b", project="media", state=ContainerState.RESTARTING)], "partial", 1),
        ([_container("b", project="media", state=ContainerState.CREATED)], "partial", 1),
        ([_container("b", **_DONE)], "running", 1),
        ([_container("b", **{**_DONE, "exit_code": 1})], "partial", 1),
        ([_container("b", **_DONE, restart_policy="always")], "partial", 1),
        ([_container("b", project="other")], "running", 1),
        ([_container("b")], "running", 1),
    ],
)
def test_stack(others: list[Container], state: str, running: int) -> None:
    found = tree.stacks(_HOST, [_container("a", project="media"), *others])
    stack = found[(*_HOST, "stack:media")]
    assert (stack.state, stack.running) == (state, running)


def test_stack_without_running_containers() -> None:
    found = tree.stacks((), [_container("b", **_DONE)], known=["media", "empty"])
    assert {path: (stack.state, stack.total) for path, stack in found.items()} == {
        ("stack:media",): ("stopped", 1),
        ("stack:empty",): ("stopped", 0),
    }


def test_host() -> None:
    host = tree.host(
        "nas",
        "Docker",
        "28.5.2",
        [
            _container("a"),
            _container("b", state=ContainerState.PAUSED),
            _container("c", state=ContainerState.RESTARTING, restart_loop=True),
            _container("d", state=ContainerState.EXITED),
            _container("e", health=HealthState.UNHEALTHY),
        ],
    )
    assert (host.running, host.stopped, host.unhealthy, host.looping, host.total) == (3, 2, 1, 1, 5)


def test_containers_of_one_host() -> None:
    items = {
        ("environment:1", "container:a"): _container("a"),
        ("environment:11", "container:b"): _container("b"),
        ("environment:1",): "no container",
    }
    assert list(tree.containers_of(items, _HOST)) == [("environment:1", "container:a")]


# --- Restart loops --------------------------------------------------------------------------------


def _restarting(times: list[float]) -> Container:
    """Return a container whose engine counted a restart at each of these seconds."""
    container = _container()
    for count, seconds in enumerate(times, 1):
        read = replace(_container(), restart_count=count)
        container = tree.with_restarts(read, container, _after(seconds))
    return container


@pytest.mark.parametrize(
    ("times", "loop"),
    [
        ([], False),
        ([0, 60], False),
        ([0, 60, 120], True),
        ([0, 300, 599], True),
        ([0, 300, 600], False),
        ([0, 400, 800, 1200], False),
        ([0, 700, 1000, 1299], True),
    ],
)
def test_restart_loop_within_the_window(times: list[float], *, loop: bool) -> None:
    assert _restarting(times).restart_loop is loop


def test_loop_ends_when_the_window_has_passed() -> None:
    looping = _restarting([0, 1, 2])
    assert looping.restart_loop
    assert tree.with_restarts(looping, looping, _after(599)).restart_loop
    calm = tree.with_restarts(looping, looping, _after(602))
    assert not calm.restart_loop
    assert calm.restarts == ()


def test_restarts_between_two_looks_all_count() -> None:
    seen = tree.with_restarts(replace(_container(), restart_count=5), _container(), _NOW)
    assert len(seen.restarts) == 5
    assert seen.restart_loop
    many = tree.with_restarts(replace(_container(), restart_count=9999), _container(), _NOW)
    assert len(many.restarts) == 20


def test_what_happened_before_we_looked_does_not_count() -> None:
    assert not tree.with_restarts(_container(restart_count=50), None, _NOW).restart_loop


def test_count_that_a_start_by_hand_reset() -> None:
    old = tree.with_restarts(_container(restart_count=7), None, _NOW)
    assert tree.with_restarts(_container(restart_count=0), old, _after(1)).restarts == ()


def test_restarts_by_somebody_else() -> None:
    """Something that restarts a container without a policy does not raise the engine's count."""
    container = _container()
    for seconds in range(3):
        container = tree.with_restarts(_container(), container, _after(seconds), crashed=True)
    assert container.restart_loop
    both = tree.with_restarts(_container(restart_count=1), _container(), _NOW, crashed=True)
    assert len(both.restarts) == 1, "the engine's own count and the event tell of the same one"


def test_recreated_container_starts_afresh() -> None:
    old = _restarting([0, 1, 2])
    assert not tree.with_restarts(_container(id="new"), old, _after(3)).restart_loop


@unhurried
@given(st.lists(st.integers(0, 2000), max_size=30))
def test_loop_is_three_in_ten_minutes(times: list[int]) -> None:
    times.sort()
    last = times[-1] if times else 0
    expected = sum(last - one < 600 for one in times) >= 3
    assert _restarting([float(one) for one in times]).restart_loop is expected


# --- Recreation -----------------------------------------------------------------------------------

_PATH: Path = ("container:one",)


def test_missing_container_gets_time_to_come_back() -> None:
    since: dict[Path, datetime] = {}
    known = {_PATH: _container(health=HealthState.HEALTHY, started_at=_NOW)}
    waiting = tree.missing(known, [], since, _NOW)
    assert waiting[_PATH].state is ContainerState.REMOVING
    assert waiting[_PATH].health is HealthState.NONE
    assert waiting[_PATH].started_at is None
    assert tree.missing(waiting, [], since, _after(9)) == waiting
    assert tree.missing(waiting, [], since, _after(10)) == {}
    assert since == {}


def test_container_that_came_back_is_given_the_full_time_again() -> None:
    since: dict[Path, datetime] = {}
    known = {_PATH: _container()}
    assert tree.missing(known, [], since, _NOW)
    assert tree.missing(known, [_PATH], since, _after(5)) == {}
    assert since == {}
    assert tree.missing(known, [], since, _after(9))
    assert tree.missing(known, [], since, _after(18))


# --- Events ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "attributes", "changes"),
    [
        ("start", {}, {"state": "running", "started_at": _NOW, "exit_code": None}),
        ("pause", {}, {"state": "paused"}),
        ("unpause", {}, {"state": "running"}),
        ("die", {"exitCode": "3"}, {"state": "exited", "exit_code": 3, "started_at": None}),
        ("die", {"containerExitCode": "137"}, {"state": "exited", "exit_code": 137}),
        ("die", {"exitCode": "puzzled"}, {"state": "exited", "exit_code": None}),
        ("die", {}, {"state": "exited", "exit_code": None}),
        ("unhealthy", {}, {"health": "unhealthy"}),
        ("healthy", {}, {"health": "healthy"}),
        ("starting", {}, {"health": "starting"}),
        ("oom", {}, {"oom_killed": True}),
        ("destroy", {}, {"state": "removing", "health": "none"}),
        ("kill", {"signal": "1"}, {}),
        ("stop", {}, {}),
        ("rename", {"oldName": "/zero"}, {}),
    ],
)
def test_after_event(action: str, attributes: dict[str, str], changes: dict[str, Any]) -> None:
    before = _container(exit_code=9, health=HealthState.HEALTHY)
    after = tree.after_event(before, action, attributes, _NOW)
    assert {key: getattr(after, key) for key in changes} == changes
    if not changes:
        assert after == before

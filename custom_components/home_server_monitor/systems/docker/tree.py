"""From containers to what hangs on them: paths, stacks, host totals. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..paths import Path, child, covers
from .models import Container, ContainerState, HealthState, Host, Stack, StackState

CONTAINER = "container"
STACK = "stack"

RECREATION = timedelta(seconds=10)
"""How long a container that was removed gets to come back before its device goes."""

LOOP_WINDOW = timedelta(minutes=10)
LOOP_RESTARTS = 3
_KEPT_RESTARTS = 20


def container_path(host: Path, key: str) -> Path:
    """Return the path of the container with this key on this host."""
    return child(host, CONTAINER, key)


def stack_path(host: Path, name: str) -> Path:
    """Return the path of a stack on this host."""
    return child(host, STACK, name)


def containers_of(items: Mapping[Path, Any], host: Path) -> dict[Path, Container]:
    """Return the containers of one host."""
    return {
        path: item
        for path, item in items.items()
        if isinstance(item, Container) and covers(host, path)
    }


def is_better(new: Container, old: Container) -> bool:
    """Choose between two containers that answer to one key, as during a recreation.

    One that runs beats one that does not; among equals the younger one is meant.
    """
    if new.id == old.id or new.state.is_active != old.state.is_active:
        return new.id == old.id or new.state.is_active
    if new.created is None or old.created is None:
        return True
    return new.created >= old.created


def with_restarts(
    new: Container, old: Container | None, now: datetime, *, crashed: bool = False
) -> Container:
    """Carry the restarts of the last minutes over, add those that happened since, and judge.

    The engine counts the restarts of its own policy; ``crashed`` tells of one that somebody else
    did after the container died by itself.
    """
    restarts: tuple[datetime, ...] = ()
    if new is old and not old.restarts:
        return new
    if old is not None and old.id == new.id:
        happened = max(new.restart_count - old.restart_count, 0) or int(crashed)
        restarts = (*old.restarts, *(now for _ in range(min(happened, _KEPT_RESTARTS))))
    recent = tuple(moment for moment in restarts if now - moment < LOOP_WINDOW)[-_KEPT_RESTARTS:]
    return replace(new, restarts=recent, restart_loop=len(recent) >= LOOP_RESTARTS)


def stacks(
    host: Path, containers: Iterable[Container], known: Iterable[str] = ()
) -> dict[Path, Stack]:
    """Return the stacks that the containers belong to by compose label, and those known."""
    members: dict[str, list[Container]] = {name: [] for name in known}
    for container in containers:
        if container.project:
            members.setdefault(container.project, []).append(container)
    return {stack_path(host, name): _stack(name, parts) for name, parts in members.items()}


def _stack(name: str, parts: list[Container]) -> Stack:
    running = sum(part.is_running for part in parts)
    expected = [part for part in parts if not part.has_completed]
    if running == 0:
        state = StackState.STOPPED
    elif all(part.is_running for part in expected):
        state = StackState.RUNNING
    else:
        state = StackState.PARTIAL
    return Stack(name=name, state=state, running=running, total=len(parts))


def host(name: str, engine: str, version: str, containers: Iterable[Container]) -> Host:
    """Count a host's containers."""
    parts = list(containers)
    running = sum(part.is_running for part in parts)
    return Host(
        name=name,
        engine=engine,
        version=version,
        running=running,
        stopped=len(parts) - running,
        unhealthy=sum(part.health is HealthState.UNHEALTHY for part in parts),
        looping=sum(part.restart_loop for part in parts),
        total=len(parts),
    )


_REMOVED: dict[str, Any] = {
    "state": ContainerState.REMOVING,
    "health": HealthState.NONE,
    "started_at": None,
    "error": None,
}


def missing(
    known: Mapping[Path, Container],
    found: Iterable[Path],
    since: dict[Path, datetime],
    now: datetime,
) -> dict[Path, Container]:
    """Return the containers that are not listed any more, but may only be recreated at present.

    ``since`` remembers when each was first missed, and forgets those that came back or are gone.
    """
    absent = {path: item for path, item in known.items() if path not in set(found)}
    for path in since.keys() - absent.keys():
        del since[path]
    waiting = {
        path: replace(item, **_REMOVED)
        for path, item in absent.items()
        if now - since.setdefault(path, now) < RECREATION
    }
    for path in absent.keys() - waiting.keys():
        del since[path]
    return waiting


def after_event(
    container: Container, action: str, attributes: Mapping[str, Any], moment: datetime
) -> Container:
    """Return the container as the event alone tells that it is now; inspecting fills the rest."""
    changes: dict[str, Any] = {}
    match action:
        case "start":
            changes = {
                "state": ContainerState.RUNNING,
                "started_at": moment,
                "exit_code": None,
                "oom_killed": False,
            }
        case "unpause":
            changes = {"state": ContainerState.RUNNING}
        case "pause":
            changes = {"state": ContainerState.PAUSED}
        case "die":
            changes = {
                "state": ContainerState.EXITED,
                "health": HealthState.NONE,
                "started_at": None,
                "exit_code": exit_code(attributes),
            }
        case "healthy" | "unhealthy" | "starting":
            changes = {"health": HealthState(action)}
        case "oom":
            changes = {"oom_killed": True}
        case "destroy":
            changes = _REMOVED
    return replace(container, **changes)


def exit_code(attributes: Mapping[str, Any]) -> int | None:
    """Return the exit code of a ``die`` event; Podman calls the attribute by another name."""
    text = attributes.get("exitCode", attributes.get("containerExitCode"))
    try:
        return int(str(text))
    except ValueError:
        return None

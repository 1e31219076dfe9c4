"""The state machine of a simulated Docker host: what can happen to its containers."""

from __future__ import annotations

import asyncio
import contextlib

from ..clock import SECOND
from .host import Host
from .model import Container, EngineError, Health, Probe

_SIGNALS = {"KILL": 9, "TERM": 15, "INT": 2, "HUP": 1, "QUIT": 3, "USR1": 10, "USR2": 12}
_FATAL = {2, 3, 9, 15}
_LONGEST_BACKOFF = 60.0


class Engine(Host):
    """Everything that can happen to a container.

    Each method publishes the events that the real engine publishes, in its order (28.5's).
    """

    def start(self, name: str) -> bool:
        """Start; False if it runs already."""
        container = self.find(name)
        if container.status == "paused":
            raise EngineError(409, "cannot start a paused container, try unpause instead")
        if container.running:
            return False
        container.restart_count = 0
        container.stopped_by_hand = False
        self._run(container)
        return True

    def stop(self, name: str) -> bool:
        """Stop as `docker stop` does; False if it does not run."""
        container = self.find(name)
        if not container.running:
            return False
        container.stopped_by_hand = True
        if container.status == "restarting":
            self._set_exited(container, container.exit_code)
            self.emit(container, "stop")
            return True
        code = self._terminate(container)
        self.disconnect_all(container)
        self.emit(container, "stop")
        self._end(container, code, announce_network=False)
        return True

    def restart(self, name: str) -> None:
        """Stop if need be, start again, and announce the restart."""
        container = self.find(name)
        self.stop(container.id)
        self.start(container.id)
        self.emit(container, "restart")

    def kill(self, name: str, signal: str = "KILL") -> None:
        """Send a signal; those that end a program end the container."""
        container = self.find(name)
        number = signal_number(signal)
        if number is None:
            raise EngineError(400, f"cannot kill container: {name}: invalid signal: {signal}")
        if not container.running:
            raise EngineError(
                409,
                f"cannot kill container: {name}: container {container.id} is not running",
            )
        if container.status == "restarting":
            container.stopped_by_hand = True
            self._set_exited(container, container.exit_code)
            return
        self.emit(container, "kill", signal=str(number))
        if number not in _FATAL or (number != 9 and container.ignores_term):
            return
        container.stopped_by_hand = True
        self._end(container, 137 if number == 9 else 0)

    def pause(self, name: str) -> None:
        """Freeze."""
        container = self.find(name)
        if container.status == "paused":
            raise EngineError(
                self.dialect.conflict_status, f"Container {container.id} is already paused"
            )
        if container.status == "restarting":
            raise EngineError(
                409,
                f"Container {container.id} is restarting, wait until the container is running",
            )
        if not container.running:
            raise EngineError(409, f"container {container.id} is not running")
        container.status = "paused"
        self.emit(container, "pause")

    def unpause(self, name: str) -> None:
        """Thaw."""
        container = self.find(name)
        if container.status != "paused":
            raise EngineError(500, f"Container {container.id} is not paused")
        container.status = "running"
        self.emit(container, "unpause")

    def die(self, name: str, exit_code: int = 1) -> None:
        """End by itself; a restart policy then acts."""
        self._end(self.find(name), exit_code)

    def oom(self, name: str, *, times: int = 3) -> None:
        """Run out of memory: `times` oom events, then exit code 137."""
        container = self.find(name)
        for _ in range(times):
            self.emit(container, "oom")
        container.oom_killed = True
        self._end(container, 137)

    def rename(self, name: str, new: str) -> None:
        """Give another name."""
        container = self.find(name)
        if container.name == new:
            raise EngineError(400, "Renaming a container with the same name as its current name")
        holder = self.by_name(new)
        if holder is not None:
            raise EngineError(
                self.dialect.conflict_status,
                f'Conflict. The container name "/{new}" is already in use by container '
                f'"{holder.id}". You have to remove (or rename) that container to be able to reuse '
                "that name.",
            )
        old, container.name = container.name, new
        self.emit(container, "rename", oldName=f"/{old}")

    def remove(self, name: str, *, force: bool = True) -> None:
        """Delete; without `force` a running one is refused."""
        container = self.find(name)
        if container.running and not force:
            state = "paused" if container.status == "paused" else "running"
            advice = (
                "unpause and then stop the container before removing or force remove"
                if state == "paused"
                else "stop the container before removing or force remove"
            )
            raise EngineError(
                409, f'cannot remove container "{name}": container is {state}: {advice}'
            )
        if container.alive:
            self.emit(container, "kill", signal="9")
            container.stopped_by_hand = True
            self._end(container, 137)
        container.status = "removing"
        del self.containers[container.id]
        self.emit(container, self.dialect.destroy_action)

    def set_health(self, name: str, status: str, *, output: str = "") -> None:
        """Let the health check come to "healthy" or "unhealthy" at once, by one probe."""
        container = self.find(name)
        health = container.health = container.health or Health()
        failed = status == "unhealthy"
        self._probe(container, 1 if failed else 0, output)
        if failed:
            health.failing_streak = max(health.failing_streak, 3)
        changed = health.status != status
        health.status = container.health_goal = status
        if changed:
            self.emit(container, f"health_status: {status}")

    def come_back(self, name: str) -> None:
        """Let a restarting container run again now."""
        container = self.find(name)
        if container.status != "restarting":
            raise ValueError(f"{name} is not restarting")
        container.restart_count += 1
        self._run(container)

    def _run(self, container: Container) -> None:
        if container.start_error:
            container.exit_code = 127
            container.error = container.start_error
            self.disconnect_all(container)
            raise EngineError(400, container.start_error)
        for name in container.networks:
            self.connect(container, name)
        container.status = "running"
        container.error = ""
        container.exit_code = 0
        container.oom_killed = False
        container.pid = next(self.pids)
        container.started = self.clock.stamp()
        self.emit(container, "start")
        for stream, text in container.says:
            self.write_log(container.id, text, stream=stream)
        if container.healthcheck is not None:
            container.health = Health()
            if self.dialect.health_works:
                self.later(self._check_health(container, container.started))
        if container.crash_code is not None:
            self.later(self._crash(container, container.crash_code))

    async def _check_health(self, container: Container, started: int) -> None:
        await asyncio.sleep(self.health_delay)
        health = container.health
        if (
            container.started == started
            and container.alive
            and health
            and health.status == "starting"
        ):
            self.set_health(container.id, container.health_goal)

    async def _crash(self, container: Container, code: int) -> None:
        await asyncio.sleep(self.crash_delay)
        if container.alive:
            self._end(container, code)

    async def _restart_later(self, container: Container) -> None:
        if self.restart_delay is None:
            return
        delay = min(self.restart_delay * 2**container.restart_count, _LONGEST_BACKOFF)
        await asyncio.sleep(delay)
        if container.status == "restarting":
            with contextlib.suppress(EngineError):
                self.come_back(container.id)

    def _terminate(self, container: Container) -> int:
        """Send what a stop sends and return the exit code that follows."""
        paused = container.status == "paused"
        self.emit(container, "kill", signal="15")
        if paused:
            self.emit(container, "unpause")
        if not container.ignores_term:
            return 0
        self.emit(container, "kill", signal="9")
        return 137

    def _end(self, container: Container, code: int, *, announce_network: bool = True) -> None:
        if announce_network:
            self.disconnect_all(container)
        seconds = max(0, self.clock.stamp() - container.started) // SECOND
        self._set_exited(container, code)
        if self._restarts(container, code):
            container.status = "restarting"
            self.later(self._restart_later(container))
        key = self.dialect.exit_code_key
        self.emit(container, "die", **{key: str(code), "execDuration": str(seconds)})

    def _set_exited(self, container: Container, code: int) -> None:
        container.status = self.dialect.exited_word
        container.exit_code = code
        container.pid = 0
        container.finished = self.clock.stamp()
        container.notify()

    def _restarts(self, container: Container, code: int) -> bool:
        if container.stopped_by_hand:
            return False
        if container.restart_policy == "on-failure":
            limit = container.maximum_retries
            return code != 0 and (limit == 0 or container.restart_count < limit)
        return container.restart_policy in ("always", "unless-stopped")

    def _probe(self, container: Container, code: int, output: str) -> None:
        health = container.health
        if health is None:
            return
        test = (container.healthcheck or {}).get("Test", ["CMD-SHELL", "true"])
        command = f"/bin/sh -c {' '.join(test[1:])}"
        mark = {"execID": self.new_id()}
        started = self.clock.stamp()
        self.emit(container, f"exec_create: {command}", **mark)
        self.emit(container, f"exec_start: {command}", **mark)
        self.emit(container, "exec_die", exitCode=str(code), **mark)
        health.failing_streak = health.failing_streak + 1 if code else 0
        health.probes.append(Probe(started, self.clock.stamp(), code, output))
        del health.probes[:-5]


def signal_number(signal: str) -> int | None:
    """Return the number of a signal given by name or number; None if there is no such signal."""
    if signal.isdigit():
        return int(signal)
    return _SIGNALS.get(signal.upper().removeprefix("SIG"))

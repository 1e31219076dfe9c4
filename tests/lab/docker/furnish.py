"""How tests and the demo put containers on a simulated host."""

from __future__ import annotations

from typing import Any

from ..clock import SECOND
from .engine import Engine
from .model import COMPOSE_PROJECT, COMPOSE_SERVICE, Container, Health, Image, Mount, Port, Probe
from .usage import Usage

_CHECK = {"Test": ["CMD-SHELL", "curl -fs http://localhost/ || exit 1"], "Interval": 30 * SECOND}


class FurnishedEngine(Engine):
    """An engine with one-line ways to have containers."""

    def add(
        self,
        name: str,
        image: str = "lab/app:1.0",
        *,
        project: str | None = None,
        service: str | None = None,
        version: str | None = None,
        labels: dict[str, str] | None = None,
        state: str = "running",
        exit_code: int = 0,
        health: str | None = None,
        ports: dict[int, int | None] | None = None,
        mounts: list[Mount] | None = None,
        networks: list[str] | None = None,
        env: list[str] | None = None,
        memory_limit: int = 0,
        nano_cpus: int = 0,
        restart_policy: str = "no",
        tty: bool = False,
        command: list[str] | None = None,
        usage: Usage | None = None,
        age: float = 3600,
        logs: list[str] | None = None,
        announce: bool = False,
    ) -> Container:
        """Put a container on the host and return it.

        Silently, as if it had been there before, unless `announce`: then it is created and started
        with the events of that, and `state`, `age` and a `health` other than the goal do not count.

        * `project`, `service`: compose labels (`service` defaults to the name when a project is
          given); `version`: the image's OCI version label.
        * `state`: created, running, paused, restarting or exited (then with `exit_code`).
        * `health`: None (no health check), starting, healthy or unhealthy.
        * `ports`: container port -> published port, or None when only exposed.
        * `memory_limit` bytes, `nano_cpus` billionths of a core (0: unlimited).
        * `age`: seconds since its start; `logs`: lines it wrote to stdout.
        """
        own = dict(labels or {})
        if project is not None:
            own |= {COMPOSE_PROJECT: project, COMPOSE_SERVICE: service or name}
            own |= {"com.docker.compose.container-number": "1"}
        found = self._image_for(image, version)
        now = self.clock.stamp()
        container = Container(
            self.new_id(),
            name,
            found,
            self.normalize(image),
            now - int((age + 5) * SECOND),
            list(command or found.command),
            env=list(env or []),
            labels={**found.labels, **own},
            networks=list(networks or ([f"{project}_default"] if project else ["bridge"])),
            ports=[Port(private, public) for private, public in (ports or {}).items()],
            mounts=list(mounts or []),
            tty=tty,
            restart_policy=restart_policy,
            memory_limit=memory_limit,
            memory_swap=2 * memory_limit,
            nano_cpus=nano_cpus,
            usage=usage or Usage(),
            healthcheck=dict(_CHECK) if health is not None else None,
        )
        if announce:
            container.created = now
            container.health_goal = health or "healthy"
            self.register(container)
            self.start(container.id)
        else:
            with self.bus.silence():
                self._place(container, state, exit_code, health, age)
        for line in logs or []:
            self.write_log(container.id, line)
        return container

    def populate(self, count: int, *, prefix: str = "app", running: bool = True) -> list[Container]:
        """Add many like containers named `app0001` …, ten to a compose project."""
        return [
            self.add(
                f"{prefix}{number:04d}",
                project=f"stack{number // 10:03d}",
                state="running" if running else "exited",
                health="healthy" if number % 2 else None,
                version="1.0",
                usage=Usage(),
            )
            for number in range(count)
        ]

    def recreate(self, name: str, image: str | None = None) -> Container:
        """Recreate as `docker compose up` does: another id, the same name and configuration.

        The new one is created beside the old one, which is stopped and removed; then it takes the
        name and starts. `image` gives it another image.
        """
        old = self.find(name)
        ref = self.normalize(image) if image is not None else old.image_ref
        found = self._image_for(ref, None)
        plain = {k: v for k, v in old.labels.items() if k not in old.image.labels}
        new = Container(
            self.new_id(),
            f"{old.id[:12]}_{old.name}",
            found,
            ref,
            self.clock.stamp(),
            list(old.command),
            entrypoint=list(old.entrypoint),
            env=list(old.env),
            labels={**found.labels, **plain},
            networks=list(old.networks),
            ports=list(old.ports),
            mounts=list(old.mounts),
            tty=old.tty,
            restart_policy=old.restart_policy,
            memory_limit=old.memory_limit,
            memory_swap=old.memory_swap,
            nano_cpus=old.nano_cpus,
            healthcheck=old.healthcheck,
            usage=Usage(cpu=old.usage.cpu, memory=old.usage.memory, rx=old.usage.rx),
            host_config=dict(old.host_config),
            config=dict(old.config),
            health_goal=old.health_goal,
        )
        wanted = old.name
        self.register(new)
        self.stop(old.id)
        self.remove(old.id)
        self.rename(new.id, wanted)
        self.start(new.id)
        return new

    def loop(self, name: str, exit_code: int = 1) -> Container:
        """Let a container crash at each start and be restarted by its policy, over and over."""
        container = self.find(name)
        container.restart_policy = "unless-stopped"
        container.stopped_by_hand = False
        container.crash_code = exit_code
        if container.alive:
            self.die(container.id, exit_code)
        return container

    def offer(self, ref: str, **fields: Any) -> Image:
        """Put a newer image behind a tag in the registry, not on the host; `fields` of `Image`."""
        ref = self.normalize(ref)
        self.registry.pop(ref, None)
        kept = self.images.pop(ref, None)
        stamp = self.clock.stamp()
        image = self.add_image(ref, created=stamp, **fields)
        image.id = f"sha256:{self.new_id()}"
        image.digests = [f"{ref.rsplit(':', 1)[0]}@sha256:{self.new_id()}"]
        del self.images[ref]
        if kept is not None:
            self.images[ref] = kept
        return image

    def _image_for(self, ref: str, version: str | None) -> Image:
        title = ref.rsplit("/", 1)[-1].split(":", maxsplit=1)[0]
        labels = {"org.opencontainers.image.title": title}
        if version is None:
            return self.add_image(ref)
        return self.add_image(ref, labels={**labels, "org.opencontainers.image.version": version})

    def _place(
        self, container: Container, state: str, exit_code: int, health: str | None, age: float
    ) -> None:
        self.containers[container.id] = container
        for name in container.networks:
            self.add_network(name)
        for mount in container.mounts:
            if mount.kind == "volume":
                self.volumes.setdefault(mount.source, 1_000_000)
        if state == "created":
            return
        now = self.clock.stamp()
        container.status = state if state != "exited" else self.dialect.exited_word
        container.started = now - int(age * SECOND)
        if health is not None:
            failed = health == "unhealthy"
            words = "curl: (22) The requested URL returned error: 503" if failed else ""
            probe = Probe(now - SECOND, now - SECOND // 2, int(failed), words)
            probes = [probe] if health != "starting" else []
            container.health = Health(health, 3 if failed else 0, probes)
            container.health_goal = health if health != "starting" else "healthy"
        if state in ("exited", "restarting"):
            container.exit_code = exit_code
            container.finished = container.started + int(age / 2 * SECOND)
            return
        container.pid = next(self.pids)
        for name in container.networks:
            self.connect(container, name)

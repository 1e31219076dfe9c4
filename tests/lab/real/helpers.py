"""Short ways to what tests want of a real engine: images, containers, networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import time
from typing import Any
from urllib.parse import quote, urlencode

from .http import Reply, ask
from .image import root_file_system
from .process import LOOPBACK

IMAGE = "lab/busybox:1.0"
# Ends at once when asked to: a shell that is process 1 ignores SIGTERM unless it traps it.
STAY = "trap 'exit 0' TERM; sleep 100000 & wait"


class EngineRefused(Exception):
    """The engine answered a helper's request with an error."""


class EngineHelpers:
    """Speaks to the engine whose sockets lie in `folder`."""

    folder: Path

    @property
    def socket(self) -> Path:
        """The unix socket's path."""
        return self.folder / "docker.sock"

    def request(self, method: str, path: str, body: object = None, **options: Any) -> Reply:
        """Send a request over the unix socket, whatever the status of its answer."""
        return ask(self.socket, method, path, body, **options)

    def call(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        """Send a request; return the JSON of its answer (None when empty).

        Raises EngineRefused for a status of 400 and above.
        """
        reply = self.request(method, path, body, **options)
        if reply.status >= 400:
            raise EngineRefused(f"{method} {path}: {reply.status} {reply.body.decode()}")
        return reply.json() if reply.body.startswith((b"{", b"[")) else None

    def import_image(
        self, ref: str = IMAGE, *, labels: dict[str, str] | None = None, changes: str = ""
    ) -> str:
        """Make the local image (again) under a tag; `changes` are Dockerfile lines. Return its id."""
        repository, tag = ref.rsplit(":", 1)
        wanted = {"org.opencontainers.image.version": tag, **(labels or {})}
        lines = [
            'CMD ["sh"]',
            *(f"LABEL {k}={v}" for k, v in wanted.items()),
            *changes.splitlines(),
        ]
        query = [("fromSrc", "-"), ("repo", repository), ("tag", tag)]
        query += [("changes", line) for line in lines]
        answer = self.call("POST", f"/images/create?{urlencode(query)}", root_file_system())
        identity: str = answer["status"]
        return identity

    def create(
        self,
        name: str,
        command: str | list[str] = STAY,
        *,
        image: str = IMAGE,
        network: str = "none",
        ports: dict[int, int] | None = None,
        memory: int = 0,
        restart: str = "no",
        tty: bool = False,
        labels: dict[str, str] | None = None,
        project: str | None = None,
        service: str | None = None,
        healthcheck: bool = False,
        more: dict[str, Any] | None = None,
    ) -> str:
        """Create a container and return its id.

        * `command`: a shell script or a list of words; `ports`: container port -> port on
          127.0.0.1 (0: a free one); `memory` bytes.
        * `healthcheck`: once a second; healthy while `set_healthy(name, True)` (the start: it is).
        * `more`: further keys of the request, merged last.
        """
        own = dict(labels or {})
        if project is not None:
            own["com.docker.compose.project"] = project
            own["com.docker.compose.service"] = service or name
        host: dict[str, Any] = {
            "NetworkMode": network,
            "Memory": memory,
            "RestartPolicy": {"Name": restart},
            "PortBindings": {
                f"{private}/tcp": [{"HostIp": LOOPBACK, "HostPort": str(public or "")}]
                for private, public in (ports or {}).items()
            },
        }
        body: dict[str, Any] = {
            "Image": image,
            "Cmd": ["sh", "-c", command] if isinstance(command, str) else command,
            "Tty": tty,
            "Labels": own,
            "ExposedPorts": {f"{private}/tcp": {} for private in ports or {}},
            "HostConfig": host,
        }
        if healthcheck:
            self.set_healthy(name, True)
            host["Binds"] = [f"{self._health_folder(name)}:/health"]
            second = 1_000_000_000
            body["Healthcheck"] = {
                "Test": ["CMD-SHELL", "test -e /health/ok"],
                "Interval": second,
                "Timeout": second,
                "Retries": 1,
            }
        body |= more or {}
        answer = self.call("POST", f"/containers/create?name={quote(name)}", body)
        identity: str = answer["Id"]
        return identity

    def run(self, name: str, command: str | list[str] = STAY, **options: Any) -> str:
        """Create (see `create`) and start a container; return its id."""
        identity = self.create(name, command, **options)
        self.call("POST", f"/containers/{identity}/start")
        return identity

    def network(self, name: str) -> str:
        """Create a user-defined bridge network; return its id."""
        identity: str = self.call("POST", "/networks/create", {"Name": name})["Id"]
        return identity

    def _health_folder(self, name: str) -> Path:
        folder = self.folder / "health" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def set_healthy(self, name: str, healthy: bool) -> None:
        """Let the next probe of a container made with `healthcheck=True` pass or fail."""
        mark = self._health_folder(name) / "ok"
        if healthy:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)

    def inspect(self, name: str) -> dict[str, Any]:
        """Return a container as the engine shows it."""
        shown: dict[str, Any] = self.call("GET", f"/containers/{name}/json")
        return shown

    def state(self, name: str) -> dict[str, Any]:
        """Return a container's State."""
        state: dict[str, Any] = self.inspect(name)["State"]
        return state

    def stats(self, name: str) -> dict[str, Any]:
        """Return a container's statistics, one shot."""
        query = "stream=false&one-shot=true"
        shown: dict[str, Any] = self.call("GET", f"/containers/{name}/stats?{query}")
        return shown

    def containers(self) -> list[dict[str, Any]]:
        """Return all containers as the engine lists them."""
        listed: list[dict[str, Any]] = self.call("GET", "/containers/json?all=1")
        return listed

    def act(self, verb: str, name: str, **query: str) -> None:
        """Start, stop, restart, pause, unpause or kill a container."""
        self.call("POST", f"/containers/{name}/{verb}?{urlencode(query)}")

    def remove(self, name: str) -> None:
        """Remove a container, running or not."""
        self.call("DELETE", f"/containers/{name}?force=1&v=1")

    def wait_for(
        self, name: str, passed: Callable[[dict[str, Any]], bool], *, seconds: float = 15.0
    ) -> dict[str, Any]:
        """Wait until a container's State satisfies a condition; return it.

        Raises TimeoutError with the last state in words.
        """
        deadline = time.monotonic() + seconds
        while True:
            state = self.state(name)
            if passed(state):
                return state
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} is still {state}")
            time.sleep(0.05)

    def household(self) -> dict[str, str]:
        """Run seven containers of every kind; return name -> id.

        web and db (compose project "site", a network of their own; web publishes port 80, db has a
        health check and 64 MiB), chatty (both streams, a line each 0.2 s), term (TTY), loop
        (crashes and is restarted), done (exited with 7), plain.
        """
        self.network("site_default")
        chatter = (
            'trap "exit 0" TERM; while :; do echo out; echo err >&2; sleep 0.2 & wait $!; done'
        )
        site = {"project": "site", "network": "site_default"}
        serve = f"httpd -p 80 -h /etc; {STAY}"
        return {
            "web": self.run("site-web-1", serve, service="web", ports={80: 0}, **site),
            "db": self.run("site-db-1", service="db", healthcheck=True, memory=1 << 26, **site),
            "chatty": self.run("chatty", chatter),
            "term": self.run("term", f"echo tty; {STAY}", tty=True),
            "loop": self.run("loop", "echo again; exit 3", restart="always"),
            "done": self.run("done", "echo bye; exit 7"),
            "plain": self.run("plain"),
        }

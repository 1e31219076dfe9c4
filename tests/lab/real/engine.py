"""A real Docker Engine with a folder, sockets and control groups of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import json
import os
from pathlib import Path
import secrets
import signal
import subprocess
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

from ..tls import Certificates, make_certificates
from .debian import install, tree
from .http import Reply, ask
from .image import root_file_system
from .process import LOOPBACK, clear, end, free_port, spawn, tail, work_folder

IMAGE = "lab/busybox:1.0"
# Ends at once when asked to: a shell that is process 1 ignores SIGTERM unless it traps it.
STAY = "trap 'exit 0' TERM; sleep 100000 & wait"
_RELEASES = {"28.5": "forky", "20.10": "bookworm"}


class EngineRefused(Exception):
    """The engine answered a helper's request with an error."""


class RealEngine:
    """A real dockerd (with its own containerd) on loopback.

    with RealEngine() as engine:            # or RealEngine("20.10"), RealEngine(tls=True)
        engine.run("web", "echo hello; " + STAY, labels={…})
        engine.inspect("web")["State"]

    * `url`: http(s)://127.0.0.1:PORT; `tcp_url`: the same as tcp://; `socket`: the unix socket's
      path; `socket_url`: the same as unix://.
    * `certificates`: with `tls=True`, the CA's and the client's files.
    * `folder`: its work folder, gone after `stop()`.
    * Registries on 127.0.0.1 are trusted without TLS.
    """

    def __init__(self, version: str = "28.5", *, tls: bool = False) -> None:
        """Choose the version: 28.5 (API 1.51) or 20.10 (API 1.41)."""
        self.version = version
        self._release = _RELEASES[version]
        self._tls = tls
        self.certificates: Certificates | None = None
        self.port = 0
        self._ready = False
        self._process: subprocess.Popen[bytes] | None = None
        self._group = f"hsm-{secrets.token_hex(4)}"

    # -- the daemon -------------------------------------------------------------------------------

    @property
    def socket(self) -> Path:
        """The unix socket's path."""
        return self.folder / "docker.sock"

    @property
    def socket_url(self) -> str:
        """The unix socket as an address."""
        return f"unix://{self.socket}"

    @property
    def url(self) -> str:
        """The TCP address for an HTTP client."""
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}"

    @property
    def tcp_url(self) -> str:
        """The TCP address as DOCKER_HOST has it."""
        return f"tcp://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Install if need be, start the daemon and load the local image."""
        install()
        self.folder = work_folder("docker")
        (self.folder / "group").write_text(self._group, encoding="utf-8")
        self.port = free_port()
        if self._tls:
            self.certificates = make_certificates(self.folder / "tls")
        (self.folder / "daemon.json").write_text(json.dumps(self._settings()), encoding="utf-8")
        try:
            self.start_daemon()
            self.import_image(IMAGE)
            self._ready = True
        except BaseException:
            self.stop()
            raise

    def start_daemon(self) -> None:
        """Start dockerd (again) and wait until it answers."""
        folders = [*self._programs(self._release), *self._programs("bookworm")]
        path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
        dockerd = tree(self._release) / "usr/sbin/dockerd"
        command = [str(dockerd), "--config-file", str(self.folder / "daemon.json")]
        environment = {"PATH": path, "HOME": str(self.folder), "TMPDIR": str(self.folder)}
        self._process = spawn(command, self.folder, log="log", environment=environment)
        self._await_ping()

    def stop_daemon(self) -> None:
        """Stop dockerd; containers live on (live-restore)."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def kill_daemon(self) -> None:
        """Kill dockerd and its containerd the hard way, as a crash would; containers live on."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None
        pid = self.folder / "exec/containerd/containerd.pid"
        with suppress(OSError, ValueError):
            os.kill(int(pid.read_text(encoding="utf-8")), signal.SIGKILL)
        # Where nobody collects dead orphans, a new dockerd would take it for alive and wait for it.
        pid.unlink(missing_ok=True)

    def restart(self) -> None:
        """Restart the daemon under its containers, on the same port."""
        self.stop_daemon()
        self.start_daemon()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Keep the daemon down for the block."""
        self.stop_daemon()
        try:
            yield
        finally:
            self.start_daemon()

    def stop(self) -> None:
        """Remove all containers, stop the daemon and leave nothing behind."""
        if self._ready:
            with suppress(OSError, EngineRefused, RuntimeError):
                self.reset()
        self._ready = False
        self.stop_daemon()
        clear(self.folder)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _programs(self, release: str) -> list[Path]:
        return [tree(release) / part for part in ("usr/sbin", "usr/bin", "sbin", "bin")]

    def _settings(self) -> dict[str, Any]:
        folder = self.folder
        number = secrets.randbelow(200) + 20
        settings: dict[str, Any] = {
            "storage-driver": "overlay2",
            "iptables": False,
            "ip6tables": False,
            "bridge": "none",
            "ip-forward": False,
            "userland-proxy": True,
            "ip": LOOPBACK,
            "data-root": str(folder / "data"),
            "exec-root": str(folder / "exec"),
            "pidfile": str(folder / "dockerd.pid"),
            "hosts": [self.tcp_url, f"unix://{self.socket}"],
            "live-restore": True,
            "cgroup-parent": f"/{self._group}",
            # Two engines side by side must not choose the same addresses for their networks.
            "default-address-pools": [{"base": f"10.{number}.0.0/16", "size": 24}],
            "insecure-registries": ["127.0.0.0/8"],
        }
        if self._release == "bookworm":
            # Otherwise it would write a key to /etc/docker.
            settings["deprecated-key-path"] = str(folder / "key.json")
        else:
            binding = {"com.docker.network.bridge.host_binding_ipv4": LOOPBACK}
            settings["default-network-opts"] = {"bridge": binding}
        if self.certificates is not None:
            settings |= {
                "tlsverify": True,
                "tlscacert": str(self.certificates.ca),
                "tlscert": str(self.certificates.server_certificate),
                "tlskey": str(self.certificates.server_key),
            }
        return settings

    def _await_ping(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError):
                if ask(self.socket, "GET", "/_ping", seconds=5).status == 200:
                    return
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"dockerd did not start:\n{tail(self.folder, 'log')}")

    # -- its API ----------------------------------------------------------------------------------

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

    def reset(self) -> None:
        """Remove all containers, networks and volumes (images stay); a stopped daemon starts."""
        if self._process is None or self._process.poll() is not None:
            self.start_daemon()
        for container in self.containers():
            self.request("DELETE", f"/containers/{container['Id']}?force=1&v=1")
        self.call("POST", "/networks/prune")
        self.call("POST", "/volumes/prune")

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

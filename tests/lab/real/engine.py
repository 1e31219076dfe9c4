"""A real Docker Engine with a folder, sockets and control groups of its own."""

from __future__ import annotations

from collections.abc import Iterator
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

from ..tls import Certificates, make_certificates
from .debian import install, tree
from .helpers import IMAGE, STAY, EngineHelpers, EngineRefused
from .http import ask
from .process import (
    LOOPBACK,
    clear,
    end,
    end_group,
    end_half_started,
    free_port,
    spawn,
    tail,
    work_folder,
)

__all__ = ["IMAGE", "STAY", "EngineRefused", "RealEngine"]
_RELEASES = {"28.5": "forky", "20.10": "bookworm"}


class RealEngine(EngineHelpers):
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
        end_half_started(self._group)
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

    def reset(self) -> None:
        """Remove all containers, networks and volumes (images stay); a stopped daemon starts."""
        if self._process is None or self._process.poll() is not None:
            self.start_daemon()
        for container in self.containers():
            self._remove(f"/containers/{container['Id']}?force=1&v=1")
        self.call("POST", "/networks/prune")
        # Pruning leaves those that have a name.
        for volume in self.call("GET", "/volumes")["Volumes"] or ():
            self.call("DELETE", f"/volumes/{volume['Name']}?force=1")

    def _remove(self, container: str) -> None:
        if self.request("DELETE", container).status < 400:
            return
        # One that is deaf to the daemon since a crash.
        end_group(self._group)
        self.request("DELETE", container)

"""A real registry on loopback."""

from __future__ import annotations

from contextlib import suppress
import http.client
from pathlib import Path
import subprocess
import time
from types import TracebackType
from typing import Self

from .debian import install, tree
from .engine import EngineRefused, RealEngine
from .process import LOOPBACK, clear, end, free_port, spawn, tail, work_folder

_CONFIG = """version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: "{folder}/data"}}
  delete: {{enabled: true}}
http: {{addr: "{host}:{port}"}}
"""


class RealRegistry:
    """docker-registry on 127.0.0.1.

    with RealRegistry() as registry, RealEngine() as engine:
        ref = registry.push(engine, "lab/busybox:1.0", "app:latest")   # "127.0.0.1:PORT/app:latest"
    """

    def __init__(self) -> None:
        """Prepare; `host` is known after `start()`."""
        self.port = 0
        self.folder = Path()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """What stands before the repository in a reference."""
        return f"{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers."""
        install()
        self.folder = work_folder("registry")
        self.port = free_port()
        config = self.folder / "config.yml"
        text = _CONFIG.format(folder=self.folder, host=LOOPBACK, port=self.port)
        config.write_text(text, encoding="utf-8")
        program = tree("bookworm") / "usr/bin/docker-registry"
        self._process = spawn([str(program), "serve", str(config)], self.folder, log="log")
        deadline = time.monotonic() + 15
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                words = tail(self.folder, "log")
                self.stop()
                raise RuntimeError(f"docker-registry did not start:\n{words}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        with suppress(OSError):
            connection.request("GET", "/v2/")
            return connection.getresponse().status == 200
        return False

    def push(self, engine: RealEngine, image: str, name: str) -> str:
        """Push an image of an engine as "repository:tag"; return its full reference."""
        repository, tag = name.rsplit(":", 1)
        full = f"{self.host}/{repository}"
        engine.call("POST", f"/images/{image}/tag?repo={full}&tag={tag}")
        reply = engine.request(
            "POST", f"/images/{full}/push?tag={tag}", headers={"X-Registry-Auth": "e30="}
        )
        if reply.status != 200 or b'"error"' in reply.body:
            raise EngineRefused(f"push of {full}: {reply.body.decode()}")
        return f"{full}:{tag}"

    def stop(self) -> None:
        """Stop and delete everything."""
        if self._process is not None:
            end(self._process, seconds=5)
            self._process = None
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

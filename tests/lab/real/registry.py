"""A real registry on loopback."""

from __future__ import annotations

import base64
from contextlib import suppress
import http.client
import json
from pathlib import Path
import subprocess
import time
from types import TracebackType
from typing import Self

import bcrypt

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
_AUTH = """auth: {{htpasswd: {{realm: lab, path: "{folder}/htpasswd"}}}}
"""


class RealRegistry:
    """docker-registry on 127.0.0.1.

    with RealRegistry() as registry, RealEngine() as engine:
        ref = registry.push(engine, "lab/busybox:1.0", "app:latest")   # "127.0.0.1:PORT/app:latest"

    With `login=("name", "password")` it serves nobody else.
    """

    def __init__(self, *, login: tuple[str, str] | None = None) -> None:
        """Prepare; `host` is known after `start()`."""
        self.login = login
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
        if self.login:
            text += _AUTH.format(folder=self.folder)
            name, password = self.login
            hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
            (self.folder / "htpasswd").write_text(f"{name}:{hashed}\n", encoding="utf-8")
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
            return connection.getresponse().status in (200, 401)
        return False

    def push(self, engine: RealEngine, image: str, name: str) -> str:
        """Push an image of an engine as "repository:tag"; return its full reference."""
        repository, tag = name.rsplit(":", 1)
        full = f"{self.host}/{repository}"
        engine.call("POST", f"/images/{image}/tag?repo={full}&tag={tag}")
        name, password = self.login or ("", "")
        login = json.dumps({"username": name, "password": password, "serveraddress": self.host})
        headers = {"X-Registry-Auth": base64.urlsafe_b64encode(login.encode()).decode()}
        reply = engine.request("POST", f"/images/{full}/push?tag={tag}", headers=headers)
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

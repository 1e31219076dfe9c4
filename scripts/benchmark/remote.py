"""The other end of ``world``: starts that process, and asks it between the measurements."""

from dataclasses import dataclass
import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Traffic:
    """What came through one door: requests, and bytes sent in answer, headers included."""

    requests: int
    bytes: int

    def __sub__(self, earlier: Traffic) -> Traffic:
        """Return what came since."""
        return Traffic(self.requests - earlier.requests, self.bytes - earlier.bytes)


class RemoteWorld:
    """A running ``world``; it ends with the ``with`` block, or with this process."""

    def __init__(self, containers: int, docker_url: str | None) -> None:
        """Start it and wait for its addresses."""
        command = [sys.executable, "-m", "scripts.benchmark.world", str(containers)]
        self._process = subprocess.Popen(
            [*command, *([docker_url] if docker_url else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addresses = self._read()

    def traffic(self, door: str) -> Traffic:
        """Return what came through a door so far."""
        return Traffic(**self._ask("counts")[door])

    def forward(self, seconds: float) -> None:
        """Put the simulated engine's clock forward."""
        self._ask(f"forward {seconds}")

    def _ask(self, command: str) -> dict[str, Any]:
        if self._process.stdin is None:
            raise RuntimeError("the simulated servers take no commands")
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"the simulated servers ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let it end by itself, as it does without standard input."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

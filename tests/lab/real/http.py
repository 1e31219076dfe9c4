"""HTTP over a unix socket, synchronous, for talking to an engine from tests and scripts."""

from __future__ import annotations

from dataclasses import dataclass
import http.client
import json
from pathlib import Path
import socket
from typing import Any, override


@dataclass(frozen=True)
class Reply:
    """An answer: `json()` reads its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("docker", timeout=seconds)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(
    path: Path,
    method: str,
    url: str,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
    seconds: float = 30.0,
) -> Reply:
    """Send one request; `body` bytes as they are, everything else as JSON.

    Raises OSError (or http.client.HTTPException) when there is no whole answer.
    """
    connection = _UnixConnection(path, seconds)
    sent = dict(headers or {})
    data: bytes | None = None
    if isinstance(body, bytes):
        data = body
        sent.setdefault("Content-Type", "application/x-tar")
    elif body is not None:
        data = json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    try:
        connection.request(method, url, data, sent)
        answer = connection.getresponse()
        lowered = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, lowered, answer.read())
    finally:
        connection.close()

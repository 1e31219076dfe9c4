"""Listeners on loopback that count what goes out and can be closed, reopened and cut.

Used below aiohttp and below the NUT server alike, so that "connection refused", "reset" and the
number of bytes mean the same everywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
import contextlib
from pathlib import Path
import socket
import ssl
import struct
from typing import Any, override

LOOPBACK = "127.0.0.1"
_LINGER_RESET = struct.pack("ii", 1, 0)


def reset(transport: asyncio.BaseTransport) -> None:
    """Close a connection with a TCP reset (a plain cut on a unix socket)."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family == socket.AF_INET:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


class CountingTransport(asyncio.Transport):
    """A transport that tells its listener how many bytes are written."""

    def __init__(self, inner: asyncio.Transport, listener: Listener) -> None:
        """Wrap the event loop's transport."""
        super().__init__()
        self._inner = inner
        self._listener = listener

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._listener.bytes_sent += len(data)
        self._inner.write(data)

    @override
    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)

    @override
    def is_closing(self) -> bool:
        return self._inner.is_closing()

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def abort(self) -> None:
        self._inner.abort()

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._inner.set_protocol(protocol)

    @override
    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._inner.get_protocol()

    @override
    def is_reading(self) -> bool:
        return self._inner.is_reading()

    @override
    def pause_reading(self) -> None:
        self._inner.pause_reading()

    @override
    def resume_reading(self) -> None:
        self._inner.resume_reading()

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._inner.set_write_buffer_limits(high, low)

    @override
    def get_write_buffer_size(self) -> int:
        return self._inner.get_write_buffer_size()

    @override
    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._inner.get_write_buffer_limits()

    @override
    def write_eof(self) -> None:
        self._inner.write_eof()

    @override
    def can_write_eof(self) -> bool:
        return self._inner.can_write_eof()


class _Relay(asyncio.Protocol):
    """Stands between the event loop and the real protocol, and knows the connection."""

    def __init__(self, inner: asyncio.Protocol, listener: Listener) -> None:
        self._inner = inner
        self._listener = listener
        self.transport: CountingTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = CountingTransport(transport, self._listener)
        self._listener.connections.add(self.transport)
        self._inner.connection_made(self.transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    @override
    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            self._listener.connections.discard(self.transport)
        self._inner.connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        self._inner.pause_writing()

    @override
    def resume_writing(self) -> None:
        self._inner.resume_writing()


class Listener:
    """A TCP port on 127.0.0.1, and a unix socket if a path is given.

    `bytes_sent` counts everything written to any connection, headers and chunk marks included.
    """

    def __init__(
        self,
        factory: Callable[[], asyncio.Protocol],
        *,
        port: int = 0,
        unix_path: Path | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Remember where to listen; port 0 takes a free one at the first `open()`."""
        self.port = port
        self.unix_path = unix_path
        self.bytes_sent = 0
        self.connections: set[CountingTransport] = set()
        self._factory = factory
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._reserved: socket.socket | None = None

    async def open(self) -> None:
        """Listen."""
        if self._servers:
            return
        loop = asyncio.get_running_loop()
        sock, self._reserved = self._reserved or self._bind(), None
        self._servers.append(await loop.create_server(self._relay, sock=sock, ssl=self._tls))
        if self.unix_path is not None:
            path = str(self.unix_path)
            self._servers.append(await loop.create_unix_server(self._relay, path))

    async def close(self, *, keep_port: bool = False) -> None:
        """Stop listening and cut every connection.

        With `keep_port` the port stays bound but not listening: connecting to it is refused, and
        no one else can take it before the next `open()`.
        """
        for server in self._servers:
            server.close()
        closed = asyncio.gather(*(server.wait_closed() for server in self._servers))
        while not closed.done():
            # One that was accepted just before may only now be known.
            self.cut()
            await asyncio.wait([closed], timeout=0.02)
        self._servers.clear()
        if keep_port and self._reserved is None:
            self._reserved = self._bind()
        elif not keep_port and self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def cut(self) -> None:
        """Cut every open connection; the port keeps listening."""
        for transport in list(self.connections):
            transport.abort()

    def _bind(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK, self.port))
        self.port = sock.getsockname()[1]
        return sock

    def _relay(self) -> asyncio.Protocol:
        return _Relay(self._factory(), self)

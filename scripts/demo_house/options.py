"""The demo's command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import socket
import stat

from .errors import DemoError

_DEFAULT_PORT = 8123
_PORTS_TRIED = 50
_DOCKER_SOCKET = "/var/run/docker.sock"
KEPT = ".demo"
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
"""What stands for all addresses of the machine, and which of them to use from here."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    ``port`` is free on ``host``; ``docker`` is the address of the machine's own engine, or None for
    the lab's.
    """

    host: str
    port: int
    json: bool
    keep: bool
    empty: bool
    docker: str | None


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; ``DemoError`` for what cannot be had."""
    words = _parser().parse_args(arguments)
    return Options(
        host=words.host,
        port=_port(words.host, words.port),
        json=words.json,
        keep=words.keep,
        empty=words.empty,
        docker=_machine_docker() if words.real_docker else None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Starts Home Assistant with this integration and a simulated home server,"
        " and says where to look. Ctrl-C ends all of it.",
    )
    parser.add_argument(
        "--port",
        type=int,
        help=f"Home Assistant's port (else {_DEFAULT_PORT} or the next free one)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (else 127.0.0.1: nobody but this machine can reach it)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="when everything is loaded, print one line with url, token, username and password",
    )
    parser.add_argument(
        "--real-docker",
        action="store_true",
        help="show this machine's Docker Engine instead of the simulated one: DOCKER_HOST, else"
        f" {_DOCKER_SOCKET}. Its containers can then be stopped and restarted from the page",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help=f"leave Home Assistant's folder and the logs in {KEPT}/ (begun anew each time)",
    )
    parser.add_argument(
        "--empty",
        action="store_true",
        help="add no system, only print where each one is: to walk through the setup by hand",
    )
    return parser


def _port(host: str, wanted: int | None) -> int:
    if wanted is not None:
        if not _free(host, wanted):
            raise DemoError(f"Port {wanted} on {host} cannot be had; choose another with --port.")
        return wanted
    for port in range(_DEFAULT_PORT, _DEFAULT_PORT + _PORTS_TRIED):
        if _free(host, port):
            return port
    raise DemoError(f"No free port from {_DEFAULT_PORT} on; choose one with --port.")


def _free(host: str, port: int) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except socket.gaierror as err:
        raise DemoError(f"{host} is not an address of this machine.") from err
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError, OverflowError:
            return False
    return True


def _machine_docker() -> str:
    """Return the address of the machine's engine; ``DemoError`` if nothing can be reached there."""
    address = os.environ.get("DOCKER_HOST") or f"unix://{_DOCKER_SOCKET}"
    if not address.startswith("unix://"):
        return address
    path = Path(address.removeprefix("unix://"))
    try:
        is_socket = stat.S_ISSOCK(path.stat().st_mode)
    except OSError as err:
        raise DemoError(f"There is no Docker Engine at {path}: {err.strerror}.") from err
    if not is_socket:
        raise DemoError(f"There is no Docker Engine at {path}: it is not a socket.")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError as err:
            raise DemoError(
                f"The Docker Engine at {path} does not answer: {err.strerror}."
            ) from err
    return address

"""`python -m tests.lab`: start the lab, print how to reach it, run until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from .lab import REGISTRY, Lab


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument(
        "systems", nargs="*", metavar="SYSTEM", help=f"which to start: {', '.join(REGISTRY)}"
    )
    parser.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="SYSTEM=PORT",
        help="a fixed port (may be given again); otherwise free ones are taken",
    )
    parser.add_argument(
        "--docker-url",
        metavar="URL",
        help="put Portainer before this engine, e.g. unix:///var/run/docker.sock",
    )
    return parser.parse_args()


def _ports(texts: list[str]) -> dict[str, int]:
    pairs = (text.partition("=") for text in texts)
    return {system: int(port) for system, _, port in pairs}


async def _run(arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    lab = Lab(
        arguments.systems or None,
        ports=_ports(arguments.port),
        docker_url=arguments.docker_url,
    )
    async with lab:
        print(json.dumps(lab.doors), flush=True)
        await stopped.wait()


def main() -> int:
    """Run the lab until SIGINT or SIGTERM."""
    try:
        asyncio.run(_run(_arguments()))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

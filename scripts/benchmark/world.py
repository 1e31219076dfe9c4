"""What is monitored: an engine and Portainer before it, in a process of their own.

``python -m scripts.benchmark.world CONTAINERS [DOCKER_URL]`` prints its addresses and then answers
commands from standard input, a JSON line for each: ``counts`` what each door was asked and sent,
``forward SECONDS`` puts the simulated clock forward. It ends with its standard input. With
DOCKER_URL a real engine stands in the place of the simulated one.
"""

import asyncio
from contextlib import AsyncExitStack
import json
import sys

from tests.lab.clock import Clock
from tests.lab.docker import SimulatedEngine, SocketProxy, Usage, Wave
from tests.lab.portainer import Portainer
from tests.lab.server import HttpServer

_READING = {"CONTAINERS", "DISTRIBUTION", "IMAGES", "INFO", "NETWORKS", "SYSTEM", "VOLUMES"}


def _lively(number: int) -> Usage:
    """No two alike, so that CPU and memory of every container differ from minute to minute."""
    return Usage(
        cpu=Wave(0.02 + number % 7 / 100, 0.01 + number % 5 / 500, 97 + number % 53),
        memory=Wave(48e6 + number * 1e5, 8e6, 71 + number % 89),
    )


def _simulated(count: int, clock: Clock) -> SimulatedEngine:
    engine = SimulatedEngine(clock=clock)
    for number, container in enumerate(engine.populate(count)):
        container.usage = _lively(number)
    return engine


class World:
    """The doors by name: ``docker`` is the engine or what counts before it, and ``portainer``."""

    def __init__(self, count: int, docker_url: str | None) -> None:
        """Prepare; nothing listens yet."""
        self._clock = Clock()
        docker: HttpServer = (
            SocketProxy(docker_url, allow=_READING)
            if docker_url
            else _simulated(count, self._clock)
        )
        self._portainer = Portainer(clock=self._clock)
        self._target = docker_url
        self._stacks = range((count + 9) // 10)
        self._doors = {"docker": docker, "portainer": self._portainer}

    async def run(self) -> None:
        """Open the doors and obey until standard input ends."""
        async with AsyncExitStack() as stack:
            for door in self._doors.values():
                await stack.enter_async_context(door)
            self._portainer.add_environment("local", self._target or self._doors["docker"].url)
            for number in self._stacks:
                self._portainer.add_stack(f"stack{number:03d}")
            key = self._portainer.api_key
            self._say({"api_key": key, **{name: door.url for name, door in self._doors.items()}})
            async for line in await _standard_input():
                self._say(self._obey(*line.decode().split()))

    def _obey(self, command: str, seconds: str = "0") -> object:
        if command == "forward":
            self._clock.jump(float(seconds))
        return {
            name: {"requests": len(door.requests), "bytes": door.bytes_sent}
            for name, door in self._doors.items()
        }

    def _say(self, answer: object) -> None:
        print(json.dumps(answer), flush=True)


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def main() -> None:
    """Serve until standard input ends."""
    count, docker_url = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    asyncio.run(World(count, docker_url).run())


if __name__ == "__main__":
    main()

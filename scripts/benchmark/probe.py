"""Measures one integration at one size, in a fresh process, and prints the result as JSON.

``python -m scripts.benchmark.probe SUBJECT CONTAINERS MINUTES [DOCKER_URL]``
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
import json
import logging
from pathlib import Path
from statistics import median
import sys
import tempfile
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .gauges import Refreshes, Steps, Writes, resident_bytes
from .home_assistant import SkippingLoop, config_entry, start
from .remote import RemoteWorld, Traffic
from .subjects import SUBJECTS, Subject

_QUIET = 0.02  # seconds of real time in which no refresh runs: the step is over
_WARM_UP = 5  # minutes: the registries are saved, and everything was polled more than once
_WATCHED = 5  # minutes with the gauges that cost time themselves
_PATIENCE = 180.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One column of the table; everything but memory and entities is for one minute.

    ``wall_ms`` is the time during which a refresh ran, ``longest_step_ms`` the median over
    minutes of the longest single step of the event loop, ``memory_mib`` the growth of the process
    from before the set-up to the steady state.
    """

    requests: float
    kib: float
    cpu_ms: float
    wall_ms: float
    longest_step_ms: float
    states_changed: float
    states_reported: float
    memory_mib: float
    entities: int
    entities_per_container: float
    setup_requests: int
    setup_cpu_ms: float


class Bench:
    """A running Home Assistant beside a running world."""

    def __init__(self, hass: HomeAssistant, loop: SkippingLoop, world: RemoteWorld) -> None:
        """Take over the clocks of both."""
        self.hass = hass
        self.world = world
        self.refreshes = Refreshes()
        self.cpu = 0.0
        self._polls = 0
        self._poll_cpu = 0.0
        self._loop = loop

    async def calibrate(self) -> None:
        """Find out what waiting itself costs, as long as there is nothing to wait for."""
        began, before = time.process_time(), self._polls
        for _ in range(50):
            await self.rest()
        self._poll_cpu = (time.process_time() - began) / (self._polls - before)

    async def minutes(self, count: int) -> None:
        """Let minutes pass quickly: every timer runs at its time, and its work is waited for."""
        end = self._loop.time() + count * 60
        while self._loop.time() < end:
            self.world.forward(self._loop.skip(end))
            began, polls = time.process_time(), self._polls
            await self.rest()
            waiting = (self._polls - polls) * self._poll_cpu
            self.cpu += time.process_time() - began - waiting

    async def rest(self) -> None:
        """Wait until no refresh runs."""
        async with asyncio.timeout(_PATIENCE):
            quiet = 0
            while quiet < 2:
                await asyncio.sleep(_QUIET)
                self._polls += 1
                quiet = 0 if self.refreshes.running else quiet + 1

    async def until_rested(self, subject: Subject, entry: ConfigEntry[Any]) -> None:
        """Wait for what is done once after the start."""
        if entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(f"{subject.title}: {entry.state}: {entry.reason}")
        waited = 0.0
        while not subject.rested(entry) and waited < _PATIENCE:
            await asyncio.sleep(0.1)
            waited += 0.1
        await self.hass.async_block_till_done()
        await self.minutes(_WARM_UP)


async def _measure(bench: Bench, subject: Subject, minutes: int) -> Measured:
    def traffic() -> Traffic:
        return bench.world.traffic(subject.door)

    entry = config_entry(
        subject.domain, subject.version, subject.data(bench.world.addresses), subject.options
    )
    await bench.calibrate()
    memory, cpu = resident_bytes(), time.process_time()
    await bench.hass.config_entries.async_add(entry)
    cpu, asked = time.process_time() - cpu, traffic().requests
    await bench.until_rested(subject, entry)
    memory = resident_bytes() - memory

    before, bench.cpu, bench.refreshes.seconds = traffic(), 0.0, 0.0
    await bench.minutes(minutes)
    passed = traffic() - before
    steady, wall = bench.cpu, bench.refreshes.seconds

    longest, writes = await _watched(bench)
    enabled, each = _entities(bench.hass, entry)
    return Measured(
        requests=passed.requests / minutes,
        kib=passed.bytes / 1024 / minutes,
        cpu_ms=steady * 1000 / minutes,
        wall_ms=wall * 1000 / minutes,
        longest_step_ms=longest * 1000,
        states_changed=writes.changed / _WATCHED,
        states_reported=writes.reported / _WATCHED,
        memory_mib=memory / 2**20,
        entities=enabled,
        entities_per_container=each,
        setup_requests=asked,
        setup_cpu_ms=cpu * 1000,
    )


async def _watched(bench: Bench) -> tuple[float, Writes]:
    """Return the typical longest step, and what was written; on minutes of their own."""
    writes, longest = Writes(), []
    with writes.watch(bench.hass):
        await bench.minutes(_WATCHED)
    for _ in range(_WATCHED):
        steps = Steps()
        with steps.watch():
            await bench.minutes(1)
        longest.append(steps.longest)
    return median(longest), writes


def _entities(hass: HomeAssistant, entry: ConfigEntry[Any]) -> tuple[int, float]:
    """Return how many entities are enabled, and how many of them a container has on average."""
    registry = er.async_get(hass)
    enabled = [
        one
        for one in er.async_entries_for_config_entry(registry, entry.entry_id)
        if not one.disabled
    ]
    containers = {
        device.id
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (device.name or "").startswith("app")
    }
    theirs = sum(one.device_id in containers for one in enabled)
    return len(enabled), theirs / len(containers) if containers else 0.0


@asynccontextmanager
async def _bench(containers: int, docker_url: str | None) -> AsyncIterator[Bench]:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, SkippingLoop):
        raise TypeError("needs a loop whose clock can be put forward")
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        RemoteWorld(containers, docker_url) as world,
    ):
        hass = await start(Path(folder))
        try:
            yield Bench(hass, loop, world)
        finally:
            await hass.async_stop(force=True)


async def _run(name: str, containers: int, minutes: int, docker_url: str | None) -> Measured:
    async with _bench(containers, docker_url) as bench:
        return await _measure(bench, SUBJECTS[name], minutes)


def main() -> None:
    """Measure, and print one JSON object."""
    logging.basicConfig(level=logging.ERROR)
    name, containers, minutes, *rest = sys.argv[1:]
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        measured = runner.run(_run(name, int(containers), int(minutes), rest[0] if rest else None))
    print(json.dumps(asdict(measured)), flush=True)


if __name__ == "__main__":
    main()

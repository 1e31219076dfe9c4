"""How long `assess` takes: 1,000 histories of two years, on one core."""

from __future__ import annotations

from datetime import date, timedelta
import time
import tracemalloc

import numpy as np

from custom_components.home_server_monitor.analysis.disk_health import (
    DiskKind,
    SmartHistory,
    SmartSample,
    assess,
)

DISKS = 1000
DAYS = 730
SEED = 5
START = date(2024, 1, 1)


def made_up(count: int = DISKS, days: int = DAYS) -> list[SmartHistory]:
    """Return seeded histories with daily samples; a third of the disks go bad."""
    chance = np.random.default_rng(SEED)
    return [_disk(chance, days, ill=number % 3 == 0) for number in range(count)]


def _disk(chance: np.random.Generator, days: int, *, ill: bool) -> SmartHistory:
    grown = np.cumsum(chance.random((3, days)) < (0.02 if ill else 0), axis=1)
    samples = [
        SmartSample(
            START + timedelta(days=day),
            raw={5: 8 * int(grown[0, day]), 9: 24 * day, 187: int(grown[1, day]), 188: 0, 194: 35,
                 197: 8 * int(grown[2, day]), 198: 0, 199: 0},
        )
        for day in range(days)
    ]  # fmt: skip
    return SmartHistory.from_samples(DiskKind.HDD, "ST4000VN008-2DR166", samples)


def benchmark(count: int = DISKS) -> str:
    """Return the time and the memory that `count` verdicts take, in words."""
    histories = made_up(count)
    now = START + timedelta(days=DAYS - 1)
    assess(histories[0], now)
    began = time.process_time()
    for history in histories:
        assess(history, now)
    took = time.process_time() - began
    tracemalloc.start()
    for history in histories[:20]:
        assess(history, now)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (
        f"{count} histories of {DAYS} days: {took:.2f} s of one core,"
        f" {1000 * took / count:.2f} ms each; at most {peak / 1024:.0f} KiB held at a time"
    )

"""The command line of ``scripts/bench``."""

import argparse
from collections.abc import Generator
from contextlib import contextmanager
import json
import signal
import subprocess
import sys
from typing import Any

from tests.lab.real import RealEngine, RealRegistry, unavailable
from tests.lab.real.engine import IMAGE

from .subjects import SUBJECTS
from .table import table

_SIZES = (10, 40, 100, 400)
_REAL = 10
_DESCRIPTION = """\
Measures this integration and Home Assistant core's own `portainer` side by side: the same
(simulated) engine and Portainer in a process of their own, each integration at each size in a
fresh process with a bare Home Assistant. The clock is put forward, so a minute takes seconds;
every timer still runs at its time. docs/benchmark.md says what exactly is measured."""


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return the exit status."""
    options = _options(arguments)
    # Ended from outside it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sizes = (_REAL,) if options.real_docker else tuple(options.containers)
    results: dict[int, dict[str, dict[str, Any]]] = {}
    with _engine(options.real_docker) as docker_url:
        for size in sizes:
            results[size] = {
                name: _measure(name, size, options.minutes, docker_url) for name in options.only
            }
            if not options.json:
                print(table(size, results[size]), end="\n\n", flush=True)
    if options.json:
        print(json.dumps({"minutes": options.minutes, "containers": results}, indent=2))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--containers", type=_positive, nargs="+", metavar="N", default=_SIZES, help="the sizes"
    )
    parser.add_argument(
        "--minutes", type=_positive, default=15, help="how many to measure (default: 15)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=list(SUBJECTS), default=list(SUBJECTS), help="the columns"
    )
    parser.add_argument(
        "--real-docker",
        action="store_true",
        help=f"{_REAL} real containers on a Docker Engine of its own (root on Debian)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args(arguments)
    if options.real_docker and (reason := unavailable()):
        parser.error(reason)
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


@contextmanager
def _engine(real: bool) -> Generator[str | None]:
    """Give the address of a real engine with containers, or None for the simulated one."""
    if not real:
        yield None
        return
    # A registry too: without one core asks in vain for every image, again and again.
    with RealRegistry() as registry, RealEngine() as engine:
        engine.network("bench")
        image = registry.push(engine, IMAGE, "app:1.0")
        for number in range(_REAL):
            engine.run(f"app{number:04d}", image=image, project="stack000", network="bench")
        yield engine.url


def _measure(name: str, containers: int, minutes: int, docker_url: str | None) -> dict[str, Any]:
    print(f"{SUBJECTS[name].title}, {containers} containers …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "scripts.benchmark.probe", name, str(containers), str(minutes)]
    done = subprocess.run(
        [*command, *([docker_url] if docker_url else [])],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured

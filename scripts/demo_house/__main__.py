"""Run as ``scripts/demo``: reads the options, and ends everything that it started."""

import asyncio
import contextlib
import signal
import sys

from .errors import DemoError
from .house import run
from .options import Options, parse

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def _until_stopped(options: Options) -> None:
    """Run the demo until a signal arrives; a second one does not disturb the tidying up."""
    loop = asyncio.get_running_loop()
    demo = asyncio.create_task(run(options))
    stop = asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({demo, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not demo.done():
        print("demo: stopping", file=sys.stderr)
        demo.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await demo


def main() -> int:
    """Return the exit status: 0 when it was stopped, 1 when it could not go on."""
    try:
        asyncio.run(_until_stopped(parse(sys.argv[1:])))
    except DemoError as err:
        print(f"demo: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

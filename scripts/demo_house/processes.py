"""The programs that the demo starts: each with a log, none left behind."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import signal
import sys

from .errors import DemoError

_PATIENCE = 20.0
_TAIL = 40


class Child:
    """A running program.

    ``name`` is for messages, ``log`` receives what it prints (standard output too, unless that is
    read by the demo).
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    async def ended(self) -> int:
        """Wait for its end; return its exit status."""
        return await self.process.wait()

    async def stop(self) -> None:
        """Ask it to stop, and after 20 s end it with all that it started."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), _PATIENCE)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    def death(self) -> DemoError:
        """Say that it ended by itself, with the last lines of its log."""
        status = self.process.returncode
        return DemoError(f"{self.name} ended by itself with status {status}. {self.last_words()}")

    def last_words(self) -> str:
        """Return the last lines of its log, for a message."""
        lines = self.log.read_text(errors="replace").splitlines()[-_TAIL:]
        said = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
        return f"The last that {self.name} said:\n{said}"


@asynccontextmanager
async def running(
    name: str, module: str, *arguments: str, log: Path, piped: bool = False
) -> AsyncIterator[Child]:
    """Start a Python module; stop it, and whatever it started, on the way out.

    With ``piped`` its standard output is left for the caller to read.
    """
    command = [sys.executable, "-m", "scripts.demo_house.child", str(os.getpid()), module]
    with log.open("ab") as sink:
        process = await asyncio.create_subprocess_exec(
            *command,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if piped else sink,
            stderr=sink,
            # A Ctrl-C in the terminal reaches the demo alone, which then ends its children in order.
            start_new_session=True,
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        await child.stop()


async def while_alive[Result](
    work: Coroutine[None, None, Result], *children: Child, seconds: float | None = None
) -> Result:
    """Do the work as long as all children live.

    Raises ``DemoError`` as soon as one of them ends, or when the work takes longer than ``seconds``.
    """
    task = asyncio.create_task(work)
    ends = {asyncio.create_task(child.ended()): child for child in children}
    try:
        done, _ = await asyncio.wait(
            {task, *ends}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if task in done:
            return task.result()
        for end, child in ends.items():
            if end in done:
                raise child.death()
        names = " and ".join(child.name for child in children)
        said = "\n".join(child.last_words() for child in children)
        raise DemoError(f"{names} did not answer as expected within {seconds:.0f} s.\n{said}")
    finally:
        for pending in (task, *ends):
            pending.cancel()
        await asyncio.gather(task, *ends, return_exceptions=True)

"""Starting a daemon in a folder of its own, and leaving nothing of it behind."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PREFIX = "hsm-real-"
LOOPBACK = "127.0.0.1"
# Below those that the kernel gives to connections, one of which would have it before the daemon does.
_PORTS = range(20_000, 32_768)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses now, nor gets by chance."""
    while True:
        port = secrets.choice(_PORTS)
        with contextlib.suppress(OSError), socket.socket() as sock:
            sock.bind((LOOPBACK, port))
            return port


def work_folder(kind: str) -> Path:
    """Make a folder for one daemon; it notes whose it is, for `sweep()`."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-"))
    (folder / "owner").write_text(str(os.getpid()), encoding="utf-8")
    return folder


def sweep() -> None:
    """Clear away what test runs left that were killed before they could do so themselves."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            owner = int((folder / "owner").read_text(encoding="utf-8"))
            if not Path(f"/proc/{owner}").exists():
                clear(folder)


def clear(folder: Path) -> None:
    """End every process that was started in a work folder, release its mounts, delete it.

    A file `group` in it names the control group that goes with it.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _end_all(folder, number):
            break
    group = folder / "group"
    if group.exists():
        end_group(group.read_text(encoding="utf-8"))
    _release(folder)
    shutil.rmtree(folder, ignore_errors=True)


def spawn(
    command: list[str], folder: Path, *, log: str, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a daemon as the leader of its own session; it writes to `log` in the folder."""
    with (folder / log).open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], *, seconds: float = 15.0) -> None:
    """End a daemon politely, and after `seconds` by force."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tail(folder: Path, log: str, lines: int = 15) -> str:
    """Return the end of a daemon's log, for an error message."""
    path = folder / log
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def end_group(name: str) -> None:
    """Kill what is left in a control group of one's own, in every hierarchy, and remove it.

    A container that a daemon was just starting when it had to stop is left by it as an orphan.
    """
    roots = _roots(name)
    for _ in range(40):
        for root in roots:
            _kill_members(root)
            for folder, _, _ in os.walk(root, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
        if not any(root.exists() for root in roots):
            return
        time.sleep(0.05)


def end_half_started(name: str) -> None:
    """Kill the containers of a control group that were created and not yet started.

    A daemon that finds one after a crash takes it for running, and is never rid of it.
    """
    for root in _roots(name):
        _kill_members(root, "runc:[")


def _roots(name: str) -> list[Path]:
    """Return a control group's folder in every hierarchy."""
    top = Path("/sys/fs/cgroup")
    return [*top.glob(name), *top.glob(f"*/{name}")]


def _kill_members(root: Path, command: str = "") -> None:
    for members in root.glob("**/cgroup.procs"):
        with contextlib.suppress(OSError):
            for line in members.read_text(encoding="utf-8").split():
                if Path(f"/proc/{line}/comm").read_text(encoding="utf-8").startswith(command):
                    os.kill(int(line), signal.SIGKILL)


def _processes(folder: Path) -> list[int]:
    """Return the processes whose command line names the folder."""
    needle = os.fsencode(f"{folder}/")
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if needle in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def _end_all(folder: Path, number: signal.Signals) -> bool:
    """Signal all of the folder's processes; True if some still live two seconds later."""
    for pid in _processes(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if not _processes(folder):
            return False
        time.sleep(0.05)
    return True


def _release(folder: Path) -> None:
    """Unmount everything below the folder, the deepest first."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    points = [line.split(" ")[1] for line in mounts]
    for point in sorted((p for p in points if p.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", point], check=False, capture_output=True)

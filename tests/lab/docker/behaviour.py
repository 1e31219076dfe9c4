"""What a container does when it runs, read from its command as a shell would.

Only what tests and people put into a container to see something happen: `echo`, `exit`, `sleep`
and the like, separated by `;` or `&&`.
"""

from __future__ import annotations

from pathlib import PurePosixPath
import re

from .model import Container

_SHELLS = {"sh", "ash", "bash"}
# What the engine of the lab would find in an image of busybox.
_PROGRAMS = {
    *_SHELLS,
    "sleep",
    "echo",
    "true",
    "false",
    "cat",
    "httpd",
    "tail",
    "head",
    "top",
    "yes",
}
_STAYS = ("sleep", "httpd", "top", "cat", "tail -f", "while", "wait", "exec")


def read_command(container: Container) -> None:
    """Set the container's behaviour from its command."""
    words = container.full_command
    container.says.clear()
    container.crash_code = None
    container.ignores_term = False
    container.start_error = ""
    if not words:
        return
    program = PurePosixPath(words[0]).name
    if program not in _PROGRAMS:
        # A real image's own program: it is there and it keeps running.
        if words[0].startswith("/") and program in ("nope", "missing"):
            container.start_error = _missing(words[0])
        return
    if program in _SHELLS:
        _read_script(container, words[2] if len(words) > 2 and words[1] == "-c" else "")
        return
    _read_script(container, " ".join([program, *words[1:]]))


def _missing(program: str) -> str:
    return (
        "failed to create task for container: failed to create shim task: OCI runtime create "
        "failed: runc create failed: unable to start container process: exec: "
        f'"{program}": stat {program}: no such file or directory'
    )


def _read_script(container: Container, script: str) -> None:
    # A first process without a handler of its own is not ended by SIGTERM.
    container.ignores_term = "trap" not in script
    if script.lstrip().startswith("while"):
        return
    for statement in re.split(r";|&&|\n", script):
        command = statement.strip()
        if command.startswith(_STAYS):
            return
        if found := re.fullmatch(r"exit (\d+)", command):
            container.crash_code = int(found[1])
            return
        if found := re.fullmatch(r"echo (.*?)\s*(>&2)?", command):
            stream = 2 if found[2] else 1
            container.says.append((stream, found[1].strip("\"'")))
    container.crash_code = 1 if script.strip() == "false" else 0

"""A local image of two megabytes, made from Debian's static busybox."""

from __future__ import annotations

import io
import subprocess
import tarfile

from .debian import tree

FOLDERS = ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "var")


def root_file_system() -> bytes:
    """Return a tar archive with busybox under all of its names."""
    busybox = next(tree("bookworm").glob("**/bin/busybox"))
    names = subprocess.run(
        [busybox, "--list"], check=True, capture_output=True, text=True
    ).stdout.split()
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for folder in FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        archive.add(busybox, "bin/busybox", recursive=False)
        for name in names:
            if name == "busybox":
                continue
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return output.getvalue()

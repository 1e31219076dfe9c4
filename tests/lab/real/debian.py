"""Debian's daemons, unpacked into a private folder of the checkout.

Nothing of the system changes: packages are downloaded with an apt configuration of their own and
unpacked with `dpkg -x`. Running it again costs nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = Path(__file__).resolve().parents[3] / ".daemons"
# Release -> packages. The newer engine runs with the older release's runc, so that one C library
# (the machine's own, of the older release or later) serves both.
PACKAGES = {
    "forky": ("docker.io", "containerd"),
    "bookworm": (
        *("docker.io", "containerd", "runc", "tini", "docker-registry", "busybox-static"),
        *("nut-server", "nut-client", "libupsclient6", "libnss3", "libnspr4"),
        *("libwrap0", "libnsl2", "libtirpc3"),
    ),
}
_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
_CAP_SYS_ADMIN = 21


def tree(release: str) -> Path:
    """Return the folder into which a release's packages are unpacked."""
    return ROOT / release


def unavailable() -> str | None:
    """Say in words why real daemons cannot be had on this machine; None if they can."""
    if sys.platform != "linux":
        return "real daemons need Linux"
    if os.geteuid() != 0:
        return "real daemons need root (Docker Engine mounts and makes namespaces)"
    if not _may_mount():
        return "real daemons need the right to mount, which this container does not have"
    missing = [tool for tool in ("apt-get", "dpkg") if shutil.which(tool) is None]
    if missing:
        return f"real daemons come from Debian's packages; {' and '.join(missing)} is missing"
    if _installed():
        return None
    if _mirror() is None:
        return "real daemons come from Debian's packages; no Debian mirror in the apt sources"
    if _keyring() is None:
        return "real daemons come from Debian's packages; debian-archive-keyring is missing"
    return None


def _may_mount() -> bool:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> _CAP_SYS_ADMIN & 1)


def _keyring() -> Path | None:
    return next((path for path in _KEYRINGS if path.exists()), None)


def _mirror() -> str | None:
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    for path in files:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for line in text.splitlines():
            found = re.search(r"https?://\S+/debian/?(?=\s|$)", line)
            if found and not line.lstrip().startswith("#"):
                return found[0]
    return None


def _stamp() -> str:
    return hashlib.sha256(repr(sorted(PACKAGES.items())).encode()).hexdigest()


def _installed() -> bool:
    marker = ROOT / "complete"
    return marker.exists() and marker.read_text(encoding="utf-8") == _stamp()


def install() -> Path:
    """Unpack the daemons if that is not done yet; return the folder.

    Raises RuntimeError in words when they cannot be had here. Safe to call from several
    processes at once.
    """
    if reason := unavailable():
        raise RuntimeError(reason)
    if _installed():
        return ROOT
    ROOT.mkdir(exist_ok=True)
    with (ROOT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _installed():
            _unpack()
    return ROOT


def _unpack() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        apt = _apt(work)
        subprocess.run([*apt, "update"], check=True)
        for release, packages in PACKAGES.items():
            debs = work / release
            debs.mkdir()
            wanted = [f"{package}/{release}" for package in packages]
            subprocess.run([*apt, "download", *wanted], check=True, cwd=debs)
            shutil.rmtree(tree(release), ignore_errors=True)
            for deb in sorted(debs.glob("*.deb")):
                subprocess.run(["dpkg", "-x", str(deb), str(tree(release))], check=True)
    (ROOT / "complete").write_text(_stamp(), encoding="utf-8")


def _apt(work: Path) -> list[str]:
    """Return apt-get's command line with a configuration that touches nothing of the system."""
    for folder in ("lists/partial", "archives/partial"):
        (work / folder).mkdir(parents=True)
    sources = [f"deb [signed-by={_keyring()}] {_mirror()} {release} main" for release in PACKAGES]
    (work / "sources.list").write_text("\n".join(sources) + "\n", encoding="utf-8")
    options = {
        "Dir::Etc::sourcelist": str(work / "sources.list"),
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": str(work / "lists"),
        "Dir::State::status": "/dev/null",
        "Dir::Cache::archives": str(work / "archives"),
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Sandbox::User": "",
    }
    return ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]

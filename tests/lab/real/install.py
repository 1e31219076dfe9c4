"""`python -m tests.lab.real.install`: get the real daemons, or say why they cannot be had."""

from __future__ import annotations

import subprocess
import sys

from .debian import install, unavailable

__all__ = ["install", "main", "unavailable"]


def main() -> int:
    """Install; 0 when the daemons are there, 1 (with the reason on stderr) when not."""
    try:
        print(install())
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

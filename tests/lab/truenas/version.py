"""The versions of TrueNAS that the lab can be."""

from __future__ import annotations

from dataclasses import dataclass, field
import re
from typing import Self


@dataclass(frozen=True, order=True)
class Version:
    """A version of TrueNAS, ordered by its numbers; `text` is what the system itself says."""

    numbers: tuple[int, ...]
    text: str = field(compare=False)

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a version as "25.04.2.6" or "26.0.0-BETA.3"."""
        numbers = re.match(r"\d+(\.\d+)*", text)
        assert numbers is not None, text
        return cls(tuple(int(part) for part in numbers[0].split(".")), text)

    @property
    def line(self) -> tuple[int, ...]:
        """The release that a patch belongs to: (25, 4) of 25.04.2.6."""
        return self.numbers[:2]

    @property
    def label(self) -> str:
        """The release as people name it: "25.04", "26"."""
        major, minor = self.line
        return f"{major}.{minor:02d}" if major < 26 else str(major)

    def __str__(self) -> str:
        """Return the text, so that tests are named after it."""
        return self.text


V24_04 = Version.of("24.04.2.4")
V24_10 = Version.of("24.10.2.4")
V25_04 = Version.of("25.04.2.6")
V25_10 = Version.of("25.10.5")
V26 = Version.of("26.0.0")

ALL_VERSIONS = (V24_04, V24_10, V25_04, V25_10, V26)

API_VERSIONS = {
    V25_04.line: ("v25.04.0", "v25.04.1", "v25.04.2"),
    V25_10.line: ("v25.10.0", "v25.10.1", "v25.10.2", "v25.10.5"),
    V26.line: ("v26.0.0",),
}
"""The versions of its JSON-RPC interface that each release adds."""


def api_versions(version: Version) -> list[str]:
    """Return the names that `/api/versions` lists; empty before 25.04."""
    return [name for line, names in API_VERSIONS.items() if line <= version.line for name in names]

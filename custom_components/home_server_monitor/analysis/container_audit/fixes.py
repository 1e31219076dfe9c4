"""Compose lines that mend a finding: always a whole file's outline, so that the place is clear."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...systems.docker.settings.models import ContainerSettings

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# YAML would read these as something else than words.
_WORDS_OF_YAML = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def quoted(text: str) -> str:
    """Return a text as YAML reads it back, on one line."""
    return json.dumps(text, ensure_ascii=not text.isprintable()).replace("\x7f", "\\u007f")


def name_of(text: str) -> str:
    """Return a text as a key of YAML."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML
    return text if plain else quoted(text)


def service_lines(settings: ContainerSettings, *lines: str, end: Iterable[str] = ()) -> str:
    """Return ``lines`` in their place below the service; ``end`` follows at the margin."""
    head = ("services:", f"  {name_of(settings.service)}:")
    return "\n".join((*head, *(f"    {line}" for line in lines), *end))


def listed(key: str, entries: Iterable[str], note: str = "") -> list[str]:
    """Return a list of texts under a key, with a comment behind the key."""
    comment = f"  # {note}" if note else ""
    return [f"{key}:{comment}", *(f"  - {quoted(entry)}" for entry in entries)]


def joined(subjects: Iterable[str]) -> str:
    """Return subjects as a person reads them."""
    return ", ".join(subjects)

"""Other systems that Home Assistant knows, and what some of them can do for this one.

A system never knows which others there are: it asks for a client that has an ability, at an
address or of a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from yarl import URL

_DEFAULT_PORTS = {"http": 80, "https": 443, "tcp": 2375}


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """Another entry that is loaded; ``host`` and ``port`` are where it is reached, as typed."""

    id: str
    name: str
    client: object
    host: str = ""
    port: int | None = None


@runtime_checkable
class Answering(Protocol):
    """A client that can find out whether its system is well at this moment."""

    async def check_health(self) -> None:
        """Raise a ``HomeServerError`` that says what is wrong; ask anew, answer within seconds."""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """Who a file or folder belongs to: Unix ids, and permission bits (0o000 to 0o7777)."""

    mode: int
    uid: int
    gid: int


@runtime_checkable
class FileTeller(Protocol):
    """A client that can look at the files of its machine."""

    @property
    def hostname(self) -> str:
        """What the machine is called; empty where that is not known."""

    async def stat(self, path: str) -> FileFacts:
        """Return what is known of a path of the machine. Raises ``HomeServerError``."""


def address_of(data: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return host and port of the connection that an entry's data describe; "" where it has none."""
    if url := data.get("url"):
        return _of_url(str(url))
    port = data.get("port")
    return str(data.get("host") or "").strip("[] "), int(port) if port else None


def _of_url(text: str) -> tuple[str, int | None]:
    try:
        url = URL(text if "://" in text else f"http://{text}")
        port = url.explicit_port or _DEFAULT_PORTS.get(url.scheme)
    except ValueError:
        return "", None
    return url.host or "", port

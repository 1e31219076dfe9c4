"""Where a TrueNAS is reached: only ever through TLS."""

from dataclasses import dataclass, field

from aiohttp import ClientSession, Fingerprint
from yarl import URL

from ...errors import InvalidAddress
from .errors import InvalidFingerprint, PlainAddress

_SHA256 = 32


@dataclass(frozen=True, kw_only=True)
class Door:
    """The address ``https://host[:port]``, the shared session to use, and the pinned certificate."""

    url: URL
    session: ClientSession = field(repr=False)
    fingerprint: Fingerprint | None = field(default=None, repr=False)

    @property
    def ssl(self) -> Fingerprint | bool:
        """What aiohttp wants to know: a certificate's fingerprint, or to check as it always does."""
        return self.fingerprint or True


def normalise(address: str) -> URL:
    """Return ``https://host[:port]`` for whatever a person copies from the browser.

    Paths are left out, for TrueNAS has its own. Raises ``PlainAddress`` for ``http`` and ``ws``, and
    ``InvalidAddress`` for what is no address.
    """
    text = address.strip()
    try:
        url = URL(text if "://" in text else f"https://{text}")
        # Only when they are asked for yarl finds out that a host's name or port is none.
        host, port = url.host or "", url.explicit_port
        normal = URL.build(scheme="https", host=host, port=None if port == 443 else port)
    except ValueError as err:
        raise InvalidAddress(address) from err
    if not normal.host or url.scheme not in ("https", "wss", "http", "ws"):
        raise InvalidAddress(address)
    if url.scheme in ("http", "ws"):
        raise PlainAddress(address)
    return normal


def fingerprint(text: str) -> Fingerprint | None:
    """Read a SHA-256 fingerprint, in hexadecimal digits with or without colons or spaces.

    None where nothing was entered; raises ``InvalidFingerprint`` for anything else.
    """
    digits = text.strip().lower().removeprefix("sha256").replace(":", "").replace(" ", "")
    if not digits:
        return None
    try:
        digest = bytes.fromhex(digits)
    except ValueError as err:
        raise InvalidFingerprint(text) from err
    if len(digest) != _SHA256:
        raise InvalidFingerprint(text)
    return Fingerprint(digest)


def written(digest: bytes) -> str:
    """Return a fingerprint as browsers show it."""
    return digest.hex(":").upper()

"""The server's side of SCRAM-SHA-512, by which 26 lets a key in that it is not told."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import cache
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .keys import Key

ITERATIONS = 50_000
"""The fewest that TrueNAS takes; it stores its own keys with ten times as many."""

_SALT = secrets.token_bytes(16)


@cache
def _salted(secret: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", secret.encode(), _SALT, ITERATIONS)


def _hmac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode(), "sha512")


class Exchange:
    """One exchange; `key` is the one that is spoken of, None when there is none."""

    def __init__(self, keys: Sequence[Key], client_first: str) -> None:
        """Take the client's first message."""
        self._bare = client_first.partition(",,")[2]
        told = _attributes(self._bare)
        name, _, number = told.get("n", "").rpartition(":")
        self.key = next(
            (key for key in keys if (key.username, str(key.number)) == (name, number)), None
        )
        nonce = b64decode(told.get("r", "")) + secrets.token_bytes(32)
        self._first = f"r={b64encode(nonce).decode()},s={b64encode(_SALT).decode()},i={ITERATIONS}"

    def first(self) -> str | None:
        """Return the server's first message."""
        return self._first if self.key is not None else None

    def final(self, client_final: str) -> str | None:
        """Return the server's last message, None unless the client has proved itself."""
        told = _attributes(client_final)
        if self.key is None or told.get("r") != _attributes(self._first)["r"]:
            return None
        if told.get("c") != b64encode(b"n,,").decode():
            return None
        salted = _salted(self.key.text.partition("-")[2])
        stored = hashlib.sha512(_hmac(salted, "Client Key")).digest()
        message = f"{self._bare},{self._first},c={told['c']},r={told['r']}"
        proof, signature = b64decode(told.get("p", "")), _hmac(stored, message)
        shown = bytes(one ^ other for one, other in zip(proof, signature, strict=False))
        if not hmac.compare_digest(hashlib.sha512(shown).digest(), stored):
            return None
        return f"v={b64encode(_hmac(_hmac(salted, 'Server Key'), message)).decode()}"


def _attributes(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in text.split(","))}

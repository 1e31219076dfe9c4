"""SCRAM-SHA-512 (RFC 5802): a key proves itself without being sent, and so does the server."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
import hashlib
import hmac
import secrets

_FEWEST, _MOST = 4096, 5_000_000
_NONCE = 32
_UNBOUND = "n,,"


@dataclass(kw_only=True)
class Scram:
    """One exchange; ``key`` is what follows the first dash of an API key, ``key_id`` what precedes."""

    username: str
    key_id: str
    key: str = field(repr=False)
    _nonce: bytes = field(default_factory=lambda: secrets.token_bytes(_NONCE), repr=False)
    _bare: str = field(default="", repr=False)
    _expected: bytes = field(default=b"", repr=False)

    def first(self) -> str:
        """Return the first message."""
        name = self.username.replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={name}:{self.key_id},r={b64encode(self._nonce).decode()}"
        return _UNBOUND + self._bare

    def final(self, server_first: str) -> str:
        """Return the proof for what the server sent; takes a good part of a second.

        Raises ``ValueError`` for an answer that is none.
        """
        told = _attributes(server_first)
        nonce, salt, iterations = told["r"], b64decode(told["s"], validate=True), int(told["i"])
        joined = b64decode(nonce, validate=True)
        if not joined.startswith(self._nonce) or len(joined) == len(self._nonce):
            raise ValueError("another nonce")
        if not _FEWEST <= iterations <= _MOST:
            raise ValueError("iterations out of bounds")
        salted = hashlib.pbkdf2_hmac("sha512", self.key.encode(), salt, iterations)
        client_key = _hmac(salted, b"Client Key")
        without_proof = f"c={b64encode(_UNBOUND.encode()).decode()},r={nonce}"
        message = f"{self._bare},{server_first},{without_proof}".encode()
        signature = _hmac(hashlib.sha512(client_key).digest(), message)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        self._expected = _hmac(_hmac(salted, b"Server Key"), message)
        return f"{without_proof},p={b64encode(proof).decode()}"

    def is_proved_by(self, server_final: str) -> bool:
        """Whether the server has shown that it knows the key as well."""
        try:
            signature = b64decode(_attributes(server_final)["v"], validate=True)
        except ValueError:
            return False
        return bool(self._expected) and hmac.compare_digest(signature, self._expected)


class _Attributes(dict[str, str]):
    def __missing__(self, name: str) -> str:
        raise ValueError(f"no {name}")


def _attributes(text: str) -> _Attributes:
    return _Attributes(
        (name, value) for name, _, value in (part.partition("=") for part in text.split(","))
    )


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha512")

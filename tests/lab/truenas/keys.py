"""Users' API keys: what each may do, and how it stops being good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
import secrets
import string
from typing import TYPE_CHECKING

from .methods import ANYONE, FULL_ADMIN, LOGGED_IN

if TYPE_CHECKING:
    from .server import TrueNas

_LETTERS = string.ascii_letters + string.digits
INSECURE = "Attempt to use over an insecure transport"


@dataclass(eq=False)
class Key:
    """One key.

    * `text`: what is typed in, "<number>-<64 letters>".
    * `username`: its owner; `roles`: what the owner may do (`FULL_ADMIN`, `READONLY_ADMIN`,
      `POOL_READ` …).
    * `expires`: seconds since the epoch, None for never; `revoked`: the reason, None while good.
    * `denied`: its owner may not use the API at all.
    """

    number: int
    username: str
    roles: set[str]
    expires: float | None = None
    revoked: str | None = None
    denied: bool = False
    text: str = field(default="", repr=False)

    @property
    def full(self) -> bool:
        """Whether everything may be done with it."""
        return FULL_ADMIN in self.roles

    def may(self, role: str) -> bool:
        """Tell whether a role, or one that includes it, is among the key's."""
        if self.full or role in (ANYONE, LOGGED_IN) or role in self.roles:
            return True
        if role == FULL_ADMIN or not role.endswith("_READ"):
            return False
        writing = f"{role.removesuffix('_READ')}_WRITE"
        return "READONLY_ADMIN" in self.roles or writing in self.roles


class Keys:
    """All keys of a server."""

    def __init__(self, nas: TrueNas) -> None:
        """Start without any."""
        self._nas = nas
        self.all: list[Key] = []

    def add(
        self,
        username: str = "root",
        roles: Iterable[str] = (FULL_ADMIN,),
        *,
        expires: float | None = None,
    ) -> Key:
        """Make a key."""
        number = len(self.all) + 1
        text = f"{number}-{''.join(secrets.choice(_LETTERS) for _ in range(64))}"
        key = Key(number, username, set(roles), expires, text=text)
        self.all.append(key)
        return key

    def find(self, text: str, username: str | None = None) -> Key | None:
        """Return the key with this text, and of this user when one is named."""
        found = next((key for key in self.all if key.text == text), None)
        if found is None or username not in (None, found.username):
            return None
        return found

    def good(self, key: Key) -> bool:
        """Tell whether a key is neither expired nor revoked."""
        return key.revoked is None and (key.expires is None or key.expires > self._nas.clock.now())

    def expire(self, key: Key) -> None:
        """Let a key's time be over."""
        key.expires = self._nas.clock.now()

    def revoke(self, key: Key, reason: str = INSECURE) -> None:
        """Take a key back, for good."""
        key.revoked = reason

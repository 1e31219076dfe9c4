"""What can go wrong between a client and its system, in words that can be translated.

Clients raise nothing else. ``key`` is the translation key under ``exceptions`` and ``config.error``,
``placeholders`` fills it. No message ever contains a credential.
"""

import re
from typing import override

_CREDENTIALS = re.compile(r"\S+:\S*@")


class HomeServerError(Exception):
    """Base of all errors of a system; ``detail`` is the system's own short message."""

    key: str = "unknown"

    def __init__(self, detail: str = "") -> None:
        """Keep the system's own words, shortened to what fits in a sentence.

        What stands before the ``@`` of an address is left out.
        """
        self.detail = " ".join(_CREDENTIALS.sub("", detail).split())[:200]
        super().__init__(f"{self.key}: {self.detail}" if self.detail else self.key)

    @property
    def placeholders(self) -> dict[str, str]:
        """What the translated sentence needs to be filled with."""
        return {"detail": self.detail}


class CannotConnect(HomeServerError):
    """The system does not answer; the subclasses say why where it is known."""

    key = "cannot_connect"


class InvalidAddress(CannotConnect):
    """The address is not one that this system can be reached by."""

    key = "invalid_address"


class CannotResolve(CannotConnect):
    """The name in the address is not known to the resolver."""

    key = "cannot_resolve"


class ConnectionRefused(CannotConnect):
    """Nothing listens at that address."""

    key = "connection_refused"


class ConnectTimeout(CannotConnect):
    """No answer in time."""

    key = "timeout"


class TLSFailure(CannotConnect):
    """The encrypted connection could not be made: certificate, name or protocol."""

    key = "tls_failed"


class InvalidAuth(HomeServerError):
    """The credential was rejected; nobody may try it again without the user."""

    key = "invalid_auth"


class MissingRight(HomeServerError):
    """The credential is good but may not do this; ``detail`` names the right."""

    key = "missing_right"


class NotFound(HomeServerError):
    """The system answers, but has no such object."""

    key = "not_found"


class WrongServer(HomeServerError):
    """Something else answers at this address."""

    key = "wrong_server"


class UnsupportedVersion(HomeServerError):
    """The right kind of server, in a version that is too old; ``detail`` says which."""

    key = "unsupported_version"


class BadAnswer(HomeServerError):
    """The answer breaks off or is not what the protocol promises."""

    key = "bad_answer"


class Busy(HomeServerError):
    """Another procedure works on the same object at present."""

    key = "busy"


class Rejected(HomeServerError):
    """The system understood and declined, and said why in ``detail``."""

    key = "rejected"


class Refused(HomeServerError):
    """Not begun, for a reason that has a sentence of its own; nothing was touched."""

    def __init__(self, reason: str, **details: str) -> None:
        """Take the reason's key, and what its sentence needs to be filled with."""
        super().__init__(", ".join(details.values()))
        self.key = f"refused_{reason}"
        self._details = details

    @property
    @override
    def placeholders(self) -> dict[str, str]:
        """What the translated sentence needs to be filled with."""
        return dict(self._details)

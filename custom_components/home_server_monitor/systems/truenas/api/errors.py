"""What TrueNAS can answer beside the errors that every system has."""

from ...errors import (
    CannotConnect,
    HomeServerError,
    InvalidAddress,
    InvalidAuth,
    Rejected,
    TLSFailure,
)


class PlainAddress(InvalidAddress):
    """An address without encryption: TrueNAS revokes for good a key that is sent there."""

    key = "plain_address"


class PlainProxy(TLSFailure):
    """What stands in front of TrueNAS decrypts and goes on without encryption."""

    key = "plain_proxy"


class InvalidFingerprint(InvalidAddress):
    """What was entered is not the SHA-256 fingerprint of a certificate."""

    key = "invalid_fingerprint"


class NotReady(CannotConnect):
    """The system starts or shuts down at present."""

    key = "not_ready"


class RateLimited(CannotConnect):
    """Too many attempts from this address; a pause of minutes helps."""

    key = "rate_limited"


class SessionExpired(CannotConnect):
    """The session is over; logging in anew helps, which the client does by itself."""

    key = "cannot_connect"


class KeyExpired(InvalidAuth):
    """The key was good once: it has expired or was revoked."""

    key = "key_expired"


class AccessDenied(InvalidAuth):
    """The key is good, but its user may not use the API."""

    key = "access_denied"


class OneTimePassword(InvalidAuth):
    """The server asks for a one-time password, which nobody can give each time."""

    key = "one_time_password"


class UserNameNeeded(InvalidAuth):
    """This version takes a key only together with the name of its user."""

    key = "username_needed"


class MissingMethod(HomeServerError):
    """This version has no such method; ``detail`` names it."""

    key = "missing_method"


class Declined(Rejected):
    """The server's own reason, with its word for the kind, such as ``EDATASETISLOCKED``."""

    def __init__(self, detail: str = "", errname: str = "") -> None:
        """Keep the reason and the word."""
        super().__init__(detail)
        self.errname = errname


class InvalidParams(Declined):
    """The server does not take these parameters; ``detail`` names the attributes."""

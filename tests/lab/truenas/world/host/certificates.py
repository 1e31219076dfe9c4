"""Certificates, with the private keys that the real answers hold too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...ejson import moment
from ...events import Event
from ...methods import Handler, method
from ...query import query
from ...version import V25_04

if TYPE_CHECKING:
    from ...server import TrueNas

PRIVATE = "-----BEGIN PRIVATE KEY-----\nnobody may see this\n-----END PRIVATE KEY-----\n"
_DAY = 86400.0


@dataclass(eq=False)
class LabCertificate:
    """One certificate, or a request for one, which lasts for no time at all."""

    id: int
    name: str
    days: float
    request: bool = False


class Certificates:
    """All certificates."""

    def __init__(self, nas: TrueNas) -> None:
        """Have none yet."""
        self._nas = nas
        self.all: list[LabCertificate] = []

    def furnish(self) -> None:
        """Add the one that every TrueNAS makes itself, one of an authority, and a request."""
        self.all += [
            LabCertificate(1, "truenas_default", 310.5),
            LabCertificate(2, "home", 58.5),
            LabCertificate(3, "home-csr", 0, request=True),
        ]

    def __getitem__(self, name: str) -> LabCertificate:
        """Return a certificate by its name."""
        return next(one for one in self.all if one.name == name)

    def renew(self, name: str, days: float) -> None:
        """Put a new one in the place of an old one; it has another id."""
        known = self[name]
        known.id = max(one.id for one in self.all) + 1
        known.days = days

    def render(self, one: LabCertificate) -> dict[str, Any]:
        """Return one as the API shows it."""
        now = self._nas.clock.now()
        until = moment(now + one.days * _DAY).strftime("%a %b %d %H:%M:%S %Y")
        since = moment(now - 30 * _DAY).strftime("%a %b %d %H:%M:%S %Y")
        pem = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"
        shown: dict[str, Any] = {
            "id": one.id,
            "type": 16 if one.request else 8,
            "name": one.name,
            "certificate": None if one.request else pem,
            "privatekey": PRIVATE,
            "CSR": pem if one.request else None,
            "acme_uri": None,
            "domains_authenticators": None,
            "renew_days": None,
            "acme": None,
            "add_to_trusted_store": False,
            "root_path": "/etc/certificates",
            "certificate_path": f"/etc/certificates/{one.name}.crt",
            "privatekey_path": f"/etc/certificates/{one.name}.key",
            "csr_path": f"/etc/certificates/{one.name}.csr",
            "cert_type": "CERTIFICATE",
            "cert_type_existing": not one.request,
            "cert_type_CSR": one.request,
            "cert_type_CA": False,
            "chain_list": [],
            "key_length": 2048,
            "key_type": "RSA",
            "country": "US",
            "state": "Tennessee",
            "city": "Maryville",
            "organization": "iXsystems",
            "organizational_unit": None,
            "common": "localhost",
            "san": ["DNS:localhost"],
            "email": "info@ixsystems.com",
            "DN": "/C=US/O=iXsystems/CN=localhost",
            "subject_name_hash": 3193428416,
            "extensions": {},
            "digest_algorithm": "SHA256",
            "lifetime": None if one.request else 397,
            "from": None if one.request else since,
            "until": None if one.request else until,
            "serial": None if one.request else 1,
            "chain": None if one.request else False,
            "fingerprint": None if one.request else "AB:CD",
            "expired": None if one.request else one.days < 0,
            "parsed": True,
        }
        if self._nas.version.line <= V25_04.line:
            old = {"signedby": None, "issuer": "external", "internal": "NO", "revoked": False}
            shown |= {**old, "revoked_date": None, "can_be_revoked": False, "crl_path": None}
        return shown


@method("certificate.query", role="CERTIFICATE_READ")
async def certificate_query(
    nas: TrueNas, filters: list[Any] | None = None, options: dict[str, Any] | None = None
) -> Any:
    """List them."""
    known = nas.host.certificates
    return query([known.render(one) for one in known.all], filters, options)


METHODS: tuple[Handler, ...] = (certificate_query,)

EVENTS: tuple[Event, ...] = ()
